"""What every Filer keeps: messages of one folder put into another at the destination."""

from __future__ import annotations

import pytest

from sync.asking import messages
from sync.dates import same_instant
from sync.errors import AccountError, Code, UidValidityChanged
from sync.model import Folder, Outgoing
from sync.refiling_values import Filed, Filing
from tests.contract.conftest import DATE, Box
from tests.contract.test_ports import bodies_of, nowhere

FLAGS = frozenset({"\\Seen", "\\Flagged"})


def filled(box: Box) -> Folder:
    """A folder with messages of uids 1, 2 and 3."""
    folder = box.folder("Journal")
    sent = (
        Outgoing(folder, number, 8, DATE, FLAGS, iter([b"body %d\r\n" % number]))
        for number in (1, 2, 3)
    )
    list(box.writer.append(sent))
    return folder


def file(box: Box, origin: Folder, target: Folder, uids: tuple[int, ...], *, moves: bool) -> Filed:
    return box.writer.file(Filing(origin, box.uidvalidity(origin), target, uids, moves))


@pytest.mark.parametrize("moves", [True, False])
def test_messages_stand_in_the_other_folder(box: Box, moves: bool) -> None:
    """As they were, with flags and date; those that are moved stand there alone. New uids are told
    where appended messages tell theirs."""
    origin, target = filled(box), box.folder("Work")
    if moves and box.real and not box.uidplus:
        with pytest.raises(AccountError) as caught:
            file(box, origin, target, (1, 3), moves=True)
        assert caught.value.code is Code.MOVE_UNSAFE
        assert (box.uids(origin), box.uids(target)) == ([1, 2, 3], [])
        return
    filed = file(box, origin, target, (1, 3), moves=moves)
    assert filed.error is None
    assert sorted(bodies_of(box, target).values()) == [b"body 1\r\n", b"body 3\r\n"]
    assert box.uids(origin) == ([2] if moves else [1, 2, 3])
    listing = messages(box.reader, target)
    assert all(meta.flags == FLAGS for meta in listing.messages)
    assert all(same_instant(meta.internaldate, DATE) for meta in listing.messages)
    if filed.pairs:
        told = {uid: bodies_of(box, target)[there] for uid, there in filed.pairs.items()}
        assert told == {1: b"body 1\r\n", 3: b"body 3\r\n"}
        assert filed.uidvalidity == listing.status.uidvalidity
    else:
        assert not box.uidplus


def test_what_is_not_there_is_not_filed(box: Box) -> None:
    """A message that is gone is no error."""
    origin, target = filled(box), box.folder("Work")
    filed = file(box, origin, target, (2, 9), moves=False)
    assert filed.error is None
    assert list(bodies_of(box, target).values()) == [b"body 2\r\n"]
    assert set(filed.pairs) <= {2}


def test_a_folder_made_anew_stays_as_it_is(box: Box) -> None:
    """Its uids mean other messages."""
    origin, target = filled(box), box.folder("Work")
    stale = Filing(origin, box.uidvalidity(origin) + 1, target, (1,), moves=False)
    with pytest.raises(UidValidityChanged):
        box.writer.file(stale)
    assert box.uids(target) == []


def test_a_target_that_is_not_there_takes_nothing(box: Box) -> None:
    """The origin keeps what it has."""
    origin = filled(box)
    filed = file(box, origin, nowhere(box), (1, 2), moves=False)
    assert filed.error is not None
    assert filed.error.where == nowhere(box).name
    assert not filed.pairs
    assert box.uids(origin) == [1, 2, 3]
