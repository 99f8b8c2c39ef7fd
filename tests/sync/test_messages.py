"""A folder's listing in columns."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.messages import Gathered, Messages
from sync.model import MessageMeta

DATES = ("", "17-Jul-2024 02:44:25 +0200", " 7-Jul-2024 02:44:25 -0000", "yesterday", "7" * 40)
METAS = st.lists(
    st.builds(
        MessageMeta,
        uid=st.one_of(st.integers(1, 40), st.integers(2**32 - 9, 2**32 - 1)),
        size=st.integers(0, 2**64 - 1),
        internaldate=st.sampled_from(DATES),
        flags=st.frozensets(st.sampled_from(["\\Seen", "\\Flagged", "kw", "KW"])),
    ),
    unique_by=lambda meta: meta.uid,
)


@given(metas=METAS)
def test_gives_back_what_was_put_in(metas: list[MessageMeta]) -> None:
    """Every message exactly as it was listed, by uid, whatever the order it came in."""
    messages = Messages.of(metas)
    ordered = sorted(metas, key=lambda meta: meta.uid)
    assert list(messages) == ordered
    assert messages == ordered
    assert list(messages.uids) == [meta.uid for meta in ordered]
    assert list(messages.sizes) == [meta.size for meta in ordered]
    assert messages[1:] == ordered[1:]
    assert messages.select(range(0, len(ordered), 2)) == ordered[::2]
    for at, meta in enumerate(ordered):
        assert messages[at] == messages.get(meta.uid) == meta
        assert messages.position(meta.uid) == at
        assert (messages.flags(at), messages.internaldate(at)) == (meta.flags, meta.internaldate)


@given(metas=METAS, uid=st.integers(0, 2**32))
def test_knows_what_it_does_not_have(metas: list[MessageMeta], uid: int) -> None:
    """A uid that was not listed has no place."""
    messages = Messages.of(metas)
    there = uid in {meta.uid for meta in metas}
    assert (messages.position(uid) >= 0) == there
    assert (messages.get(uid) is not None) == there


def test_the_later_counts() -> None:
    """A message that a server describes twice is there once, as described last."""
    gathered = Gathered()
    for uid, size in ((5, 1), (3, 2), (5, 3)):
        gathered.add(uid, size, b"", frozenset())
    assert gathered.messages() == [MessageMeta(3, 2), MessageMeta(5, 3)]


@pytest.mark.parametrize(("uid", "size"), [(2**32, 1), (1, 2**64)])
def test_refuses_what_is_no_uid(uid: int, size: int) -> None:
    """A number beyond the protocol's is not made to fit."""
    with pytest.raises(OverflowError):
        Gathered().add(uid, size, b"", frozenset())


def test_a_message_costs_few_bytes() -> None:
    """20,000 messages are held in 60 bytes each."""
    kinds = [frozenset({"\\Seen"}), frozenset({"\\Seen", "kw"}), frozenset[str]()]
    tracemalloc.start()
    try:
        gathered = Gathered()
        for uid in range(1, 20_001):
            gathered.add(
                uid, 4_000 + uid, b"17-Jul-2024 02:44:%02d +0200" % (uid % 60), kinds[uid % 3]
            )
        messages = gathered.messages()
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(messages) == 20_000
    assert held / 20_000 < 60
