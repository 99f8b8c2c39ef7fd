"""The verdict over a whole run, as one sentence: for the report and for the mail about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from importer.amounts import count, number


class Judgement(StrEnum):
    """The titles, as people read them."""

    VERIFIED = "Verified"
    EXCEPTIONS = "Verified, with named exceptions"
    DRY_RUN = "Dry run"
    INCOMPLETE = "Not complete"


@dataclass(frozen=True, slots=True)
class RunNumbers:
    """What the verdict rests on. `verified`: accounts whose every folder was proven; `excepted`:
    those that are complete but for exceptions; `skipped`: messages, for whatever reason."""

    accounts: int
    complete: int
    verified: int
    skipped: int
    failed: int
    dry_run: bool
    excepted: int = 0


def judge(run: RunNumbers) -> Judgement:
    if run.complete < run.accounts:
        return Judgement.INCOMPLETE
    if run.dry_run:
        # It proves nothing, so none of its accounts counts as verified.
        return Judgement.DRY_RUN
    if run.verified < run.accounts:
        return Judgement.INCOMPLETE
    return Judgement.EXCEPTIONS if run.excepted or run.failed else Judgement.VERIFIED


def sentence(run: RunNumbers) -> str:
    """What the verdict means."""
    if judge(run) == Judgement.VERIFIED and run.skipped:
        return _CHOSEN
    if judge(run) != Judgement.INCOMPLETE:
        return _SENTENCES[judge(run)]
    left = count(run.accounts - run.complete, "account")
    return (
        f"{left} of {number(run.accounts)} did not end well. "
        "Each is named with its reason and what to do."
    )


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
