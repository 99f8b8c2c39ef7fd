"""How values are shown: each state with its word, icon and tone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask

from importer.amounts import count, duration, number, size, when
from importer.omissions import Line, lines
from store.overview import RunCounts
from store.tables import AccountRun
from store.verdicts import GOOD, Said, expected, percent_of, said_of
from sync.options import Mode, Security
from wizard.history_words import happened


@dataclass(frozen=True, slots=True)
class Shown:
    """A state as a page shows it: never by colour alone."""

    word: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class ModeWords:
    title: str
    what: str
    caution: str
    uses: str


STATES: Mapping[str, Shown] = {
    # accounts
    "new": Shown("Waiting for its check", "hourglass-split", "quiet"),
    "checking": Shown("Being checked", "arrow-repeat", "info"),
    "ready": Shown("Ready", "check-circle-fill", "good"),
    "blocked": Shown("Blocked", "x-octagon-fill", "bad"),
    # account runs
    "pending": Shown("Waiting", "hourglass-split", "quiet"),
    "running": Shown("Running", "arrow-repeat", "info"),
    "paused": Shown("Paused", "pause-circle-fill", "warn"),
    "stopped": Shown("Stopped", "stop-circle-fill", "quiet"),
    "complete": Shown("Complete", "check-circle-fill", "good"),
    "complete with skips": Shown("Complete, with exceptions", "exclamation-triangle-fill", "warn"),
    "failed": Shown("Failed", "x-octagon-fill", "bad"),
    # migrations
    "draft": Shown("Draft", "pencil-square", "quiet"),
    "scheduled": Shown("Scheduled", "calendar-event", "info"),
}

LEVELS: Mapping[str, Shown] = {
    "ok": Shown("In order", "check-circle-fill", "good"),
    "warning": Shown("Warning", "exclamation-triangle-fill", "warn"),
    "blocking": Shown("Blocking", "x-octagon-fill", "bad"),
}

OUTCOMES: Mapping[str, Shown] = {
    "copied": Shown("Copied, with a remark", "info-circle-fill", "info"),
    "present": Shown("Present, with a remark", "info-circle-fill", "info"),
    "skipped": Shown("Skipped", "skip-forward-fill", "warn"),
    "failed": Shown("Failed", "x-octagon-fill", "bad"),
    "vanished": Shown("Removed meanwhile", "dash-circle", "quiet"),
}

VERDICTS: Mapping[str, Shown] = {
    "verified": Shown("Verified", "shield-check", "good"),
    "verified with named exceptions": Shown(
        "Verified, with named exceptions", "exclamation-triangle-fill", "warn"
    ),
    "not verified": Shown("Not verified", "shield-exclamation", "bad"),
}

PHASES: Mapping[str, str] = {
    "waiting": "Waiting for its turn",
    "provisioning": "Preparing the mailbox",
    "mapping": "Reading the folders",
    "copying": "Copying",
    "verifying": "Comparing both sides",
    "done": "Done",
}

MODES: Mapping[str, ModeWords] = {
    Mode.ALL: ModeWords(
        "Everything, exactly",
        "Makes each destination mailbox the same as its source: new messages come over, flags "
        "are set as they are there, and what the source does not have is removed. Mail outside "
        "the limits of age and size stays.",
        "Mail that has arrived only at the destination will be removed. Do not choose this once "
        "people use the new mailboxes.",
        "The first copy, and repeats before the MX record is changed.",
    ),
    Mode.FLAGS_AND_NEW: ModeWords(
        "New messages and flags",
        "Copies what is not there yet and sets read, answered and flagged as they are at the "
        "source. Removes nothing.",
        "Flags that people have changed at the destination are set back to those of the source.",
        "Around the change of the MX record, while the old mailboxes may still be in use.",
    ),
    Mode.NEW: ModeWords(
        "New messages only",
        "Copies what is not there yet and leaves everything else alone.",
        "",
        "Any time after the MX record was changed, when people work in the new mailboxes.",
    ),
}

SECURITY: Mapping[str, str] = {
    Security.TLS: "SSL/TLS",
    Security.STARTTLS: "STARTTLS",
    Security.NONE: "None (not encrypted)",
}

ROLES: Mapping[str, str] = {
    "admin": "Administrator",
    "reseller": "Reseller",
    "support": "Support",
    "customer": "Customer",
}

ACCOUNT_MOVES: Mapping[str, Shown] = {
    "pause": Shown("Pause", "pause-circle-fill", "plain"),
    "resume": Shown("Resume", "play-circle-fill", "plain"),
    "stop": Shown("Stop", "stop-circle-fill", "danger"),
    "retry": Shown("Try again", "arrow-counterclockwise", "plain"),
}


def account(one: AccountRun, *, dry_run: bool) -> Shown:
    """The state of an account in a run. Of a dry run it says so, whatever it is."""
    if dry_run and one.state in _REHEARSED:
        return _REHEARSED[one.state]
    return state(one.state)


_REHEARSED: Mapping[str, Shown] = {
    "running": Shown("Dry run, running", "arrow-repeat", "info"),
    "paused": Shown("Dry run, paused", "pause-circle-fill", "warn"),
    "stopped": Shown("Dry run, stopped", "stop-circle-fill", "quiet"),
    "complete": Shown("Dry run, nothing copied", "info-circle-fill", "info"),
    "complete with skips": Shown(
        "Dry run with exceptions, nothing copied", "exclamation-triangle-fill", "warn"
    ),
    "failed": Shown("Dry run failed", "x-octagon-fill", "bad"),
}


def verdict(one: AccountRun) -> Shown | None:
    """Of an account that came to its end; there is nothing to say of any other."""
    if one.state == "failed":
        return VERDICTS["not verified"]
    return VERDICTS.get(one.verdict) if one.state in GOOD else None


def state(value: str) -> Shown:
    return STATES.get(value, Shown(value.capitalize(), "question-circle-fill", "quiet"))


def ended(migration_state: str, run: RunCounts | None, *, awaits: bool = False) -> Shown:
    """A migration that is complete is only shown as good when all its accounts are verified. `run`
    is its last one.

    `awaits`: it is a loop between two runs."""
    if awaits and run is not None and run.failed:
        return Shown("Waiting, last run had failures", "exclamation-triangle-fill", "warn")
    if awaits:
        return Shown("Waiting for its next start", "calendar-event", "info")
    if run is not None and run.dry_run and migration_state in ("running", "paused"):
        return _REHEARSED[migration_state]
    said = said_of(migration_state, run)
    return _ENDED.get(said) or state(said)


_ENDED: Mapping[str, Shown] = {
    Said.EXCEPTIONS: STATES["complete with skips"],
    Said.FAILURES: Shown("Ended, with failures", "exclamation-triangle-fill", "warn"),
    Said.STOPPED: Shown("Ended, some stopped", "stop-circle-fill", "warn"),
    Said.UNPROVEN: Shown("Ended, not verified", "shield-exclamation", "warn"),
    Said.DRY: _REHEARSED["complete"],
    Said.DRY_EXCEPTIONS: _REHEARSED["complete with skips"],
    Said.DRY_FAILURES: Shown("Dry run, with failures", "exclamation-triangle-fill", "warn"),
    Said.DRY_STOPPED: _REHEARSED["stopped"],
}


def omissions(one: AccountRun) -> tuple[Line, ...]:
    """The folders that were not looked at, each with its reason."""
    return lines(one.left_out, one.omitted)


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        size=size, number=number, when=when, duration=duration, state=state, happened=happened
    )
    app.jinja_env.globals.update(
        count=count,
        ACCOUNT_MOVES=ACCOUNT_MOVES,
        ended=ended,
        account_state=account,
        verdict_of=verdict,
        expected=expected,
        percent_of=percent_of,
        omissions=omissions,
        LEVELS=LEVELS,
        OUTCOMES=OUTCOMES,
        VERDICTS=VERDICTS,
        PHASES=PHASES,
        MODES=MODES,
        SECURITY=SECURITY,
        ROLES=ROLES,
    )
