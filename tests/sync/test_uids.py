"""Sets of uids, as ranges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.uids import UidRanges

UIDS = st.lists(st.integers(1, 40))


@given(uids=UIDS)
def test_ranges_hold_exactly_their_uids(uids: list[int]) -> None:
    """Whatever the order, and however often one is named; and in as few ranges as can be."""
    ranges = UidRanges.of(uids)
    assert [uid for uid in range(50) if uid in ranges] == sorted(set(uids))
    assert ranges.count == len(set(uids))
    assert bool(ranges) == bool(uids)
    firsts, lasts = [r[0] for r in ranges.ranges], [r[1] for r in ranges.ranges]
    assert all(first > last + 1 for first, last in zip(firsts[1:], lasts, strict=False))


@given(uids=UIDS, uidnext=st.integers(1, 45))
def test_what_is_below_and_what_is_missing(uids: list[int], uidnext: int) -> None:
    """Together they are all uids up to UIDNEXT, each once."""
    ranges = UidRanges.of(uids)
    below, missing = ranges.below(uidnext), ranges.missing(uidnext)
    assert [uid for uid in range(50) if uid in below] == sorted({u for u in uids if u < uidnext})
    assert [uid for uid in range(50) if uid in missing] == [
        uid for uid in range(1, uidnext) if uid not in uids
    ]


@given(pairs=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 10))))
def test_ranges_may_overlap(pairs: list[tuple[int, int]]) -> None:
    """As servers may name them."""
    spans = [(first, first + more) for first, more in pairs]
    wanted = {uid for first, last in spans for uid in range(first, last + 1)}
    assert UidRanges.spanning(spans) == UidRanges.of(wanted)
