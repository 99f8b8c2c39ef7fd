"""Uids and pairs in columns behave as sets and dictionaries do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.columns import Uids
from sync.intent import Pair
from sync.pairs import Pairs

UID = st.one_of(st.integers(1, 12), st.just(2**32 - 1))
PAIRS = st.lists(st.builds(Pair, source_uid=UID, destination_uid=UID, size=st.integers(0, 9)))


@given(first=st.lists(UID), more=st.lists(UID), one=UID)
def test_uids_are_a_set(first: list[int], more: list[int], one: int) -> None:
    """In whatever order they come, each is there once."""
    uids = Uids(first)
    for uid in more:
        uids.add(uid)
    whole = {*first, *more}
    assert list(uids) == sorted(whole)
    assert (one in uids) == (one in whole)
    uids.update([one, one])
    assert list(uids) == sorted(whole | {one})


@given(pairs=PAIRS, gone=st.sets(UID), later=PAIRS)
def test_pairs_are_a_dictionary(pairs: list[Pair], gone: set[int], later: list[Pair]) -> None:
    """Of two with one source uid the later counts; what was dropped can come again."""
    kept, known = Pairs(pairs), {pair.source_uid: pair for pair in pairs}
    kept.drop(gone)
    known = {uid: pair for uid, pair in known.items() if uid not in gone}
    for pair in later:
        kept.put(pair)
        known[pair.source_uid] = pair
    assert kept == known
    assert list(kept) == sorted(known)
    assert kept.there == {uid: pair.destination_uid for uid, pair in known.items()}
    assert [Pair(*row) for row in kept.rows()] == [known[uid] for uid in sorted(known)]
    assert all((uid in kept.there) == (uid in known) for uid in range(14))
