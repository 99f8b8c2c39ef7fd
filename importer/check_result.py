"""What a check works on, what it found, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from imap.server import Login, Server
from importer.finding import Finding, Level
from importer.inventory import Inventory
from sync.errors import Code, Side, SyncError
from sync.model import FolderList
from sync.options import FolderChoice, Mode


@dataclass(frozen=True, slots=True)
class CheckSubject:
    """One row as it stands, with what the migration says for all rows.

    `mailbox` is raw, `source` already merged from the row and the migration. `reading_fault` is
    there until a person has edited a row whose line could not be read. `folders`: those that are
    to be brought over. `habits`: what is known of the destination's server from earlier runs."""

    source: Server
    login: Login
    mailbox: str
    mailbox_password: str = field(repr=False)
    domain: str
    domains: tuple[str, ...]
    destination: Server
    password_policy: str
    mode: Mode
    reading_fault: Finding | None = None
    duplicates: tuple[Finding, ...] = ()
    folders: FolderChoice = field(default_factory=FolderChoice)
    habits: tuple[Finding, ...] = ()
    line: int | None = None
    guessed: str = ""
    """The file's line, and its encoding where that was guessed."""


@dataclass(frozen=True, slots=True)
class Passing:
    """A server has refused the check for now. `asked`: the seconds that it wants to be left."""

    code: Code
    side: Side
    asked: float = 0.0


REFUSED_FOR_NOW = frozenset(
    {Code.LOGIN_TEMPORARY, Code.TOO_MANY_CONNECTIONS, Code.SERVER_BYE, Code.THROTTLED}
)


OVER_SOON = REFUSED_FOR_NOW | {Code.LOGINS_WAIT}
"""And what is no refusal of the server's."""


def passing(error: SyncError, side: Side) -> Passing | None:
    """None: waiting does not help."""
    if error.code not in OVER_SOON:
        return None
    return Passing(error.code, side, float(getattr(error, "suggested_wait", 0.0)))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`address` is '' where there is none. The numbers are None where the source did not answer;
    `size` in bytes. `mailbox_exists` None: unknown. The folders of both sides, as far as they were
    seen."""

    findings: tuple[Finding, ...]
    address: str = ""
    folders: int | None = None
    messages: int | None = None
    size: int | None = None
    mailbox_exists: bool | None = None
    source: FolderList | None = None
    destination: FolderList | None = None
    passing: Passing | None = None
    """The one reason why it is blocked, where that may be over soon."""

    @property
    def blocked(self) -> bool:
        return any(finding.level is Level.BLOCKING for finding in self.findings)


class Doing(StrEnum):
    """What a check is at, in words that follow 'while'."""

    NOTHING = "nothing was asked yet"
    SOURCE_LOGIN = "the check was logging in to the old mail server"
    SOURCE_FOLDERS = "the old mail server was listing its folders"
    SOURCE_INBOX = "the old mail server was opening a folder"
    MAILBOX = "the destination was asked whether the mailbox exists"
    DESTINATION_LOGIN = "the check was logging in to the destination's mail server"
    DESTINATION_FOLDERS = "the destination's mail server was listing its folders"
    DESTINATION_INBOX = "the destination's mail server was opening a folder"
    SIZES = "the old mail server was telling the sizes of its messages"


@dataclass(slots=True)
class SoFar:
    """How far a check has come. Whoever has to end it may read this from another thread: what is
    seen of one side is there as a whole, or not at all."""

    doing: Doing = Doing.NOTHING
    address: str = ""
    row: tuple[Finding, ...] = ()
    """What was found about the row itself, and what was in the way of each side."""
    source: tuple[Finding, ...] = ()
    counted: Inventory | None = None
    destination: tuple[Finding, ...] = ()
    exists: bool | None = None
    listed: FolderList | None = None
    passing: Passing | None = None

    @property
    def blocked(self) -> bool:
        """By what is known already."""
        return any(map(_blocks, (self.row, self.source, self.destination)))

    @property
    def unweighed(self) -> bool:
        """All is well at the source, but for the sizes, which nobody has asked for yet."""
        return self.counted is not None and self.counted.size is None and not _blocks(self.source)

    def result(self, *more: Finding) -> CheckResult:
        counted = self.counted
        ready = (_ready(counted),) if counted and not _blocks(self.source) else ()
        findings = (*self.row, *self.source, *ready, *self.destination, *more)
        return CheckResult(
            findings,
            self.address,
            folders=counted.folders if counted else None,
            messages=counted.messages if counted else None,
            size=counted.size if counted else None,
            mailbox_exists=self.exists,
            source=counted.listed if counted else None,
            destination=self.listed,
            passing=self.passing if _alone(self.passing, findings) else None,
        )

    def late(self, seconds: float) -> CheckResult:
        """What is to be told of a check that is ended after so long. Numbers that are still missing
        are no reason to hold a row up; everything else is."""
        if self.doing is Doing.SIZES:
            return self.result(_UNWEIGHED)
        words = (
            f"The check took longer than {seconds:,.0f} seconds and was ended while {self.doing}: "
            "answers come too slowly."
        )
        slow = replace(_TOO_SLOW, words=words, field=_FIELDS.get(self.doing, ""))
        return self.result(slow)


def _ready(counted: Inventory) -> Finding:
    return Finding(Level.OK, "source_ready", f"Login works: {counted.in_words()}.")


def _alone(one: Passing | None, findings: tuple[Finding, ...]) -> bool:
    """Whether nothing else blocks the row: that is for a person to mend at once."""
    if one is None:
        return False
    return all(f.level is not Level.BLOCKING or f.code in OVER_SOON for f in findings)


def _blocks(findings: tuple[Finding, ...]) -> bool:
    return any(finding.level is Level.BLOCKING for finding in findings)


_TOO_SLOW = Finding(
    Level.BLOCKING,
    "check_too_slow",
    "",
    "Check the server's name and port. If they are right, its operator may be slowing this "
    "machine down, or the server is overloaded: try again later.",
)
_FIELDS = {
    Doing.SOURCE_LOGIN: "source_host",
    Doing.SOURCE_FOLDERS: "source_host",
    Doing.SOURCE_INBOX: "source_host",
}
_UNWEIGHED = Finding(
    Level.WARNING,
    "sizes_unknown",
    "The old mail server takes too long to tell the sizes of its messages, so nobody knows yet how "
    "many megabytes will be copied.",
    "Nothing has to be done: the run counts for itself.",
)
