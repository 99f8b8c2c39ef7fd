"""What every Reader keeps that is asked for a part of a folder, or for what has changed in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.asking import messages
from sync.errors import Code, FolderError
from sync.listing import Changes, Listing
from sync.model import Asked, FlagChange, Folder, FolderStatus, Since, WhichFlags
from sync.uids import UidRanges
from tests.contract.conftest import TELLING, Box

pytestmark = pytest.mark.parametrize("box", TELLING, indirect=True)

BODIES = [b"N: %d\r\n\r\n%s\r\n" % (number, b"x" * number) for number in range(12)]


def since(box: Box, folder: Folder, flags: WhichFlags = WhichFlags.CHANGED) -> Since:
    """As it is now."""
    return Since(folder, messages(box.reader, folder).status, flags)


def told(box: Box, asked: Since) -> Changes:
    """By a connection that has opened nothing yet."""
    box.reader.close()
    (found,) = box.reader.changes([asked])
    assert isinstance(found, Changes), found
    return found


def filled(box: Box, name: str, count: int = 6) -> tuple[Folder, list[int]]:
    folder = box.folder(name)
    box.put(folder, *BODIES[:count])
    return folder, box.uids(folder)


def flag(box: Box, folder: Folder, *uids: int) -> None:
    changes = [FlagChange(uid, frozenset({"\\Flagged"})) for uid in uids]
    assert box.writer.set_flags(folder, box.uidvalidity(folder), changes) == len(uids)


def remove(box: Box, folder: Folder, *uids: int) -> None:
    assert box.writer.remove(folder, box.uidvalidity(folder), uids) == len(uids)


def gone(changes: Changes, uids: list[int]) -> list[int]:
    return [uid for uid in uids if uid in changes.removed]


def test_nothing_has_changed(box: Box) -> None:
    """The status is that of then, and no message is new, gone, or known to have other flags."""
    folder, uids = filled(box, "Still")
    asked = since(box, folder)
    changes = told(box, asked)
    assert changes.new.status == asked.status
    assert len(changes.new.messages) == 0
    assert not changes.removed
    assert list(changes.changed.uids) == ([] if asked.status.highestmodseq else uids)


def test_new_mail_flags_and_removals(box: Box) -> None:
    """All of it in one answer, however many times, and whatever the connection has done before."""
    folder, uids = filled(box, "Busy")
    asked = since(box, folder)
    box.put(folder, *BODIES[6:9])
    flag(box, folder, uids[1], uids[4])
    remove(box, folder, uids[0], uids[3])
    whole = messages(box.reader, folder)
    for changes in (told(box, asked), told(box, asked), *box.reader.changes([asked])):
        assert isinstance(changes, Changes)
        assert changes.new.messages == whole.messages[4:]
        assert changes.new.status == whole.status
        assert gone(changes, uids) == [uids[0], uids[3]]
        flags = {meta.uid: meta.flags for meta in changes.changed}
        assert {uids[1], uids[4]} <= set(flags) <= {uids[1], uids[2], uids[4], uids[5]}
        assert all(flags[uid] == whole.messages.get(uid).flags for uid in flags)  # type: ignore[union-attr]


def test_a_connection_that_has_opened_folders_tells_the_same(box: Box) -> None:
    """It is too late for ENABLE then; removals are found all the same."""
    folder, uids = filled(box, "Opened")
    asked = since(box, folder)
    remove(box, folder, uids[2])
    box.put(folder, BODIES[7])
    assert box.reader.identities(folder, uids[:1])
    (changes,) = box.reader.changes([asked])
    assert isinstance(changes, Changes)
    assert gone(changes, uids) == [uids[2]]
    assert len(changes.new.messages) == 1


def test_what_has_changed_since_an_empty_folder(box: Box) -> None:
    """All of it is new."""
    folder = box.folder("Filled")
    asked = since(box, folder)
    box.put(folder, *BODIES[:3])
    changes = told(box, asked)
    assert changes.new == messages(box.reader, folder)
    assert len(changes.changed) == 0
    assert not changes.removed


def test_what_has_changed_in_a_folder_that_was_emptied(box: Box) -> None:
    """All of it is gone."""
    folder, uids = filled(box, "Emptied")
    asked = since(box, folder)
    remove(box, folder, *uids)
    changes = told(box, asked)
    assert gone(changes, uids) == uids
    assert changes.new.status.messages == 0
    assert len(changes.changed) == 0


@pytest.mark.parametrize("removing", [True, False])
def test_flags_that_nobody_asked_for(box: Box, removing: bool) -> None:
    """Are not told; new mail and removals are."""
    folder, uids = filled(box, "New only")
    asked = since(box, folder, WhichFlags.NONE)
    flag(box, folder, *uids[1:])
    box.put(folder, BODIES[6])
    if removing:
        remove(box, folder, uids[0])
    changes = told(box, asked)
    assert len(changes.changed) == 0
    assert len(changes.new.messages) == 1
    assert gone(changes, uids) == (uids[:1] if removing else [])


def test_all_flags_are_told_when_asked_for(box: Box) -> None:
    """Those of every message that was there and still is."""
    folder, uids = filled(box, "All flags")
    asked = since(box, folder, WhichFlags.ALL)
    flag(box, folder, uids[2])
    remove(box, folder, uids[5])
    changes = told(box, asked)
    assert list(changes.changed.uids) == uids[:5]
    assert [bool(meta.flags) for meta in changes.changed] == [False, False, True, False, False]
    assert gone(changes, uids) == [uids[5]]


@pytest.mark.parametrize("wrong", ["uidvalidity", "too few", "uidnext"])
def test_what_does_not_add_up_is_listed_whole(box: Box, wrong: str) -> None:
    """Another folder of the same name, or numbers that cannot be."""
    folder, _ = filled(box, "Odd")
    asked = since(box, folder)
    then = asked.status
    statuses = {
        "uidvalidity": replace(then, uidvalidity=then.uidvalidity + 1),
        "too few": replace(then, messages=then.messages - 1),
        "uidnext": replace(then, uidnext=then.uidnext + 5),
    }
    box.reader.close()
    (found,) = box.reader.changes([replace(asked, status=statuses[wrong])])
    assert found == messages(box.reader, folder)


def test_changes_of_many_folders(box: Box) -> None:
    """One answer a folder in the order asked; one that is missing costs the others nothing."""
    folders = [filled(box, f"F{number}", number + 1)[0] for number in range(4)]
    asked = [since(box, folder) for folder in folders]
    name = box.name("Nowhere")
    nowhere = Folder(name, box.namespace.delimiter, name.encode())
    asked.insert(2, Since(nowhere, FolderStatus(1, 5, 4, 9)))
    asked[1] = replace(asked[1], status=replace(asked[1].status, uidvalidity=1))
    for folder in folders:
        remove(box, folder, box.uids(folder)[0])
    box.put(folders[3], *BODIES[:2])
    box.reader.close()
    first, second, missing, third, fourth = box.reader.changes(asked)
    assert isinstance(first, Changes)
    assert isinstance(second, Listing)
    assert isinstance(missing, FolderError)
    assert isinstance(third, Changes)
    assert isinstance(fourth, Changes)
    assert (missing.code, missing.where) == (Code.FOLDER_MISSING, name)
    assert [c.new.status.messages for c in (first, third, fourth)] == [0, 2, 5]
    assert len(second.messages) == 1
    assert len(fourth.new.messages) == 2
    assert list(box.reader.changes([])) == []


def test_exactly_these_are_listed(box: Box) -> None:
    """As far as they are there, folder by folder; as the whole listing tells them."""
    folder, uids = filled(box, "Some", 12)
    other, _ = filled(box, "Others", 3)
    remove(box, folder, uids[4])
    whole, second = messages(box.reader, folder), messages(box.reader, other)
    wanted = [uids[1], uids[4], uids[5], uids[11], uids[11] + 7]
    asked = [
        Asked(folder, uids=UidRanges.of(wanted)),
        Asked(other, first_uid=2),
        Asked(folder, uids=UidRanges()),
        Asked(folder, uids=UidRanges.of(range(1, 4000, 2))),
        Asked(other),
    ]
    found = [listing for listing in box.reader.listings(asked) if isinstance(listing, Listing)]
    assert [list(listing.messages.uids) for listing in found] == [
        [uids[1], uids[5], uids[11]],
        [2, 3],
        [],
        [uid for uid in whole.messages.uids if uid % 2],
        [1, 2, 3],
    ]
    assert [listing.status for listing in found] == [
        whole.status,
        second.status,
        whole.status,
        whole.status,
        second.status,
    ]
    assert all(whole.messages.get(meta.uid) == meta for meta in found[0].messages)
