"""What every Source and every Destination keeps, whatever stands behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sync.asking import messages
from sync.dates import same_instant
from sync.errors import Code, FolderError, Scope, UidValidityChanged
from sync.listing import Listing
from sync.model import (
    Appended,
    Asked,
    Fetched,
    FlagChange,
    Folder,
    FolderStatus,
    Outgoing,
    Refused,
    Vanished,
    Wanted,
)
from tests.contract.conftest import DATE, Box, destination_of, outgoing

ONE = b"Message-ID: <1@x>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\nFrom: a@x\r\n\r\none\r\n"
TWO = b"message-id: <2@x>\r\nSubject: a\r\n\tb\r\n  c\r\n\r\ntwo\r\n"
ODD_NAMES = ["Entwürfe & Café", "日本語", 'quo"te', "back\\slash", "per%cent st*r", " x ", "NIL"]


def nowhere(box: Box) -> Folder:
    """A folder that is not there."""
    name = box.name("Nowhere")
    return Folder(name, box.namespace.delimiter, name.encode())


def bodies_of(box: Box, folder: Folder) -> dict[int, bytes]:
    found = {}
    for _, answer in box.reader.bodies([box.wanted(folder)]):
        assert isinstance(answer, Fetched)
        found[answer.meta.uid] = b"".join(answer.chunks)
        assert answer.size == len(found[answer.meta.uid])
    return found


def test_a_new_mailbox_has_an_empty_inbox(box: Box) -> None:
    """INBOX is always there, and can be opened."""
    inbox = box.find("INBOX")
    assert inbox.selectable
    listing = messages(box.reader, inbox)
    assert listing.messages == ()
    assert listing.status.uidvalidity > 0
    assert listing.status.messages == 0


def test_folders_are_made_and_listed(box: Box) -> None:
    """With their names, the delimiter, and whether they are subscribed."""
    name = box.name("Projects", "Alpha")
    assert box.writer.create([box.name("Projects"), name]) == {}
    assert not box.find(name).subscribed
    assert box.writer.subscribe([name]) == {}
    found = box.find(name)
    assert found.subscribed
    assert found.selectable
    assert found.delimiter == box.namespace.delimiter


def test_a_folder_that_exists_is_as_good_as_made(box: Box) -> None:
    """Making it again is no error and changes nothing."""
    folder = box.folder("Twice")
    box.put(folder, ONE)
    assert box.writer.create([folder.name]) == {}
    assert len(box.uids(folder)) == 1


@pytest.mark.parametrize("level", ODD_NAMES)
def test_odd_names_survive(box: Box, level: str) -> None:
    """Made, listed, opened and written under the same name."""
    folder = box.folder(level)
    assert folder.name == box.name(level)
    box.put(folder, ONE)
    assert list(bodies_of(box, folder).values()) == [ONE]


def test_status_of_many_folders(box: Box) -> None:
    """Counts of each; a folder that is missing is a value, not an exception."""
    folders = [box.folder(f"F{number}") for number in range(3)]
    box.put(folders[1], ONE, TWO)
    statuses = box.reader.status([*folders, nowhere(box)])
    second = statuses[folders[1].name]
    assert isinstance(second, FolderStatus)
    assert (second.messages, second.uidnext) == (2, 3)
    assert second.size in (None, len(ONE) + len(TWO))
    assert second.uidvalidity == box.uidvalidity(folders[1])
    missing = statuses[box.name("Nowhere")]
    assert isinstance(missing, FolderError)
    assert missing.stops is Scope.FOLDER


def test_statuses_that_come_with_the_folders(box: Box) -> None:
    """As far as they come at all, they are those that are asked for by name."""
    folders = [box.folder(f"F{number}") for number in range(2)]
    box.put(folders[1], ONE, TWO)
    told = box.reader.folders().statuses
    asked = box.reader.status(folders)
    for name, status in told.items():
        found = asked.get(name)
        assert not isinstance(found, FolderError)
        assert found is None or replace(found, size=status.size) == status


def test_listings_of_many_folders(box: Box) -> None:
    """One answer a folder, in the order asked; one that is missing costs the others nothing."""
    folders = [box.folder(f"F{number}") for number in range(3)]
    box.put(folders[0], ONE)
    box.put(folders[2], TWO, ONE)
    asked = [folders[2], nowhere(box), folders[1], folders[0], folders[2]]
    answers = list(box.writer.listings([Asked(folder) for folder in asked]))
    missing = answers.pop(1)
    assert isinstance(missing, FolderError)
    assert (missing.code, missing.where) == (Code.FOLDER_MISSING, box.name("Nowhere"))
    listed = [answer for answer in answers if isinstance(answer, Listing)]
    assert [len(listing.messages) for listing in listed] == [2, 0, 1, 2]
    alone = [messages(box.writer, folder) for folder in (folders[2], folders[1], folders[0])]
    assert listed[:3] == alone
    assert list(box.reader.listings([])) == []


def test_bodies_of_many_folders(box: Box) -> None:
    """Folder after folder, each body with the question that it answers."""
    folders = [box.folder(f"F{number}") for number in range(4)]
    for number, folder in enumerate(folders[:3]):
        box.put(folder, *[b"F: %d\r\n\r\n%d\r\n" % (number, n) for n in range(number + 1)])
    asked = [box.wanted(folder) for folder in folders]
    found = [
        (wanted, b"".join(answer.chunks))
        for wanted, answer in box.reader.bodies(asked)
        if isinstance(answer, Fetched)
    ]
    assert found == [
        (asked[number], b"F: %d\r\n\r\n%d\r\n" % (number, n))
        for number in range(3)
        for n in range(number + 1)
    ]
    changed = replace(asked[2], uidvalidity=asked[2].uidvalidity + 1)
    with pytest.raises(UidValidityChanged) as caught:
        list(box.reader.bodies([asked[1], changed, asked[0]]))
    assert caught.value.where == folders[2].name


def test_messages_for_many_folders(box: Box) -> None:
    """Each goes where it belongs, and its outcome is known by its number."""
    folders = [box.folder(f"F{number}") for number in range(3)]
    order = [0, 0, 1, 2, 2, 0, 1]
    messages = [
        next(outgoing(folders[place], [b"N: %d\r\n\r\n%d\r\n" % (number, place)]))
        for number, place in enumerate(order)
    ]
    numbered = [replace(message, number=number) for number, message in enumerate(messages)]
    outcomes = list(box.writer.append(numbered))
    assert [outcome.number for outcome in outcomes] == list(range(7))
    refs = [destination_of(outcome) for outcome in outcomes]
    for place, folder in enumerate(folders):
        found = bodies_of(box, folder)
        mine = [number for number, there in enumerate(order) if there == place]
        assert list(found.values()) == [b"N: %d\r\n\r\n%d\r\n" % (n, place) for n in mine]
        assert not box.uidplus or [ref.uid for n in mine if (ref := refs[n])] == list(found)


def test_a_missing_folder_among_many_keeps_what_is_certain(box: Box) -> None:
    """What went elsewhere before it is stored, and said to be."""
    folder, lost = box.folder("There"), nowhere(box)
    outcomes: list[Appended | Refused] = []
    messages = [next(outgoing(place, [ONE])) for place in (folder, folder, lost)]
    with pytest.raises(FolderError) as caught:
        iter_into(box.writer.append(messages), outcomes)
    assert caught.value.where == lost.name
    assert len(outcomes) == 2
    assert len(box.uids(folder)) == 2


def test_a_listing_tells_size_date_and_flags(box: Box) -> None:
    """In the order of the uids, from a uid on."""
    folder = box.folder("Listed")
    flags = {"\\Seen", "\\Flagged", "$Forwarded", "custom"}
    list(box.writer.append(outgoing(folder, [ONE, TWO], flags=flags)))
    listing = messages(box.reader, folder)
    assert [meta.size for meta in listing.messages] == [len(ONE), len(TWO)]
    assert all(same_instant(meta.internaldate, DATE) for meta in listing.messages)
    assert all(meta.flags == flags for meta in listing.messages)
    assert listing.status.uidnext == listing.messages[-1].uid + 1
    second = listing.messages[1].uid
    assert [meta.uid for meta in messages(box.reader, folder, second).messages] == [second]
    assert messages(box.reader, folder, second + 1).messages == ()


def test_a_missing_folder_stops_the_folder_only(box: Box) -> None:
    """Every verb says so in the same way; the next folder can be opened."""
    lost = nowhere(box)
    for attempt in (
        lambda: messages(box.reader, lost),
        lambda: box.reader.identities(lost, [1]),
        lambda: list(box.reader.bodies([Wanted(lost, 1, (1,))])),
        lambda: list(box.writer.append(outgoing(lost, [ONE]))),
        lambda: box.writer.set_flags(lost, 1, [FlagChange(1, frozenset())]),
    ):
        with pytest.raises(FolderError) as caught:
            attempt()
        assert caught.value.code is Code.FOLDER_MISSING
        assert caught.value.where == lost.name
    assert messages(box.reader, box.find("INBOX")).messages == ()


def test_identities_are_unfolded(box: Box) -> None:
    """The fields by which a message is known again; a uid that is gone is absent."""
    folder = box.folder("Known")
    box.put(folder, ONE, TWO, b"\r\nno header\r\n")
    first, second, third = box.uids(folder)
    found = box.reader.identities(folder, [first, second, third, third + 9])
    assert set(found) == {first, second, third}
    assert found[first].message_id == "<1@x>"
    assert found[first].date == "Mon, 1 Jan 2024 10:00:00 +0000"
    assert found[first].sender == "a@x"
    assert (found[second].message_id, found[second].subject) == ("<2@x>", "a b c")
    assert found[third].message_id == ""
    assert box.reader.identities(folder, []) == {}


def test_bodies_arrive_as_they_were_sent(box: Box) -> None:
    """Bit for bit, with their date and flags, small and large."""
    folder = box.folder("Bodies")
    sent = [ONE, TWO, b"H: \xe4\xff\r\n\r\n8 bit \x80\r\n", b"X: y\r\n\r\n" + b"line\r\n" * 400_000]
    box.put(folder, *sent)
    assert list(bodies_of(box, folder).values()) == sent


def test_each_uid_has_one_answer(box: Box) -> None:
    """What someone else has expunged is Vanished; nothing is missing, nothing twice."""
    folder = box.folder("Gaps")
    box.put(folder, ONE, TWO, ONE)
    uids = box.uids(folder)
    answers: Counter[int] = Counter()
    kinds = set()
    wanted = Wanted(folder, box.uidvalidity(folder), (*uids, 900, 901))
    for _, answer in box.reader.bodies([wanted]):
        kinds.add(type(answer))
        if isinstance(answer, Fetched):
            b"".join(answer.chunks)
            answers[answer.meta.uid] += 1
        else:
            assert isinstance(answer, Vanished)
            answers[answer.uid] += 1
    assert answers == Counter([*uids, 900, 901])
    assert kinds == {Fetched, Vanished}


def test_a_folder_made_anew_is_noticed(box: Box) -> None:
    """A uid is worth nothing under another uidvalidity: neither read nor written."""
    folder = box.folder("Anew")
    box.put(folder, ONE)
    uid, wrong = box.uids(folder)[0], box.uidvalidity(folder) + 1
    with pytest.raises(UidValidityChanged) as caught:
        list(box.reader.bodies([Wanted(folder, wrong, (uid,))]))
    assert caught.value.where == folder.name
    with pytest.raises(UidValidityChanged):
        box.writer.set_flags(folder, wrong, [FlagChange(uid, frozenset({"\\Seen"}))])
    if box.uidplus:
        with pytest.raises(UidValidityChanged):
            box.writer.remove(folder, wrong, [uid])
    assert messages(box.reader, folder).messages[0].flags == frozenset()


def test_appended_messages_tell_their_uids(box: Box) -> None:
    """In order, one outcome each; where the uid is unknown, none is made up."""
    folder = box.folder("Appended")
    outcomes = box.put(folder, *[b"N: %d\r\n\r\nx\r\n" % number for number in range(30)])
    assert [outcome.number for outcome in outcomes] == list(range(1, 31))
    refs = [destination_of(outcome) for outcome in outcomes]
    assert None not in refs or not box.uidplus
    found = bodies_of(box, folder)
    assert len(found) == 30
    for number, ref in ((number, ref) for number, ref in enumerate(refs) if ref is not None):
        assert ref.uidvalidity == box.uidvalidity(folder)
        assert found[ref.uid] == b"N: %d\r\n\r\nx\r\n" % number


def test_identical_messages_stay_as_many(box: Box) -> None:
    """k copies sent are k copies stored."""
    folder = box.folder("Same")
    box.put(folder, *[ONE] * 5)
    assert list(bodies_of(box, folder).values()) == [ONE] * 5


class Broken(Exception):
    pass


@pytest.mark.parametrize("size", [5000, 3_000_000])
def test_a_body_that_breaks_is_not_stored(box: Box, size: int) -> None:
    """Those before it are, their outcomes are given out, and the same exception is raised."""

    def breaks() -> Iterator[bytes]:
        yield b"x" * (size // 2)
        raise Broken

    def messages() -> Iterator[Outgoing]:
        yield from outgoing(folder, [ONE, TWO])
        yield Outgoing(folder, 3, size, DATE, frozenset(), breaks())

    folder = box.folder("Cut")
    outcomes: list[Appended | Refused] = []
    stream = box.writer.append(messages())
    with pytest.raises(Broken):
        outcomes.extend(iter_into(stream, outcomes))
    assert [outcome.number for outcome in outcomes] == [1, 2]
    assert list(bodies_of(box, folder).values()) == [ONE, TWO]
    box.put(folder, ONE)
    assert len(box.uids(folder)) == 3


def iter_into(
    stream: Iterator[Appended | Refused], outcomes: list[Appended | Refused]
) -> list[Appended | Refused]:
    """Collect one by one, so that what came before an exception is kept."""
    for outcome in stream:
        outcomes.append(outcome)
    return []


def test_flags_become_exactly_these(box: Box) -> None:
    """Added and taken away; a uid that is gone is not counted."""
    folder = box.folder("Flags")
    list(box.writer.append(outgoing(folder, [ONE, TWO, ONE], flags={"\\Seen"})))
    one, two, three = box.uids(folder)
    changes = [
        FlagChange(one, frozenset({"\\Flagged", "kw"})),
        FlagChange(two, frozenset()),
        FlagChange(three + 50, frozenset()),
    ]
    assert box.writer.set_flags(folder, box.uidvalidity(folder), changes) == 2
    found = {meta.uid: meta.flags for meta in messages(box.reader, folder).messages}
    assert found == {one: {"\\Flagged", "kw"}, two: frozenset(), three: {"\\Seen"}}


def test_exactly_these_are_removed(box: Box) -> None:
    """By UID EXPUNGE: what someone else marked \\Deleted stays. Without UIDPLUS it is refused."""
    folder = box.folder("Removed")
    box.put(folder, ONE, TWO, ONE)
    one, two, three = box.uids(folder)
    validity = box.uidvalidity(folder)
    box.writer.set_flags(folder, validity, [FlagChange(three, frozenset({"\\Deleted"}))])
    if not box.uidplus:
        with pytest.raises(FolderError) as caught:
            box.writer.remove(folder, validity, [one])
        assert caught.value.code is Code.REMOVAL_UNSUPPORTED
        assert box.uids(folder) == [one, two, three]
        return
    assert box.writer.remove(folder, validity, [one, three + 7]) == 1
    assert box.uids(folder) == [two, three]


def test_reading_changes_nothing(box: Box) -> None:
    """Neither \\Seen nor anything else: two listings around all the reading are equal."""
    folder = box.folder("Untouched")
    box.put(folder, ONE, TWO)
    before = messages(box.reader, folder)
    box.reader.identities(folder, box.uids(folder))
    bodies_of(box, folder)
    box.reader.status([folder])
    assert messages(box.reader, folder) == before


def test_closing_twice_is_no_error(box: Box) -> None:
    """And a call after it connects anew."""
    box.reader.close()
    box.reader.close()
    assert box.find("INBOX").name == "INBOX"


@pytest.mark.parametrize("kind", ["slash", "no-multiappend", "no-literal-plus", "plain"])
def test_a_full_mailbox_refuses_what_does_not_fit(
    full_box: Callable[[str], Box], kind: str
) -> None:
    """Each message that does not fit is named with QUOTA; a smaller one still goes in."""
    box = full_box(kind)
    inbox = box.find("INBOX")
    large = b"S: large\r\n\r\n" + b"x" * 78 * 7000 + b"\r\n"
    outcomes = box.put(inbox, ONE, large, large, large, TWO)
    refused = [o for o in outcomes if isinstance(o, Refused)]
    assert {o.error.code for o in refused} == {Code.QUOTA}
    assert [type(o) for o in outcomes] == [Appended, Appended, Refused, Refused, Appended]
    assert sorted(bodies_of(box, inbox).values()) == sorted([ONE, large, TWO])
