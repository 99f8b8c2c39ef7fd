"""What the engine tells while it works, kept for the result and shown on a terminal."""

from __future__ import annotations

import time
from collections import Counter
from typing import TextIO

from shell.wording import plain, size_in_words
from sync.errors import CHOSEN, Code
from sync.report import FolderReport, MessageNote, Outcome

REDRAW_SECONDS = 0.1
_WIDTH = 79


class Record:
    """sync.ports.Progress, in silence."""

    def __init__(self) -> None:
        self.folders: list[FolderReport] = []
        self.notes: list[MessageNote] = []
        """The exceptions."""
        self.chosen: list[MessageNote] = []
        """Messages that were left out because somebody asked for it."""
        self.messages = 0
        self.size = 0
        self.done = 0
        self.size_copied = 0
        self.folder_name = ""

    def planned(self, messages: int, size: int) -> None:
        self.messages, self.size = messages, size

    def folder(self, source: str, destination: str) -> None:
        self.folder_name = source

    def moved(self, outcome: Outcome, messages: int, size: int) -> None:
        self.done += messages
        self.size_copied += size

    def note(self, note: MessageNote) -> None:
        (self.chosen if note.code in CHOSEN else self.notes).append(note)

    def verifying(self) -> None:
        """Too short to be worth a word."""

    def folder_done(self, report: FolderReport) -> None:
        self.folders.append(report)

    def troubles(self) -> Counter[Code]:
        """How often each code befell a message, or a folder without a message named."""
        counts = Counter(note.code for note in self.notes)
        counts.update(
            report.error
            for report in self.folders
            if report.error is not None and not counts[report.error]
        )
        return counts


class Screen(Record):
    """The same, and one line on the terminal that is drawn over and over."""

    def __init__(self, terminal: TextIO) -> None:
        super().__init__()
        self._terminal = terminal
        self._begun = time.monotonic()
        self._drawn = 0.0

    def folder(self, source: str, destination: str) -> None:
        super().folder(source, destination)
        self._draw()

    def moved(self, outcome: Outcome, messages: int, size: int) -> None:
        super().moved(outcome, messages, size)
        self._draw()

    def clear(self) -> None:
        """Leave the line empty, for whatever is written next."""
        self._write("")

    def _draw(self) -> None:
        now = time.monotonic()
        if now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            self._write(self._line(now - self._begun))

    def _line(self, seconds: float) -> str:
        share = 100 * self.done // self.messages if self.messages else 100
        speed = self.size_copied / seconds if seconds else 0.0
        numbers = (
            f"{min(share, 100):3d} %  {self.done}/{self.messages} messages"
            f"  {size_in_words(self.size_copied)}  {size_in_words(speed)}/s  "
        )
        return (numbers + plain(self.folder_name))[:_WIDTH]

    def _write(self, line: str) -> None:
        self._terminal.write("\r" + line.ljust(_WIDTH) + ("\r" if not line else ""))
        self._terminal.flush()
