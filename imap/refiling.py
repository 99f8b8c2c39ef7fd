"""Messages of one folder put into another, at the server: no body passes on the line.

MOVE (RFC 6851)            UID MOVE
UIDPLUS (RFC 4315) only    UID COPY, then \\Deleted and UID EXPUNGE for what COPYUID has named
neither                    nothing is moved: EXPUNGE could take more than these messages
"""

from __future__ import annotations

from imap.dialogue import Answer, Dialogue, Literal, astring
from imap.halves import AT_ONCE, Verb, ask_all
from imap.names import wire_name
from imap.parse import Parts, number, response_code
from imap.selection import Selected, at_folder, check_uidvalidity
from imap.session import Session
from imap.storing import ADD_DELETED, Storing
from imap.uidset import LONGEST, MOST, parse_uid_set
from sync.errors import AccountError, Code, FolderError
from sync.refiling_values import Filed, Filing

_SHORTEST = 100
"""Bytes of a UID set that are left beside the longest of names."""


def file_messages(session: Session, filing: Filing) -> Filed:
    """sync.ports.Filer on this session."""
    with session.line() as dialogue, at_folder(filing.origin.name):
        offered = dialogue.capabilities
        moves = filing.moves and "MOVE" in offered.names
        if filing.moves and not moves and not offered.uidplus:
            where = filing.origin.name
            raise AccountError(Code.MOVE_UNSAFE, side=dialogue.side, where=where)
        selected = session.open(dialogue, filing.origin, writable=filing.moves)
        check_uidvalidity(dialogue, filing.origin, selected.uidvalidity, filing.uidvalidity)
        task = _Task(session, dialogue, filing)
        task.put(b"UID MOVE" if moves else b"UID COPY")
        if filing.moves and not moves:
            task.take_away()
        return Filed(task.pairs, task.uidvalidity, task.error)


class _Task:
    """One Filing on an open folder, its commands sent ahead of their answers."""

    def __init__(self, session: Session, dialogue: Dialogue, filing: Filing) -> None:
        self.pairs: dict[int, int] = {}
        self.uidvalidity = 0
        self.error: FolderError | None = None
        assert session.selected is not None
        self._selected: Selected = session.selected
        self._session = session
        self._dialogue = dialogue
        self._filing = filing
        self._asked = frozenset(filing.uids)

    def put(self, verb: bytes) -> None:
        """What is refused for one message is done for the others; what is refused for now is asked
        for once more."""
        name = wire_name(self._filing.target)
        target = astring(name)
        waits = isinstance(target, Literal) and self._dialogue.needs_consent(len(name))
        asked = Verb(
            send=lambda text: self._dialogue.send(verb, text, target),
            hear=self._hear,
            told=self.pairs.__contains__,
            news=self._take,
            writing=True,
            at_once=1 if waits else AT_ONCE,
            most=self._dialogue.capabilities.save_limit or MOST,
            longest=max(LONGEST - len(name), _SHORTEST),
        )
        try:
            refused = self._ask(asked)
        except FolderError as error:
            self.error = error
            return
        if refused:
            answer = refused[min(refused)]
            refusal = self._dialogue.refusal(answer, self._filing.target.name)
            if not isinstance(refusal, FolderError):
                raise refusal
            self.error = refusal

    def _ask(self, verb: Verb) -> dict[int, Answer]:
        filing = self._filing
        return ask_all(self._session, self._dialogue, filing.origin, filing.uids, verb)

    def _hear(self, tag: bytes) -> Answer:
        answer = self._dialogue.answer(tag, self._take)
        self._learn(answer.text)
        return answer

    def take_away(self) -> None:
        """What is known to be copied. What the server will not remove stays in both folders."""
        storing = Storing(self._session, self._dialogue, self._filing.origin)
        copied = sorted(self.pairs)
        refused = storing.store(copied, ADD_DELETED)
        storing.expunge([uid for uid in copied if uid not in refused])

    def _take(self, parts: Parts) -> bool:
        """MOVE tells the new uids before it is done (RFC 6851, section 4.3)."""
        first, _, rest = parts[0].partition(b" ")
        if first.upper() == b"OK":
            self._learn(rest)
        return self._selected.take(parts)

    def _learn(self, text: bytes) -> None:
        """COPYUID, if it makes sense: as many new uids as old ones, in one folder."""
        code = response_code(text)
        said = code.arguments.split() if code.name == b"COPYUID" else []
        if len(said) != 3:
            return
        uidvalidity = number(said[0])
        old, new = parse_uid_set(said[1]), parse_uid_set(said[2])
        if not uidvalidity or not old or not new or len(old) != len(new):
            return
        self.uidvalidity = uidvalidity
        pairs = zip(old, new, strict=True)
        self.pairs.update({uid: there for uid, there in pairs if uid in self._asked})
