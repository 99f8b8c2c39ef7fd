"""Finding out which messages are on both sides, by asking both."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter

from sync.alteration import alterations, known, words
from sync.asking import messages, not_shown
from sync.errors import Code, FolderChanged, FolderError, MessageError, Side, UidValidityChanged
from sync.fingerprint import Fingerprint, fingerprint
from sync.header_fields import LONGEST
from sync.header_fields import identity as identity_of
from sync.known_again import known_again
from sync.matching import Candidates, Group, match
from sync.model import Fetched, Identity, MessageMeta, Unreadable, Wanted
from sync.ports import Destination, Reader, Source
from sync.stamps import PROBED, identity_stamp, moment
from sync.work import Work

_NOTHING = Identity()
IDENTITIES = 10_000
"""So many are asked for at once, and held in memory."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Messages of one folder that are on both sides."""

    pairs: Mapping[int, int] = field(default_factory=dict)
    """Source uid → destination uid."""
    altered: Mapping[int, str] = field(default_factory=dict)
    """By source uid, in words: what the destination has altered, where contents were compared."""
    identities: Mapping[int, int] = field(default_factory=dict)
    """By source uid, of the highest ones: as `Stamp.identity`."""
    compared: frozenset[int] = frozenset()
    """Source uids of those whose contents were compared; the others are equal by what is listed and
    by their headers."""
    unsettled: Mapping[int, MessageError] = field(default_factory=dict)
    """By source uid: it may be at the destination, where a message that it had to be compared with
    could not be read. It must not be sent again."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The two servers of one account."""

    source: Source
    destination: Destination

    def twins(
        self,
        work: Work,
        ours: Sequence[MessageMeta],
        theirs: Sequence[MessageMeta],
        *,
        sizes_decide: bool = True,
    ) -> Matched:
        """What of `ours` is among `theirs`."""
        if not ours or not theirs:
            return Matched()
        pair, key = work.pair, work.key
        here = Wanted(pair.source, key.source_uidvalidity, ())
        there = Wanted(pair.destination, key.destination_uidvalidity, ())
        source, hidden = _candidates(self.source, here, ours, Side.SOURCE)
        destination, unreadable = _candidates(self.destination, there, theirs, Side.DESTINATION)
        comparison = _Comparison(self, work, ours, theirs)
        pairs = match(source, destination, comparison.compare, sizes_decide=sizes_decide)
        comparison.doubt_all(pairs, unreadable)
        if len(pairs) < len(theirs):
            # It may be one of the others, and be handed out when it is asked for again.
            left = {uid: error for uid, error in hidden.items() if uid not in pairs}
            comparison.unsettled.update(left)
        highest = sorted(pairs)[-PROBED:]
        at = {uid: place for place, uid in enumerate(source.uids)} if highest else {}
        identities = {uid: identity_stamp(source.key(at[uid])) for uid in highest}
        compared = frozenset(comparison.found)
        return Matched(pairs, comparison.altered, identities, compared, comparison.unsettled)

    def arrived(self, work: Work, ours: Sequence[MessageMeta], uidnext: int) -> Mapping[int, int]:
        """Which of `ours` the destination has got, at uids from `uidnext` on that are not taken:
        the look before a retry (law 3)."""
        if not ours:
            return {}
        folder = work.pair.destination
        listing = messages(self.destination, folder, uidnext)
        if listing.status.uidvalidity != work.key.destination_uidvalidity:
            raise UidValidityChanged(
                Code.UIDVALIDITY_CHANGED, side=Side.DESTINATION, where=folder.name
            )
        theirs = [meta for meta in listing.messages if meta.uid not in work.taken]
        matched = self.twins(work, ours, theirs, sizes_decide=False)
        # What is not shown, or cannot be read, may be there: it must not be sent again.
        if len(matched.pairs) < len(ours) and not listing.whole:
            raise not_shown(folder.name, listing, Side.DESTINATION)
        for error in matched.unsettled.values():
            said, side = error.server_words, Side.DESTINATION
            raise FolderError(error.code, said, side=side, where=folder.name)
        return matched.pairs


class _Comparison:
    """Of contents, for one folder pair."""

    def __init__(
        self, sides: Sides, work: Work, ours: Sequence[MessageMeta], theirs: Sequence[MessageMeta]
    ) -> None:
        self.altered: dict[int, str] = {}
        self.found: set[int] = set()
        self.unsettled: dict[int, MessageError] = {}
        self._sides = sides
        self._work = work
        self._metas = ours, theirs

    def compare(self, groups: Sequence[Group]) -> Mapping[int, int]:
        pair, key = self._work.pair, self._work.key
        uids = {uid for group in groups for uid in group.source}
        places = {uid for group in groups for uid in group.destination}
        here = Wanted(pair.source, key.source_uidvalidity, tuple(sorted(uids)))
        there = Wanted(pair.destination, key.destination_uidvalidity, tuple(sorted(places)))
        mine, other = read(self._sides.source, here), read(self._sides.destination, there)
        source, destination = mine.known, other.known
        if any(uid not in destination and uid not in other.unreadable for uid in places):
            # It was listed, and is not there: so its message may be there under another uid.
            raise FolderChanged(Code.PROTOCOL, side=Side.DESTINATION, where=pair.destination.name)
        if any(uid not in source and uid not in mine.unreadable for uid in uids):
            # If it is gone, another listing says so; if it is not, it has not been compared.
            raise FolderChanged(Code.PROTOCOL, side=Side.SOURCE, where=pair.source.name)
        found = _within(groups, source, destination)
        found |= _rewritten(groups, source, destination, found)
        found = self._arranged(found, source, destination)
        self.found.update(found)
        for uid, place in found.items():
            if kinds := alterations(source[uid], destination[place]):
                self.altered[uid] = words(kinds)
        self._doubt(groups, found, mine.unreadable, other.unreadable)
        return found

    def _doubt(
        self,
        groups: Sequence[Group],
        found: Mapping[int, int],
        here: Mapping[int, MessageError],
        there: Mapping[int, MessageError],
    ) -> None:
        """`here` and `there` are those that cannot be read."""
        taken = set(found.values()) if here else set[int]()
        for group in groups if here or there else ():
            left = [uid for uid in group.source if uid not in found]
            hidden = next((there[uid] for uid in group.destination if uid in there), None)
            if hidden is not None:
                self.unsettled.update(dict.fromkeys(left, hidden))
            elif not taken.issuperset(group.destination):
                self.unsettled.update((uid, here[uid]) for uid in left if uid in here)

    def doubt_all(self, pairs: Mapping[int, int], unreadable: Mapping[int, MessageError]) -> None:
        """A message of the destination of which neither header nor body is handed out may be any
        of those without a twin that are as large; of which nothing is told at all, any."""
        if not unreadable:
            return
        taken = set(pairs.values())
        hidden = [meta for meta in self._metas[1] if meta.uid in unreadable.keys() - taken]
        by_size = {meta.size: unreadable[meta.uid] for meta in hidden}
        unknown = next((unreadable[meta.uid] for meta in hidden if not _described(meta)), None)
        for one in self._metas[0] if hidden else ():
            error = unknown or by_size.get(one.size)
            if one.uid not in pairs and error is not None:
                self.unsettled.setdefault(one.uid, error)

    def _arranged(
        self,
        found: Mapping[int, int],
        source: Mapping[int, Fingerprint],
        destination: Mapping[int, Fingerprint],
    ) -> dict[int, int]:
        """Among copies that are equal byte for byte, altered ones too, each message gets one with
        its own date and flags, where there is one: else a run that has nothing to do would set
        flags crosswise."""
        alike: dict[bytes, list[int]] = {}
        for uid, one in destination.items():
            alike.setdefault(one.exact, []).append(uid)
        mine: dict[bytes, list[int]] = {}
        for uid, one in source.items():
            # What is left over is one of the equal ones, too: which of them, dates and flags tell.
            key = destination[found[uid]].exact if uid in found else one.exact
            if key in alike:
                mine.setdefault(key, []).append(uid)
        several = {key: uids for key, uids in mine.items() if len(uids) + len(alike[key]) > 2}
        if not several:
            return dict(found)
        ours = _looks(self._metas[0], {uid for uids in several.values() for uid in uids})
        theirs = _looks(self._metas[1], {uid for key in several for uid in alike[key]})
        arranged = {uid: place for uid, place in found.items() if uid not in ours}
        for key, uids in several.items():
            arranged |= _closest(uids, alike[key], ours, theirs)
        return arranged


_Look = tuple[int, frozenset[str]]
"""The moment of a message's internal date, and its flags in lower case."""
_TIERS: tuple[Callable[[_Look], object], ...] = (itemgetter(0, 1), itemgetter(0), itemgetter(1))


def _looks(metas: Sequence[MessageMeta], uids: Collection[int]) -> dict[int, _Look]:
    return {
        meta.uid: (moment(meta.internaldate), frozenset(flag.lower() for flag in meta.flags))
        for meta in metas
        if meta.uid in uids
    }


def _closest(
    uids: Sequence[int],
    places: Sequence[int],
    ours: Mapping[int, _Look],
    theirs: Mapping[int, _Look],
) -> dict[int, int]:
    """One of the places for each uid: equal in date and flags, else in date, else in flags."""
    left, free = sorted(uids), sorted(places)
    found: dict[int, int] = {}
    for tier in _TIERS:
        stock: dict[object, deque[int]] = {}
        for place in free:
            stock.setdefault(tier(theirs[place]), deque()).append(place)
        for uid in left:
            if some := stock.get(tier(ours[uid])):
                found[uid] = some.popleft()
        taken = set(found.values())
        left = [uid for uid in left if uid not in found]
        free = [place for place in free if place not in taken]
    return found | dict(zip(left, free, strict=False))


def _within(
    groups: Sequence[Group],
    source: Mapping[int, Fingerprint],
    destination: Mapping[int, Fingerprint],
) -> dict[int, int]:
    """What is known again among the messages of each group."""
    found: dict[int, int] = {}
    taken: set[int] = set()
    for group in groups:
        some = known_again(
            {uid: source[uid] for uid in group.source if uid in source and uid not in found},
            {
                uid: destination[uid]
                for uid in group.destination
                if uid in destination and uid not in taken
            },
        )
        found |= some
        taken.update(some.values())
    return found


def _rewritten(
    groups: Sequence[Group],
    source: Mapping[int, Fingerprint],
    destination: Mapping[int, Fingerprint],
    found: Mapping[int, int],
) -> dict[int, int]:
    """One message is left on each side with one Message-ID, or without any header field, and the
    same text under another header: a server has rewritten that."""
    taken = set(found.values())
    more: dict[int, int] = {}
    for group in groups:
        left = [uid for uid in group.source if uid not in found]
        stock = [uid for uid in group.destination if uid not in taken]
        if len(left) != 1 or len(stock) != 1:
            continue
        one, other = source.get(left[0]), destination.get(stock[0])
        if one is None or other is None or not (group.named or not one.fields):
            continue
        if known(alterations(one, other)):
            more[left[0]] = stock[0]
    return more


@dataclass(frozen=True, slots=True)
class Read:
    """What one side has answered to a question for bodies; what is gone is in neither."""

    known: dict[int, Fingerprint] = field(default_factory=dict)
    unreadable: dict[int, MessageError] = field(default_factory=dict)


def read(reader: Reader, wanted: Wanted) -> Read:
    """The fingerprint of each message that can be read, and why the others cannot."""
    found = Read()
    for _, answer in reader.bodies([wanted]) if wanted.uids else ():
        if isinstance(answer, Fetched):
            found.known[answer.meta.uid] = fingerprint(answer.chunks)
        elif isinstance(answer, Unreadable):
            found.unreadable[answer.uid] = answer.error
    return found


def digests(reader: Reader, wanted: Wanted) -> dict[int, bytes]:
    """Of each message that is still there and can be read, equal for what differs in nothing but
    line ends."""
    return {uid: one.lines for uid, one in read(reader, wanted).known.items()}


def _candidates(
    reader: Reader, place: Wanted, metas: Sequence[MessageMeta], side: Side
) -> tuple[Candidates, Mapping[int, MessageError]]:
    """And of which of them, by uid, neither header nor body is handed out. `place` names the
    folder. Where a header is not handed out, or has nothing to know the message by, the message
    itself is read for it."""
    candidates, unreadable = Candidates(), dict[int, MessageError]()
    for start in range(0, len(metas), IDENTITIES):
        some = list(metas[start : start + IDENTITIES])
        identities = dict(reader.identities(place.folder, [meta.uid for meta in some]))
        lacking = [meta.uid for meta in some if identities.get(meta.uid, _NOTHING) == _NOTHING]
        found = _read_identities(reader, replace(place, uids=tuple(lacking)), unreadable)
        identities |= found
        for meta in some:
            identity, date = identities.get(meta.uid, _NOTHING), moment(meta.internaldate)
            if identity != _NOTHING:
                candidates.add(meta.uid, meta.size, identity, date)
            elif meta.uid in found:
                candidates.add_headless(meta.uid, meta.size, date)
            else:
                candidates.add_unknown(meta.uid, meta.size, side, date)
    return candidates, unreadable


def _described(meta: MessageMeta) -> bool:
    """Whether anything is known of it but its uid."""
    return bool(meta.size or meta.internaldate)


def _read_identities(
    reader: Reader, wanted: Wanted, unreadable: dict[int, MessageError]
) -> dict[int, Identity]:
    """From the beginning of each message that can be read; why others cannot is added to
    `unreadable`."""
    found: dict[int, Identity] = {}
    for _, answer in reader.bodies([wanted]) if wanted.uids else ():
        if isinstance(answer, Unreadable):
            unreadable[answer.uid] = answer.error
        elif isinstance(answer, Fetched):
            start = bytearray()
            for chunk in answer.chunks:
                start += chunk[: LONGEST - len(start)]
            found[answer.meta.uid] = identity_of(bytes(start))
    return found
