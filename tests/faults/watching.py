"""Those who watch a run and say nothing."""

from __future__ import annotations

import time

from sync.errors import StopReason
from sync.report import FolderReport, MessageNote, Outcome


class SilentProgress:
    def planned(self, messages: int, size: int) -> None: ...

    def folder(self, source: str, destination: str) -> None: ...

    def moved(self, outcome: Outcome, messages: int, size: int) -> None: ...

    def note(self, note: MessageNote) -> None: ...

    def verifying(self) -> None: ...

    def folder_done(self, report: FolderReport) -> None: ...


class NeverStop:
    def reason(self) -> StopReason | None:
        return None

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)
