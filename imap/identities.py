"""What identifies messages of the open folder: read from their headers by ourselves, so that two
servers cannot tell the same bytes in two ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imap.dialogue import Dialogue
from imap.halves import Verb, ask_on
from imap.metas import FETCH
from imap.parse import Parts, Token, attributes, uid
from imap.session import Session
from sync.header_fields import LONGEST, cut_short, identity
from sync.model import Folder, Identity

HEADER = b"BODY.PEEK[HEADER]<0.%d>" % LONGEST
_ITEMS = b"(UID %b)" % HEADER


def identities(
    session: Session, dialogue: Dialogue, folder: Folder, uids: Sequence[int]
) -> dict[int, Identity]:
    """A message that is gone, or whose header the server does not give, is not in the answer; of a
    header that is cut short nothing is told."""
    found: dict[int, Identity] = {}
    selected = session.selected

    def take(parts: Parts) -> bool:
        if not FETCH.match(parts[0]):
            return selected is not None and selected.take(parts)
        found.update(identities_in(attributes(parts)))
        return True

    verb = Verb(
        send=lambda text: dialogue.send(b"UID FETCH", text, _ITEMS),
        hear=lambda tag: dialogue.answer(tag, take),
        told=found.__contains__,
        news=take,
    )
    ask_on(session, dialogue, folder, uids, verb)
    return {one: found[one] for one in uids if one in found}


def identities_in(items: Mapping[bytes, Token]) -> dict[int, Identity]:
    """Of the one message that a FETCH response tells of, by its uid; {} if it has no header."""
    one = uid(items.get(b"UID"))
    headers = (value for name, value in items.items() if name.startswith(b"BODY[HEADER"))
    header = next((value for value in headers if isinstance(value, bytes)), None)
    if not one or header is None:
        return {}
    return {one: Identity() if cut_short(header) else identity(header)}
