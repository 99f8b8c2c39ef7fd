"""Listings, from servers that do not behave."""

from __future__ import annotations

import pytest

from sync.asking import messages
from sync.errors import Code, ConnectionLost, FolderError
from sync.model import Asked, Folder
from tests.imap.conftest import Scene
from tests.imap.scripted import Talk
from tests.imap.test_fetch import FOLDER, dies_at


def test_listings_are_asked_for_ahead(scene: Scene) -> None:
    """All questions before the first answer; what was left out is asked for afterwards."""
    line = b'* 1 FETCH (UID %d FLAGS () INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 5)'

    def script(talk: Talk) -> None:
        talk.welcome()
        tags = [talk.line().split()[0] for _ in range(6)]
        talk.say(tags[0] + b" NO [NONEXISTENT] gone", line % 99, tags[1] + b" OK of another folder")
        talk.say(b"* 2 EXISTS", tags[2] + b" OK open", line % 1, tags[3] + b" OK done")
        talk.say(b"* 1 EXISTS", tags[4] + b" OK open", line % 3, tags[5] + b" OK done")
        talk.open_folder(exists=2)
        talk.answer(b"UID FETCH 1:*", line % 1, line % 2)
        talk.line()

    source = scene.source(script)
    gone, second, third = source.listings([Asked(Folder(name)) for name in ("A", "B", "C")])
    assert isinstance(gone, FolderError)
    assert not isinstance(second, FolderError)
    assert not isinstance(third, FolderError)
    assert [meta.uid for meta in second.messages] == [1, 2]
    assert [meta.uid for meta in third.messages] == [3]


def test_a_listing_that_leaves_messages_out_is_completed(scene: Scene) -> None:
    """OK with fewer messages than EXISTS: the missing ones are asked for by uid, and listed even
    if the server will not describe them."""
    line = b'* %d FETCH (RFC822.SIZE 5 UID %d INTERNALDATE " 1-Jan-2020 00:00:00 +0000" FLAGS (a))'

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.open_folder(exists=3)
        talk.answer(b"UID FETCH 1:*", line % (1, 1), b"* 1 FETCH (FLAGS (b))")
        talk.answer(b"UID SEARCH ALL", b"* SEARCH 1 5 9")
        talk.answer(b"UID FETCH 5,9", line % (2, 5))
        talk.answer(b"UID FETCH 9")
        talk.line()

    listing = messages(scene.source(script), FOLDER)
    assert [(meta.uid, meta.size) for meta in listing.messages] == [(1, 5), (5, 5), (9, 0)]
    assert listing.messages[0].flags == {"a"}
    assert listing.status.messages == 3


def test_a_listing_ends_only_with_ok(scene: Scene) -> None:
    """A line that breaks during a listing is a lost line, never a shorter folder."""
    source = scene.source(dies_at(b"* 1 FETCH (UID 1 RFC822.SIZE 3)\r\n"))
    with pytest.raises(ConnectionLost):
        messages(source, FOLDER)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (b"NO [NONEXISTENT] gone", Code.FOLDER_MISSING),
        (b"NO Mailbox doesn't exist: Work", Code.FOLDER_MISSING),
        (b"NO [CANNOT] corrupt", Code.FOLDER_REFUSED),
    ],
)
def test_a_folder_that_cannot_be_opened(scene: Scene, status: bytes, code: Code) -> None:
    """Stops the folder; the next one is opened on the same connection."""

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.answer(b"EXAMINE", status=status)
        talk.answer(b"UID FETCH", status=b"BAD nothing selected")
        talk.open_folder(exists=0)
        talk.answer(b"UID FETCH", status=b"BAD empty")
        talk.line()

    source = scene.source(script)
    with pytest.raises(FolderError) as caught:
        messages(source, FOLDER)
    assert (caught.value.code, caught.value.where) == (code, "Work")
    assert messages(source, Folder("Other")).messages == ()
