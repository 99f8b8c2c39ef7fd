"""Which messages the open folder has. None is absent because the server would not say."""

from __future__ import annotations

from collections.abc import Sequence

from imap.dialogue import Dialogue
from imap.halves import Verb, ask_all
from imap.metas import FETCH
from imap.parse import Parts, attributes, uid
from imap.searching import search
from imap.selection import Selected
from imap.session import Session
from imap.uidset import uid_sets
from sync.model import Folder


def present(session: Session, dialogue: Dialogue, folder: Folder, uids: Sequence[int]) -> set[int]:
    """Those that are there, and those of which the server refuses to say it."""
    found: set[int] = set()
    selected = session.selected

    def take(parts: Parts) -> bool:
        if FETCH.match(parts[0]):
            found.add(uid(attributes(parts).get(b"UID")))
            return True
        return selected is not None and selected.take(parts)

    verb = Verb(
        send=lambda text: dialogue.send(b"UID FETCH", text, b"(UID)"),
        hear=lambda tag: dialogue.answer(tag, take),
        told=found.__contains__,
        news=take,
    )
    refused = ask_all(session, dialogue, folder, uids, verb)
    return (found | set(refused)) & set(uids)


def surely_gone(
    session: Session, dialogue: Dialogue, folder: Folder, uids: Sequence[int]
) -> set[int]:
    """Those that neither FETCH nor SEARCH shows: one answer may have lost a line on its way."""
    gone = set(uids) - present(session, dialogue, folder, uids)
    selected = session.selected or Selected(b"", writable=False)
    for text, members in uid_sets(sorted(gone)):
        named, _ = search(dialogue, selected, b"UID " + text, first=members[0])
        gone -= {one for one in members if named is None or one in named}
    return gone
