"""Making the destination's folders ready: chosen, mapped, created, subscribed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.at_once import both
from sync.errors import FolderError, Side
from sync.folder_choice import choose
from sync.folder_making import Unwanted, make
from sync.folders import FolderPair
from sync.intent import Place, Rest
from sync.layout import Layout, lay_out, left_alone
from sync.model import Folder, FolderList, FolderStatus
from sync.options import Mode, SyncOptions
from sync.ports import Destination, Ledger, Reader, Source
from sync.report import FolderReport, MailboxReport, Omission, Omitted, Verdict
from sync.resting import trusted
from sync.surplus import Surplus, find_surplus


@dataclass(frozen=True, slots=True)
class Prepared:
    pairs: tuple[FolderPair, ...]
    created: frozenset[str]
    """Destination names that were made now; in a dry run those that would be."""
    refused: Mapping[str, FolderError]
    """By destination name: these could not be made, under a cautious name neither."""
    statuses: Mapping[str, FolderStatus]
    """By source name, as far as the source could say."""
    unchanged: Mapping[str, Rest]
    """By source name: folders that stand on both sides as they stood when they were equal."""
    rested: Mapping[str, Rest] = field(default_factory=dict)
    """By source name: how folders stood then that do not stand so any more."""
    omitted: tuple[Omitted, ...] = ()
    """Of the source's folders: what nobody wants or is others', and what is not there."""
    unread: tuple[str, ...] = ()
    """Lines of either side's list of folders that could not be understood."""
    surplus: Surplus = field(default_factory=Surplus)
    left_alone: frozenset[str] = frozenset()
    """With refiling, destination names: they stand for folders of the source that nobody wants."""

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.omitted if one.reason is not Omission.MISSING)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.omitted if one.reason is Omission.MISSING)

    @property
    def idle(self) -> tuple[FolderPair, ...]:
        """Those that need no work, or can have none."""
        return tuple(
            pair
            for pair in self.pairs
            if pair.source.name in self.unchanged or pair.destination.name in self.refused
        )

    @property
    def awake(self) -> Prepared:
        """The same where also what stands as it stood is looked at."""
        return replace(self, unchanged={}, rested={**self.rested, **self.unchanged})

    def messages(self, pair: FolderPair) -> int:
        """How many the source says that it has."""
        status = self.statuses.get(pair.source.name)
        return status.messages if status else 0


def prepare(
    source: Source,
    destination: Destination,
    ledger: Ledger,
    options: SyncOptions,
    *,
    aside: Mapping[tuple[Side | None, str], FolderError] | None = None,
    unmade: FolderError | None = None,
) -> Prepared:
    """Map the folders that are chosen and make those that are missing; a dry run makes none. Those
    `aside`, by side and name, are neither counted nor made nor subscribed; with `unmade` none is.

    Raises AccountError with FOLDERS_WOULD_MERGE if a person's places make two folders one."""
    ours, theirs = both(source.folders, destination.folders, together=options.together)
    places = ledger.places()
    known = {name: place.destination for name, place in places.items()}
    left_out = set(choose(ours, options.folders).left_out)
    broke = {side: {n: e for (s, n), e in (aside or {}).items() if s is side} for side in Side}
    left_out.update(broke[Side.SOURCE])
    wanted = [f for f in ours.folders if f.selectable and f.name not in left_out]
    statuses = _statuses(source, ours, wanted)
    # Of what nobody wants, as far as it came with the list: how much is left out is said.
    seen = {**ours.foreign_statuses, **ours.statuses, **statuses}
    ours = replace(ours, statuses=statuses)
    layout = lay_out(ours, theirs, known, options)
    resting = _resting(layout.pairs, places, options, aside=broke[Side.DESTINATION])
    there = _statuses(destination, theirs, [pair.destination for pair in resting])
    unchanged = _unchanged(resting, places, statuses, there=there, options=options)
    prepared = Prepared(
        layout.pairs,
        created=frozenset(),
        refused={},
        statuses=statuses,
        unchanged=unchanged,
        rested=_rested(resting, places, unchanged),
        omitted=_omitted(layout, seen),
        unread=(*ours.unread, *theirs.unread),
        surplus=find_surplus(ours, theirs, places, options),
        left_alone=left_alone(ours, theirs, known, options, layout=layout),
    )
    if options.dry_run:
        new = frozenset(pair.destination.name for pair in layout.pairs if not pair.exists)
        return replace(prepared, created=new)
    made = make(
        destination,
        theirs,
        layout.pairs,
        again=lambda refusals, settled: (
            lay_out(ours, theirs, {**known, **settled}, options, refusals=refusals).pairs
        ),
        unwanted=_unwanted(ledger, options, broke[Side.DESTINATION], unmade),
    )
    _subscribe(destination, made.pairs, {**broke[Side.DESTINATION], **made.refused}, options)
    return replace(
        prepared,
        pairs=made.pairs,
        created=made.created,
        refused=made.refused,
        surplus=find_surplus(ours, theirs, _as_made(made.pairs, places), options),
    )


def told(
    prepared: Prepared, reports: Sequence[FolderReport], verdict: Verdict, *, exceptions: int = 0
) -> MailboxReport:
    """The report, with the folders that nothing was done about."""
    left_out, missing, omitted = prepared.left_out, prepared.missing, prepared.omitted
    return MailboxReport(
        tuple(reports), verdict, left_out, missing, omitted=omitted, exceptions=exceptions
    )


def _omitted(layout: Layout, seen: Mapping[str, FolderStatus]) -> tuple[Omitted, ...]:
    counts = {name: status.messages for name, status in seen.items()}
    named = (Omitted(name, reason, counts.get(name)) for name, reason in layout.omitted)
    return (*named, *(Omitted(name, Omission.MISSING, 0) for name in layout.missing))


def _unwanted(
    ledger: Ledger,
    options: SyncOptions,
    broke: Mapping[str, FolderError],
    unmade: FolderError | None,
) -> Unwanted:
    earlier = {} if options.retry_refused else ledger.refused_names()
    return Unwanted(earlier, broke, unmade, ledger.refuse_name)


def _as_made(pairs: tuple[FolderPair, ...], places: Mapping[str, Place]) -> Mapping[str, Place]:
    """Where folders go now: what was refused under one name has its mail under another."""
    now = {
        pair.source.name: replace(
            places.get(pair.source.name, Place("")), destination=pair.destination.name
        )
        for pair in pairs
    }
    return {**places, **now}


def _statuses(reader: Reader, listed: FolderList, folders: list[Folder]) -> dict[str, FolderStatus]:
    """By name; asked for where they did not come with the list."""
    known = {f.name: listed.statuses[f.name] for f in folders if f.name in listed.statuses}
    rest = [folder for folder in folders if folder.name not in known]
    asked = reader.status(rest) if rest else {}
    return known | {name: s for name, s in asked.items() if isinstance(s, FolderStatus)}


def _resting(
    pairs: tuple[FolderPair, ...],
    places: Mapping[str, Place],
    options: SyncOptions,
    *,
    aside: Collection[str],
) -> list[FolderPair]:
    """Folders of which an earlier run knew that both sides were equal, but for those that are set
    aside at the destination."""
    return [
        pair
        for pair in pairs
        if pair.exists
        and pair.destination.name not in aside
        and (place := places.get(pair.source.name)) is not None
        and place.destination == pair.destination.name
        and trusted(place.rest, options)
    ]


def _rested(
    pairs: list[FolderPair], places: Mapping[str, Place], unchanged: Mapping[str, Rest]
) -> dict[str, Rest]:
    rests = {pair.source.name: places[pair.source.name].rest for pair in pairs}
    return {name: rest for name, rest in rests.items() if rest and name not in unchanged}


def _unchanged(
    pairs: list[FolderPair],
    places: Mapping[str, Place],
    ours: Mapping[str, FolderStatus],
    *,
    there: Mapping[str, FolderStatus],
    options: SyncOptions,
) -> dict[str, Rest]:
    return {
        pair.source.name: rest
        for pair in pairs
        if (rest := places[pair.source.name].rest) is not None
        and _same(rest.source, ours.get(pair.source.name), options)
        and _same(rest.destination, there.get(pair.destination.name), options)
    }


def _same(then: FolderStatus, now: FolderStatus | None, options: SyncOptions) -> bool:
    """Without HIGHESTMODSEQ (RFC 7162) a changed flag cannot be seen in a status."""
    if now is None or not now.uidvalidity or not now.uidnext:
        return False
    flags_known = options.mode is Mode.NEW or (
        then.highestmodseq == now.highestmodseq and now.highestmodseq > 0
    )
    counts = (then.uidvalidity, then.uidnext, then.messages)
    return flags_known and counts == (now.uidvalidity, now.uidnext, now.messages)


def _subscribe(
    destination: Destination,
    pairs: tuple[FolderPair, ...],
    refused: Mapping[str, FolderError],
    options: SyncOptions,
) -> None:
    """A refused subscription costs nothing but itself: no mail hangs on it."""
    names = [
        pair.destination.name
        for pair in pairs
        if (options.subscribe_all or (options.subscribe and pair.source.subscribed))
        and not pair.destination.subscribed
        and pair.destination.name not in refused
    ]
    if names:
        destination.subscribe(names)
