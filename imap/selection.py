"""Opening a folder: EXAMINE for reading, SELECT where something is to be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from imap.dialogue import Answer, Dialogue, astring
from imap.names import unsendable, wire_name
from imap.parse import Parts, number, response_code, tokens
from imap.uidset import parse_ranges
from sync.errors import Code, ConnectionLost, UidValidityChanged
from sync.model import Folder, FolderStatus


@dataclass(slots=True)
class Selected:
    """The open folder, as the server's answer to EXAMINE or SELECT tells it."""

    wire_name: bytes
    writable: bool
    uidvalidity: int = 0
    uidnext: int = 0
    exists: int = 0
    highestmodseq: int = 0
    permanent_flags: frozenset[str] = frozenset()
    keeps_none: bool = False
    """The server has told that no flag can be changed for good, as it does of each folder that is
    open for reading."""
    opened: bool = False
    grown: bool = False
    """Messages have come in since it was opened."""
    counted: bool = False
    """The server has told how many messages there are."""

    def take(self, parts: Parts) -> bool:
        """Learn from one untagged response; whether there was anything to learn."""
        first, _, rest = parts[0].partition(b" ")
        if first.isdigit():
            kind = rest[:7].upper()
            if kind.startswith(b"EXISTS"):
                self.count(number(first))
            elif kind == b"EXPUNGE":
                self.exists = max(self.exists - 1, 0)
            else:
                return False
        elif first.upper() == b"OK":
            self._take_code(rest)
        elif first.upper() == b"VANISHED" and (gone := parse_ranges(rest)):
            # What EXPUNGE is where QRESYNC is on (RFC 7162, section 3.2.10); of EARLIER ones, which
            # EXISTS does not count, `rest` is no set.
            self.exists = max(self.exists - gone.count, 0)
        else:
            return False
        return True

    def count(self, exists: int) -> None:
        """So many messages there are now."""
        self.grown |= self.opened and exists > self.exists
        self.exists, self.counted = exists, True

    @property
    def keeps_deleted(self) -> bool:
        """Whether messages can be marked for removal, as far as the server tells."""
        told = self.keeps_none or bool(self.permanent_flags)
        return not told or any(flag.lower() == "\\deleted" for flag in self.permanent_flags)

    def _take_code(self, text: bytes) -> None:
        code = response_code(text)
        if code.name == b"UIDVALIDITY":
            self.uidvalidity = number(code.arguments)
        elif code.name == b"UIDNEXT":
            self.uidnext = number(code.arguments)
        elif code.name == b"HIGHESTMODSEQ":
            self.highestmodseq = number(code.arguments)
        elif code.name == b"PERMANENTFLAGS":
            listed = tokens((code.arguments,))
            flags = listed[0] if listed and isinstance(listed[0], list) else []
            self.permanent_flags = frozenset(
                flag.decode("latin-1") for flag in flags if isinstance(flag, bytes)
            )
            self.keeps_none = code.arguments.strip() == b"()"

    def status(self, highest_uid: int = 0) -> FolderStatus:
        """`highest_uid` stands in where the server does not tell UIDNEXT."""
        uidnext = max(self.uidnext, highest_uid + 1)
        counts = self.uidvalidity, uidnext, self.exists
        return FolderStatus(*counts, self.highestmodseq, uidnext_told=self.uidnext > 0)


@dataclass(slots=True)
class Opening:
    """EXAMINE or SELECT under way, so that more can be sent behind it."""

    folder: Folder
    tag: bytes
    selected: Selected

    @classmethod
    def send(cls, dialogue: Dialogue, folder: Folder, *, writable: bool = False) -> Opening:
        """Raises FolderError for a name that cannot be sent."""
        if (error := unsendable(folder, dialogue.side)) is not None:
            raise error
        name = wire_name(folder)
        verb = b"SELECT" if writable else b"EXAMINE"
        # Only so does every answer tell HIGHESTMODSEQ (RFC 7162, section 3.1.8).
        more = (b"(CONDSTORE)",) if dialogue.capabilities.condstore else ()
        dialogue.opened = True
        tag = dialogue.send(verb, astring(name), *more)
        return cls(folder, tag, Selected(name, writable))

    def answer(self, dialogue: Dialogue) -> Answer:
        answer = dialogue.answer(self.tag, self.selected.take)
        self.selected.opened = True
        return answer


@contextmanager
def at_folder(name: str) -> Iterator[None]:
    """A line that breaks here breaks at this folder."""
    try:
        yield
    except ConnectionLost as lost:
        lost.folder = lost.folder or name
        raise


def check_uidvalidity(dialogue: Dialogue, folder: Folder, found: int, wanted: int) -> None:
    """Raises UidValidityChanged when the folder is not the one that was listed."""
    if found != wanted:
        raise UidValidityChanged(Code.UIDVALIDITY_CHANGED, side=dialogue.side, where=folder.name)
