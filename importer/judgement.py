"""The verdict over a whole run, as one sentence: for the report and for the mail about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from importer.amounts import count, number


class Judgement(StrEnum):
    """The titles, as people read them."""

    VERIFIED = "Verified"
    EXCEPTIONS = "Verified, with named exceptions"
    DRY_RUN = "Dry run, nothing was copied"
    DRY_INCOMPLETE = "Dry run, not complete"
    INCOMPLETE = "Not complete"


@dataclass(frozen=True, slots=True)
class RunNumbers:
    """What the verdict rests on. `verified`: accounts whose every folder was proven; `excepted`:
    those that are complete but for exceptions; `skipped`: messages, for whatever reason;
    `left_out`: folders that were not looked at."""

    accounts: int
    complete: int
    verified: int
    skipped: int
    failed: int
    dry_run: bool
    excepted: int = 0
    failed_accounts: int = 0
    stopped: int = 0
    left_out: int = 0


def judge(run: RunNumbers) -> Judgement:
    if run.dry_run:
        # It proves nothing, so none of its accounts counts as verified.
        whole = run.complete == run.accounts
        return Judgement.DRY_RUN if whole else Judgement.DRY_INCOMPLETE
    if run.complete < run.accounts:
        return Judgement.INCOMPLETE
    if run.verified < run.accounts:
        return Judgement.INCOMPLETE
    return Judgement.EXCEPTIONS if run.excepted or run.failed else Judgement.VERIFIED


def sentence(run: RunNumbers) -> str:
    """What the verdict means."""
    judgement = judge(run)
    if judgement in _SENTENCES:
        chosen = judgement == Judgement.VERIFIED and run.skipped
        return _left_out(run, _CHOSEN if chosen else _SENTENCES[judgement])
    words = _unfinished(run)
    return f"{_SENTENCES[Judgement.DRY_RUN]} {words}" if run.dry_run else words


def _unfinished(run: RunNumbers) -> str:
    """'3 accounts of 5 did not end well: 1 failed and 2 were stopped.', and what is proven."""
    waiting = max(0, run.accounts - run.complete - run.failed_accounts - run.stopped)
    unproven = 0 if run.dry_run else max(0, run.complete - run.verified)
    parts = [
        f"{number(many)} {words}"
        for many, words in (
            (run.failed_accounts, "failed"),
            (run.stopped, "was stopped" if run.stopped == 1 else "were stopped"),
            (waiting, "did not come to the end"),
            (unproven, "could not be verified"),
        )
        if many
    ]
    bad = run.accounts - (run.complete if run.dry_run else min(run.complete, run.verified))
    what = f"{count(bad, 'account')} of {number(run.accounts)} did not end well"
    said = [f"{what}: {_listed(parts)}."]
    if run.failed_accounts:
        said.append("Each that failed is named with its reason and what to do.")
    if not run.dry_run:
        verb = "is" if run.verified == 1 else "are"
        said.append(f"{count(run.verified, 'account')} {verb} verified.")
    return " ".join(said)


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _left_out(run: RunNumbers, words: str) -> str:
    """Every message is said of the folders that were looked at, and of no other."""
    if not run.left_out:
        return words
    folders = count(run.left_out, "folder")
    verb = "was" if run.left_out == 1 else "were"
    return f"{words} {folders} {verb} not looked at; the report names each with its reason."


_CHOSEN = (
    "Both sides were compared folder by folder. Every message found is at the destination "
    "but for those that were left out as it was chosen."
)
_SENTENCES = {
    Judgement.DRY_RUN: ("Nothing was written. The numbers show what a real run would have done."),
    Judgement.EXCEPTIONS: (
        "Both sides were compared folder by folder. Every message is at the destination "
        "but for the exceptions that the report names."
    ),
    Judgement.VERIFIED: (
        "Both sides were compared folder by folder. Every message found is at the destination."
    ),
}
