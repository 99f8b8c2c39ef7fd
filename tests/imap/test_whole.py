"""A listing is the whole folder, or says how much of it is hidden; one message costs itself."""

from __future__ import annotations

import pytest

from sync.asking import messages
from sync.errors import Code, ConnectionLost, FolderError
from sync.listing import Listing
from sync.model import Asked, Fetched, FlagChange, Folder, Unreadable, Wanted
from sync.refiling_values import Filing
from sync.uids import UidRanges
from tests.imap.balky import Balky, mail
from tests.imap.conftest import Scene

WORK = Folder("Work", wire_name=b"Work")
OTHER = Folder("Other", wire_name=b"Other")
UIDS = range(3, 2503, 3)


def listed(scene: Scene, server: Balky, asked: Asked | None = None) -> Listing:
    (found,) = scene.source(server).listings([asked or Asked(WORK)])
    assert isinstance(found, Listing)
    return found


@pytest.mark.parametrize("names_lowest", [True, False])
@pytest.mark.parametrize("offers", ["IMAP4rev1", "IMAP4rev1 MESSAGELIMIT=100"])
def test_a_server_that_answers_for_some_messages_only(
    scene: Scene, offers: str, *, names_lowest: bool
) -> None:
    """RFC 9738: it is asked on until all is listed, whether it says beforehand that it will stop,
    and where it stopped."""
    server = Balky(mail(*UIDS), limit=100, names_lowest=names_lowest, offers=offers)
    found = listed(scene, server)
    if names_lowest:
        assert (list(found.messages.uids), found.hidden) == (list(UIDS), 0)
    else:
        assert found.hidden == len(UIDS) - len(found.messages)
    assert len(server.commands) < 30


def test_each_folder_is_listed_whole(scene: Scene) -> None:
    """Not only the last one that was asked for."""
    server = Balky(mail(*range(1, 251)), limit=100)
    source = scene.source(server)
    for found in source.listings([Asked(WORK), Asked(OTHER), Asked(Folder("Third"))]):
        assert isinstance(found, Listing)
        assert (len(found.messages), found.whole) == (250, True)


@pytest.mark.parametrize("first", [1, 400])
def test_a_part_of_a_folder_is_whole(scene: Scene, first: int) -> None:
    """Of what is asked for from a uid on, or by uids, nothing is left out because of the limit."""
    server = Balky(mail(*UIDS), limit=100)
    found = listed(scene, server, Asked(WORK, first))
    assert list(found.messages.uids) == [uid for uid in UIDS if uid >= first]
    some = UidRanges.spanning([(first, 1000), (2000, 2100)])
    again = listed(scene, Balky(mail(*UIDS), limit=100), Asked(WORK, uids=some))
    assert list(again.messages.uids) == [uid for uid in UIDS if uid in some]
    assert found.whole
    assert again.whole


def test_what_is_neither_listed_nor_named_is_hidden(scene: Scene) -> None:
    """EXISTS says 5, FETCH and SEARCH show 3."""
    server = Balky(mail(1, 2, 3, 4, 5), unseen=(2, 4), unnamed=(2, 4))
    found = listed(scene, server)
    assert (list(found.messages.uids), found.hidden) == ([1, 3, 5], 2)
    assert not found.whole


def test_what_is_named_and_not_described_is_listed_bare(scene: Scene) -> None:
    """It is there: nobody takes it for absent."""
    found = listed(scene, Balky(mail(1, 2, 3), unseen=(2,)))
    assert [(meta.uid, bool(meta.size)) for meta in found.messages] == [
        (1, True),
        (2, False),
        (3, True),
    ]
    assert found.whole


def test_a_part_that_lacks_messages_is_asked_for_by_name(scene: Scene) -> None:
    """A look for what has arrived: what one answer does not show may be there."""
    found = listed(scene, Balky(mail(1, 2, 3, 4), unseen=(3,)), Asked(WORK, 3))
    assert list(found.messages.uids) == [3, 4]


def test_a_number_that_lies_low_hides_nothing(scene: Scene) -> None:
    """More is listed than EXISTS counts: that is no fault."""
    found = listed(scene, Balky(mail(1, 2, 3), exists=1))
    assert (len(found.messages), found.whole) == (3, True)


@pytest.mark.parametrize("unseen", [(), (1, 2)])
def test_without_a_number_the_names_decide(scene: Scene, unseen: tuple[int, ...]) -> None:
    """EXISTS got lost on its way: SEARCH tells what there is."""
    found = listed(scene, Balky(mail(1, 2), exists=-1, unseen=unseen))
    assert (len(found.messages), found.status.messages, found.whole) == (2, 2, True)


def test_without_number_and_names_the_status_decides(scene: Scene) -> None:
    """Neither EXISTS nor FETCH nor SEARCH shows anything, but STATUS counts two."""
    found = listed(scene, Balky(mail(1, 2), exists=-1, unseen=(1, 2), unnamed=(1, 2)))
    assert (len(found.messages), found.hidden) == (0, 2)


@pytest.mark.parametrize("words", [b"NO [SERVERBUG] cannot", b"BAD corrupt"])
def test_one_message_costs_no_listing(scene: Scene, words: bytes) -> None:
    """FETCH 1:* is refused because of two messages: they alone are listed without their size."""
    server = Balky(mail(*UIDS), refused={b"RFC822.SIZE": {30, 900}}, words=words, patience=4)
    found = listed(scene, server)
    assert list(found.messages.uids) == list(UIDS)
    assert [meta.uid for meta in found.messages if not meta.size] == [30, 900]
    assert found.whole
    assert len(server.commands) < 150


def test_a_date_costs_no_size(scene: Scene) -> None:
    """A message whose date cannot be told still has its size and its flags."""
    server = Balky(mail(1, 2, 3), refused={b"INTERNALDATE": {2}})
    found = listed(scene, server)
    assert [(meta.size > 0, bool(meta.internaldate)) for meta in found.messages] == [
        (True, True),
        (True, False),
        (True, True),
    ]


def test_one_message_costs_no_listing_where_search_fails_too(scene: Scene) -> None:
    """Nobody names the messages: the uids that were given out are asked for, in halves."""
    server = Balky(mail(*UIDS), refused={b"RFC822.SIZE": {30}, b"SEARCH": UIDS}, patience=4)
    found = listed(scene, server)
    assert list(found.messages.uids) == list(UIDS)
    assert [meta.uid for meta in found.messages if not meta.size] == [30]
    assert found.whole


def test_a_date_costs_no_body(scene: Scene) -> None:
    """A message is read without its date, where the server has none for it."""
    server = Balky(mail(1, 2, 3), refused={b"INTERNALDATE": {2}})
    assert bodies(scene, server, Wanted(WORK, 7, (1, 2, 3))) == server.bodies


@pytest.mark.parametrize("stops_after", [1, 7, 100])
def test_a_server_that_stops_early_without_a_word(scene: Scene, stops_after: int) -> None:
    """Listed, known by their headers, and read: all of them, as many at a time as it bears."""
    server = Balky(mail(*UIDS), stops_after=stops_after)
    source = scene.source(*[server] * 4)
    found = messages(source, WORK)
    assert all(meta.size for meta in found.messages)
    assert len(found.messages) == len(UIDS)
    assert len(source.identities(WORK, list(UIDS))) == len(UIDS)
    answers = [answer for _, answer in source.bodies([Wanted(WORK, 7, tuple(UIDS))])]
    assert {answer.meta.uid for answer in answers if isinstance(answer, Fetched)} == set(UIDS)


def test_a_folder_of_which_everything_is_refused(scene: Scene) -> None:
    """It is refused, after few commands: no message is at fault."""
    server = Balky(mail(*range(1, 3001)), refused={b"FETCH": range(1, 3001)}, patience=4)
    (found,) = scene.source(server).listings([Asked(WORK)])
    assert isinstance(found, FolderError)
    assert "cannot" in found.server_words
    assert len(server.commands) < 1000


def test_one_header_costs_no_identities(scene: Scene) -> None:
    """Those of the others are told; the limit is kept, and the server's patience."""
    server = Balky(mail(*UIDS), refused={b"HEADER": {30, 33, 900}}, limit=100, patience=4)
    found = scene.source(server).identities(WORK, list(UIDS))
    assert set(UIDS) - set(found) == {30, 33, 900}
    assert found[3].message_id == "<3@x>"


def test_flags_of_the_others_are_set(scene: Scene) -> None:
    """A STORE that is refused for one message is done for the others; within the limit."""
    server = Balky(mail(*UIDS), refused={b"STORE": {30}}, limit=100, patience=4)
    changes = [FlagChange(uid, frozenset({"\\Deleted"})) for uid in UIDS]
    taken = scene.destination(server).set_flags(WORK, 7, changes)
    assert taken == len(UIDS) - 1
    assert server.deleted == set(UIDS) - {30}


@pytest.mark.parametrize("verb", [b"STORE", b"EXPUNGE"])
def test_the_others_are_removed(scene: Scene, verb: bytes) -> None:
    """What may not go stays, without a mark, and costs no other."""
    server = Balky(mail(*UIDS), refused={verb: {30}}, limit=100, patience=4)
    assert scene.destination(server).remove(WORK, 7, list(UIDS)) == len(UIDS) - 1
    assert (set(server.bodies), server.deleted) == ({30}, set())


def test_a_removal_that_is_refused_altogether(scene: Scene) -> None:
    """It is told, and nothing is marked."""
    server = Balky(mail(1, 2), refused={b"STORE": {1, 2}})
    with pytest.raises(FolderError):
        scene.destination(server).remove(WORK, 7, [1, 2])
    assert (set(server.bodies), server.deleted) == ({1, 2}, set())


@pytest.mark.parametrize("limit", [0, 10])
def test_the_others_are_filed(scene: Scene, limit: int) -> None:
    """A MOVE that is refused for one message moves the others; within the limit."""
    server = Balky(mail(*UIDS), refused={b"MOVE": {30}}, limit=limit, patience=4)
    filing = Filing(WORK, 7, OTHER, tuple(UIDS), moves=True)
    filed = scene.destination(server).file(filing)
    assert set(filed.pairs) == set(UIDS) - {30}
    assert filed.error is not None
    assert filed.error.code is Code.FOLDER_REFUSED


def test_copies_are_made_once(scene: Scene) -> None:
    """COPY in parts, without COPYUID: no message is copied twice."""
    server = Balky(mail(*UIDS), limit=100)
    filing = Filing(WORK, 7, OTHER, tuple(UIDS), moves=False)
    scene.destination(server).file(filing)
    assert len(server.filed) == len(UIDS)
    assert max(server.filed.values()) == 1000 + len(UIDS) - 1


def test_a_message_is_not_gone_because_of_a_limit_or_a_refusal(scene: Scene) -> None:
    """What the server will not say of a message does not make it vanish."""
    server = Balky(mail(*UIDS), limit=100, refused={b"FETCH (UID)": {30}, b"BODY": UIDS})
    answers = list(scene.source(server, server).bodies([Wanted(WORK, 7, (3, 30, 33))]))
    assert {type(answer).__name__ for _, answer in answers} == {"Unreadable"}


def bodies(scene: Scene, server: Balky, wanted: Wanted) -> dict[int, bytes | Code]:
    found: dict[int, bytes | Code] = {}
    for _, answer in scene.source(*[server] * 6).bodies([wanted]):
        if isinstance(answer, Fetched):
            found[answer.meta.uid] = b"".join(answer.chunks)
        elif isinstance(answer, Unreadable):
            found[answer.uid] = answer.error.code
    return found


@pytest.mark.parametrize("words", [b"NO [SERVERBUG] cannot", b"BAD corrupt"])
@pytest.mark.parametrize("bad", [{30}, {30, 33, 36, 39, 42, 45}, {3, 2499}])
def test_one_body_costs_no_other(scene: Scene, words: bytes, bad: set[int]) -> None:
    """A set of 500 is refused because of some: they alone are named, after few commands, and the
    server has not lost its patience."""
    server = Balky(mail(*UIDS), refused={b"BODY": bad}, words=words, patience=8)
    found = bodies(scene, server, Wanted(WORK, 7, tuple(UIDS)))
    assert {uid for uid, body in found.items() if body is Code.UNREADABLE} == bad
    assert {uid: body for uid, body in found.items() if uid not in bad} == {
        uid: body for uid, body in server.bodies.items() if uid not in bad
    }
    assert server.connections == 2
    assert len(server.commands) < 120


def test_what_was_refused_before_is_asked_for_first_and_alone(scene: Scene) -> None:
    """It costs the others nothing, not even a second connection."""
    server = Balky(mail(*UIDS), refused={b"BODY": {30, 900}}, patience=2)
    found = bodies(scene, server, Wanted(WORK, 7, tuple(UIDS), frozenset({30, 900})))
    assert [uid for uid, body in found.items() if body is Code.UNREADABLE] == [30, 900]
    assert len(found) == len(UIDS)
    fetches = [line for line in server.commands if b"BODY" in line]
    assert [line.split()[2] for line in fetches[:2]] == [b"30", b"900"]
    assert (server.connections, len(fetches)) == (1, 9)


def test_bodies_within_a_limit(scene: Scene) -> None:
    """RFC 9738: all of them are read, on one connection."""
    server = Balky(mail(*UIDS), limit=100)
    assert bodies(scene, server, Wanted(WORK, 7, tuple(UIDS))) == server.bodies
    assert server.connections == 1


def test_a_server_that_hands_out_no_body(scene: Scene) -> None:
    """Each is named, and it is not asked for each of them in halves."""
    server = Balky(mail(*range(1, 2001)), refused={b"BODY": range(1, 2001)}, patience=8)
    found = bodies(scene, server, Wanted(WORK, 7, tuple(range(1, 2001))))
    assert set(found.values()) == {Code.UNREADABLE}
    assert len(found) == 2000
    assert len(server.commands) < 1000


def test_a_server_that_loses_patience_costs_no_message(scene: Scene) -> None:
    """It hangs up upon three refusals in a row, and one message in each set is refused."""
    bad = set(range(1, 4001, 450))
    server = Balky(mail(*range(1, 4001)), refused={b"BODY": bad}, patience=3)
    found = bodies(scene, server, Wanted(WORK, 7, tuple(range(1, 4001))))
    assert {uid for uid, body in found.items() if body is Code.UNREADABLE} == bad
    assert len(found) == 4000


def test_good_bye_at_each_body_is_a_lost_line(scene: Scene) -> None:
    """No message is called unreadable when the server hangs up at all of them."""
    server = Balky(mail(1, 2, 3), dies_at={1, 2, 3})
    found: list[Code] = []

    def read() -> None:
        for _, answer in scene.source(*[server] * 8).bodies([Wanted(WORK, 7, (1, 2, 3))]):
            assert isinstance(answer, Unreadable)
            found.append(answer.error.code)

    with pytest.raises(ConnectionLost) as caught:
        read()
    assert caught.value.code is Code.CONNECTION_LOST
    assert found == [Code.CONNECTION_LOST, Code.CONNECTION_LOST]


def test_a_uid_that_is_none_costs_no_folder(scene: Scene) -> None:
    """The others are listed, and the line is named."""
    found = messages(scene.source(Balky(mail(1, 2, 2**32))), WORK)
    assert list(found.messages.uids) == [1, 2]
    assert found.unread
    assert not found.whole
