"""What identifies messages of the open folder: read from their headers by ourselves, so that two
servers cannot tell the same bytes in two ways."""

from __future__ import annotations

from collections.abc import Sequence

from imap.dialogue import Dialogue
from imap.halves import Verb, ask_on
from imap.metas import FETCH
from imap.parse import Parts, attributes, uid
from imap.session import Session
from sync.header_fields import LONGEST, identity
from sync.model import Folder, Identity

_ITEMS = b"(UID BODY.PEEK[HEADER]<0.%d>)" % LONGEST


def identities(
    session: Session, dialogue: Dialogue, folder: Folder, uids: Sequence[int]
) -> dict[int, Identity]:
    """A message that is gone, or whose header the server does not give, is not in the answer."""
    found: dict[int, Identity] = {}
    selected = session.selected

    def take(parts: Parts) -> bool:
        if not FETCH.match(parts[0]):
            return selected is not None and selected.take(parts)
        items = attributes(parts)
        one = uid(items.get(b"UID"))
        for name, value in items.items():
            if one and name.startswith(b"BODY[HEADER") and isinstance(value, bytes):
                found[one] = identity(value)
        return True

    verb = Verb(
        send=lambda text: dialogue.send(b"UID FETCH", text, _ITEMS),
        hear=lambda tag: dialogue.answer(tag, take),
        told=found.__contains__,
        news=take,
    )
    ask_on(session, dialogue, folder, uids, verb)
    return {one: found[one] for one in uids if one in found}
