"""Those who watch a copy and say nothing: the measured time is the copy's own."""

from __future__ import annotations

from sync.errors import StopReason
from sync.report import FolderReport, MessageNote, Outcome


class SilentProgress:
    def planned(self, messages: int, size: int) -> None: ...

    def folder(self, source: str, destination: str) -> None: ...

    def moved(self, outcome: Outcome, messages: int, size: int) -> None: ...

    def note(self, note: MessageNote) -> None: ...

    def verifying(self) -> None:
        """Too short to be worth a word."""

    def folder_done(self, report: FolderReport) -> None: ...


class NeverStop:
    def reason(self) -> StopReason | None:
        return None
