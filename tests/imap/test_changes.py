"""What servers rarely say when they are asked what has changed: believed only if it adds up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.errors import ConnectionLost, FolderError
from sync.listing import Changes, Listing
from sync.model import Folder, FolderStatus, Since, WhichFlags
from sync.uids import UidRanges
from tests.imap.conftest import Scene
from tests.imap.scripted import Script, Talk

QRESYNC = "IMAP4rev1 ENABLE CONDSTORE QRESYNC ESEARCH"
FOLDER = Folder("Work")
THEN = FolderStatus(uidvalidity=7, uidnext=11, messages=10, highestmodseq=50)
SINCE = Since(FOLDER, THEN)
META = b'* %d FETCH (UID %d FLAGS () INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 5)'
FLAGS = b"* %d FETCH (UID %d FLAGS (\\Seen) MODSEQ (60))"


def enable(talk: Talk) -> None:
    talk.answer(b"ENABLE QRESYNC", b"* ENABLED QRESYNC")


def examine(
    talk: Talk, exists: int, *, uidvalidity: int = 7, uidnext: int = 11, modseq: int = 60
) -> None:
    told = b"* OK [HIGHESTMODSEQ %d] highest" % modseq if modseq else b"* OK [NOMODSEQ] none"
    talk.answer(
        b'EXAMINE "Work" (CONDSTORE)',
        b"* %d EXISTS" % exists,
        b"* OK [UIDVALIDITY %d] valid" % uidvalidity,
        b"* OK [UIDNEXT %d] next" % uidnext,
        told,
    )


def whole(talk: Talk, *uids: int, **status: int) -> None:
    """The answer to the question for everything."""
    examine(talk, len(uids), **status)
    lines = [META % (number, uid) for number, uid in enumerate(uids, 1)]
    talk.answer(b"UID FETCH 1:* ", *lines)


def first(
    exists: int,
    *older: bytes,
    new: tuple[bytes, ...] = (),
    status: bytes = b"OK done",
    uidvalidity: int = 7,
    modseq: int = 60,
) -> Script:
    """The dialogue up to the answer to CHANGEDSINCE."""

    def script(talk: Talk) -> None:
        talk.welcome(QRESYNC)
        enable(talk)
        examine(talk, exists, uidvalidity=uidvalidity, modseq=modseq)
        talk.answer(b"UID FETCH 11:* (UID FLAGS INTERNALDATE RFC822.SIZE)", *new)
        asked = b"UID FETCH 1:10 (UID FLAGS) (CHANGEDSINCE 50 VANISHED)"
        talk.answer(asked, *older, status=status)

    return script


def then(script: Script, *more: Callable[[Talk], None]) -> Script:
    def both(talk: Talk) -> None:
        script(talk)
        for one in more:
            one(talk)
        talk.line()

    return both


def changes(scene: Scene, script: Script, since: Since = SINCE) -> Changes | Listing | FolderError:
    (found,) = scene.source(script).changes([since])
    return found


def test_all_in_one_answer(scene: Scene) -> None:
    """Flags, removals and new mail cost the round trip of one question."""
    vanished = b"* VANISHED (EARLIER) 2,4:5"
    script = first(8, vanished, FLAGS % (1, 3), new=(META % (8, 11),))
    found = changes(scene, then(script))
    assert isinstance(found, Changes)
    assert found.removed == UidRanges.of([2, 4, 5])
    assert [(meta.uid, meta.flags) for meta in found.changed] == [(3, {"\\Seen"})]
    assert [meta.uid for meta in found.new.messages] == [11]
    assert found.new.status == FolderStatus(7, 12, 8, 60)


def test_answers_that_are_mixed(scene: Scene) -> None:
    """A server may answer two questions at once, and have news besides."""

    def script(talk: Talk) -> None:
        talk.welcome(QRESYNC)
        enable(talk)
        examine(talk, 10)
        tags = [talk.line().split()[0] for _ in range(2)]
        talk.say(b"* VANISHED (EARLIER) 9", FLAGS % (4, 4), META % (10, 12), FLAGS % (10, 12))
        talk.say(META % (9, 10), b"* 7 FETCH (MODSEQ (60) FLAGS (a) UID 7)")
        talk.say(tags[0] + b" OK new ones", FLAGS % (5, 5), tags[1] + b" OK older ones")
        talk.line()

    found = changes(scene, script)
    assert isinstance(found, Changes)
    assert list(found.changed.uids) == [4, 5, 7]
    assert list(found.new.messages.uids) == [12]
    assert found.removed == UidRanges.of([9])


def test_what_is_said_of_a_new_message_in_pieces(scene: Scene) -> None:
    """Its flags first, and the rest in a response of its own: they are no less its flags."""
    rest = b'* 10 FETCH (UID 12 INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 5)'
    found = changes(scene, then(first(11, new=(b"* 10 FETCH (UID 12 FLAGS (Work))", rest))))
    assert isinstance(found, Changes)
    assert [(meta.uid, meta.flags) for meta in found.new.messages] == [(12, {"Work"})]


@pytest.mark.parametrize("vanished", [b"1:10,400:500", b"2", b"3:5"])
@pytest.mark.parametrize(
    "there", [b'* ESEARCH (TAG "m7") UID ALL 1:2,4,6:11', b"* SEARCH 11 10 9 8 7 6 4 2 1"]
)
def test_more_or_less_vanished_than_is_gone(scene: Scene, vanished: bytes, there: bytes) -> None:
    """RFC 7162 lets a server name more than has ever been there: then it is asked what is left."""

    def search(talk: Talk) -> None:
        examine(talk, 9, uidnext=12)
        talk.answer(b"UID SEARCH RETURN (ALL) ALL", there)

    script = first(9, b"* VANISHED (EARLIER) " + vanished, new=(META % (9, 11),))
    found = changes(scene, then(script, search))
    assert isinstance(found, Changes)
    assert found.removed == UidRanges.of([3, 5])


def test_what_never_was_there_has_not_vanished(scene: Scene) -> None:
    """While as many messages are there as there were, nothing is gone, whatever is said."""
    found = changes(scene, then(first(10, b"* VANISHED (EARLIER) 1:300")))
    assert isinstance(found, Changes)
    assert not found.removed


def test_numbers_that_never_add_up(scene: Scene) -> None:
    """Where the search says something else again, all is listed."""

    def search(talk: Talk) -> None:
        examine(talk, 8)
        talk.answer(b"UID SEARCH RETURN (ALL) ALL", b'* ESEARCH (TAG "m7") UID ALL 1:3')

    def listed(talk: Talk) -> None:
        whole(talk, 1, 2, 3, 4, 5, 6, 7, 8)

    found = changes(scene, then(first(8, b"* VANISHED (EARLIER) 9"), search, listed))
    assert isinstance(found, Listing)
    assert len(found.messages) == 8


@pytest.mark.parametrize(
    "script",
    [
        first(10, status=b"NO not now"),
        first(10, status=b"BAD what is CHANGEDSINCE?"),
        first(10, modseq=0),
        first(10, modseq=49),
        first(10, uidvalidity=8),
        first(12),
        first(10, b"* 11 EXISTS"),
    ],
    ids=["NO", "BAD", "NOMODSEQ", "modseq", "uidvalidity", "more", "growing"],
)
def test_what_cannot_be_is_listed_whole(scene: Scene, script: Script) -> None:
    """A refusal, another folder, more messages than there can be: no difference is made up."""
    found = changes(scene, then(script, lambda talk: whole(talk, *range(1, 11))))
    assert isinstance(found, Listing)
    assert len(found.messages) == 10


def test_a_server_that_will_not_enable(scene: Scene) -> None:
    """What it offered does not come true: it is listed, and not asked that way again."""

    def script(talk: Talk) -> None:
        talk.welcome(QRESYNC)
        talk.answer(b"ENABLE QRESYNC", status=b"NO disabled")
        examine(talk, 10)
        talk.answer(b"UID FETCH 11:*")
        talk.answer(b"UID FETCH 1:10", status=b"BAD VANISHED")
        whole(talk, *range(1, 11))
        examine(talk, 10)
        talk.answer(b"UID FETCH 11:*")
        talk.answer(b"UID FETCH 1:10 (UID FLAGS) (CHANGEDSINCE 50)", FLAGS % (6, 6))
        talk.line()

    source = scene.source(script)
    (once,), (twice,) = source.changes([SINCE]), source.changes([SINCE])
    assert isinstance(once, Listing)
    assert isinstance(twice, Changes)
    assert list(twice.changed.uids) == [6]


def test_flags_that_are_left_out(scene: Scene) -> None:
    """Without CONDSTORE the flags of all are asked for; one that is missing spoils the answer."""
    line = b"* %d FETCH (UID %d FLAGS ())"

    def script(talk: Talk) -> None:
        talk.welcome("IMAP4rev1")
        for uids in (range(1, 10), range(1, 11)):
            talk.open_folder(exists=10)
            talk.answer(b"UID FETCH 11:*")
            talk.answer(b"UID FETCH 1:10 (UID FLAGS)", *[line % (uid, uid) for uid in uids])
            if len(uids) == 9:
                talk.open_folder(exists=10)
                talk.answer(b"UID FETCH 1:* ", *[META % (uid, uid) for uid in range(1, 11)])
        talk.line()

    source = scene.source(script)
    since = Since(FOLDER, FolderStatus(7, 11, 10), WhichFlags.ALL)
    (once,), (twice,) = source.changes([since]), source.changes([since])
    assert isinstance(once, Listing)
    assert isinstance(twice, Changes)
    assert len(twice.changed) == 10


def test_questions_for_many_folders_are_sent_ahead(scene: Scene) -> None:
    """All before the first answer; the searches that are needed then, likewise."""

    def script(talk: Talk) -> None:
        talk.welcome("IMAP4rev1 CONDSTORE")
        tags = [talk.line().split()[0] for _ in range(9)]
        for number in range(3):
            opened, new, older = tags[3 * number : 3 * number + 3]
            talk.say(b"* 9 EXISTS", b"* OK [UIDVALIDITY 7] v", b"* OK [HIGHESTMODSEQ 51] h")
            talk.say(opened + b" OK open", new + b" OK none", older + b" OK none")
        tags = [talk.line().split()[0] for _ in range(6)]
        for number in range(3):
            opened, search = tags[2 * number : 2 * number + 2]
            talk.say(b"* 9 EXISTS", b"* OK [UIDVALIDITY 7] v", opened + b" OK open")
            left = [uid for uid in range(1, 11) if uid != number + 1]
            talk.say(b"* SEARCH " + b" ".join(b"%d" % uid for uid in left), search + b" OK done")
        talk.line()

    asked = [Since(Folder(name), THEN) for name in "ABC"]
    found = list(scene.source(script).changes(asked))
    assert [c.removed for c in found if isinstance(c, Changes)] == [
        UidRanges.of([1]),
        UidRanges.of([2]),
        UidRanges.of([3]),
    ]


def test_changes_end_only_with_ok(scene: Scene) -> None:
    """A line that breaks amid the answer is a lost line; nothing has vanished."""

    def script(talk: Talk) -> None:
        talk.welcome(QRESYNC)
        enable(talk)
        examine(talk, 9)
        talk.answer(b"UID FETCH 11:*")
        talk.expect(b"UID FETCH 1:10")
        talk.say(b"* VANISHED (EARLIER) 1")

    with pytest.raises(ConnectionLost):
        changes(scene, script)


def test_expunged_while_it_is_asked(scene: Scene) -> None:
    """What someone else removes at that moment counts as gone, and is found by the search."""

    def search(talk: Talk) -> None:
        examine(talk, 9)
        talk.answer(b"UID SEARCH RETURN (ALL) ALL", b'* ESEARCH (TAG "m7") UID ALL 1:3,5:10')

    found = changes(scene, then(first(10, b"* VANISHED 4"), search))
    assert isinstance(found, Changes)
    assert found.removed == UidRanges.of([4])
    assert found.new.status.messages == 9
