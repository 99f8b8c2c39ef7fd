"""Folders of the source that were not looked at: named, with why and how much is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importer.amounts import count
from sync.report import Omission

REASONS: Mapping[str, str] = {
    Omission.NOT_NAMED: "it is not among the folders that were chosen",
    Omission.NOT_SUBSCRIBED: "it is not subscribed, and only subscribed folders were chosen",
    Omission.NOT_INCLUDED: "its name matches no pattern of those to include",
    Omission.EXCLUDED: "its name matches the pattern of folders to leave out",
    Omission.EMPTY: "it is empty, and empty folders are not made",
    Omission.FOREIGN: "it belongs to other users",
    Omission.MISSING: "the source has no such folder",
}
_UNKNOWN = "an earlier version has not written down why"


@dataclass(frozen=True, slots=True)
class Line:
    """`messages` None: they were not counted."""

    name: str
    why: str
    messages: int | None

    @property
    def amount(self) -> str:
        if self.messages is None:
            return "messages not counted"
        return count(self.messages, "message")

    @property
    def words(self) -> str:
        """Spam (12 messages): its name matches the pattern of folders to leave out"""
        return f"{self.name} ({self.amount}): {self.why}"


def lines(names: Sequence[str], kept: Sequence[Mapping[str, Any]] | None) -> tuple[Line, ...]:
    """`kept` is sync.report.Omitted, field for field; where it is missing there are `names`."""
    if kept is None:
        return tuple(Line(name, _UNKNOWN, None) for name in names)
    return tuple(
        Line(str(one["name"]), REASONS.get(one["reason"], str(one["reason"])), one["messages"])
        for one in kept
    )
