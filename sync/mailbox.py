"""The whole of one mailbox: map → plan → copy → verify → report.

The story, once, from the top: all folders are mapped and made; the source is asked how much there
is; then group after group of folders is listed on both sides, planned, copied and proven. A
message's fault stays with the message and a folder's with the folder. What stops the account is
raised, after what was done until then has been told to `progress`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from sync.choice import dated
from sync.drops import Drops
from sync.errors import Code, ConnectionLost, FolderBusy, FolderError, Side, Stopped
from sync.folders import FolderPair
from sync.folders_only import tell_folders
from sync.group_run import LOSSES, GroupRun
from sync.intent import FolderKey, Known
from sync.once import Once
from sync.options import ProofLevel, Refiling, SourceDeletion, SyncOptions
from sync.ports import Destination, Ledger, Progress, Source, SourceDeleter, Stop
from sync.prepare import Prepared, prepare, told
from sync.refiling import check_refiling
from sync.report import FolderReport, MailboxReport, MessageNote, Outcome, Verdict
from sync.restored import believed, key_of
from sync.source_deletion import Clearing
from sync.surplus import rehearse_surplus, remove_surplus
from sync.twins import Sides

GROUP_MESSAGES = 20_000
GROUP_FOLDERS = 200
BREAKS = "the connection broke at one new folder after the other"


def migrate(
    source: Source,
    destination: Destination,
    ledger: Ledger,
    *,
    options: SyncOptions,
    progress: Progress,
    stop: Stop,
    deleter: SourceDeleter | None = None,
) -> MailboxReport:
    """Bring one mailbox over, or rehearse that. Closes neither side, nor the `deleter`, which is
    needed where the options ask for deletion in the source, but for a dry run.

    Raises AccountError for what stops the account (its plan says whether a retry helps) and
    Stopped when `stop` asked for it or the ledger belongs to another worker."""
    check_refiling(options)
    options = dated(options)
    prepared = _prepare(source, destination, ledger, options)
    if options.only_folders:
        return tell_folders(prepared, progress, options)
    sides = Sides(source, destination)
    clearing = Clearing(sides, ledger, deleter, options=options, stop=stop)
    prepared = _woken(prepared, sides, ledger, options)
    progress.planned(*_amount(prepared))
    worker = GroupRun(
        sides,
        ledger,
        options=options,
        progress=progress,
        stop=stop,
        resting=_resting(prepared),
        once=Once(source, ledger, prepared, options=options, stop=stop),
        clearing=clearing,
        statuses=prepared.statuses,
        several=len(prepared.pairs) > 1,
    )
    idle = [_without_work(pair, prepared, ledger, progress) for pair in prepared.idle]
    reports = [report for report, _ in idle]
    named = len(prepared.missing) + sum(exceptions for _, exceptions in idle)
    for group in _groups(prepared, options):
        if reason := stop.reason():
            raise Stopped(reason)
        for report, exceptions in worker.run(group, prepared.created, prepared.rested):
            reports.append(report)
            named += exceptions
    surplus = _surplus(prepared, destination, reports, options, held=worker.held)
    for report in surplus:
        progress.folder_done(report)
    reports += surplus
    for line in prepared.unread:
        progress.note(MessageNote("", 0, Outcome.FAILED, Code.UNREAD_ANSWER, line))
    named += len(prepared.unread)
    verdict = _verdict(reports, named, options)
    if prepared.unread and verdict is not Verdict.DRY_RUN:
        verdict = Verdict.NOT_VERIFIED
    return told(prepared, reports, verdict, exceptions=named)


def _woken(prepared: Prepared, sides: Sides, ledger: Ledger, options: SyncOptions) -> Prepared:
    """What is to be read, or to leave the source, is listed, whether it has changed or not; so is
    everything where what stands as it stood turns out to be another."""
    all_read = options.proof is ProofLevel.EVERYTHING and not options.dry_run
    if all_read or options.source_deletion is not SourceDeletion.NEVER:
        return replace(prepared, unchanged={}, rested={})
    if not prepared.unchanged:
        return prepared
    return believed(prepared, sides, ledger, together=options.together)


def _amount(prepared: Prepared) -> tuple[int, int]:
    """Messages and bytes; 0 bytes unless the source told those of all folders that hold any."""
    mine = prepared.statuses.values()
    sizes = [one.size for one in mine if one.messages]
    known = [size for size in sizes if size is not None]
    return sum(one.messages for one in mine), sum(known) if len(known) == len(sizes) else 0


def _prepare(
    source: Source, destination: Destination, ledger: Ledger, options: SyncOptions
) -> Prepared:
    """On new connections, if need be: what is made already is found. A destination that dies of one
    name after the other makes no folder in this attempt, and what is there is worked on."""
    drops, losses, unmade = Drops(), 0, None
    while True:
        try:
            return prepare(source, destination, ledger, options, aside=drops.aside, unmade=unmade)
        except ConnectionLost as lost:
            met = drops.met(lost)
            if not met and drops.many and lost.side is Side.DESTINATION and unmade is None:
                unmade = FolderBusy(lost.code, BREAKS, side=lost.side, where=lost.where)
                continue
            losses += not met
            if losses >= LOSSES:
                raise


def _groups(prepared: Prepared, options: SyncOptions) -> Iterator[tuple[FolderPair, ...]]:
    """Small folders together, so that memory holds the listings of so many messages at most. With
    refiling all of them: what one folder needs no other may be given."""
    group: list[FolderPair] = []
    total = 0
    whole = options.refiling is not Refiling.NO
    idle = set(prepared.idle)
    for pair in prepared.pairs:
        if pair in idle:
            continue
        number = prepared.messages(pair)
        full = total + number > GROUP_MESSAGES or len(group) >= GROUP_FOLDERS
        if group and full and not whole:
            yield tuple(group)
            group, total = [], 0
        group.append(pair)
        total += number
    if group:
        yield tuple(group)


def _without_work(
    pair: FolderPair, prepared: Prepared, ledger: Ledger, progress: Progress
) -> tuple[FolderReport, int]:
    """A folder that the destination refuses: all its messages are failed. One that stands on both
    sides as it stood when they were equal: all are present, or copied if an earlier attempt of
    this run has sent them. What was found wrong with copies then is named, and how many those are
    is the second number."""
    refusal = prepared.refused.get(pair.destination.name)
    number = prepared.messages(pair)
    known = _known(pair, prepared, ledger)
    sent = list(known.sent.values())[:number]
    copied, size = len(sent), sum(one.size for one in sent)
    report = FolderReport(
        source=pair.source.name,
        destination=pair.destination.name,
        found=number,
        failed=number if refusal else 0,
        copied=copied,
        present=0 if refusal else number - copied,
        size_copied=size,
        altered=sum(1 for judged in known.judgements.values() if judged.code is Code.ALTERED),
        verified=refusal is None,
        error=_refused_as(refusal) if refusal else None,
        server_words=refusal.server_words if refusal else "",
    )
    judgements = {uid: one for uid, one in known.judgements.items() if uid in known.pairs}
    for uid, judged in judgements.items():
        outcome = Outcome.COPIED if uid in known.sent else Outcome.PRESENT
        name = pair.source.name
        for code, words in judged.faults:
            progress.note(MessageNote(name, uid, outcome, code, words))
    progress.moved(Outcome.FAILED if refusal else Outcome.PRESENT, number - copied, 0)
    progress.moved(Outcome.COPIED, copied, size)
    progress.folder_done(report)
    return report, len(judgements)


def _refused_as(refusal: FolderError) -> Code:
    return Code.CONNECTION_LOST if refusal.code is Code.CONNECTION_LOST else Code.FOLDER_REFUSED


def _surplus(
    prepared: Prepared,
    destination: Destination,
    reports: Sequence[FolderReport],
    options: SyncOptions,
    *,
    held: Collection[str],
) -> list[FolderReport]:
    """Nothing is removed while something of the source is not proven to be there. `held` are
    folders in which it is, though they are not verified."""
    if options.dry_run:
        return rehearse_surplus(prepared.surplus, destination, options)
    if not all(report.verified or report.destination in held for report in reports):
        return []
    return remove_surplus(prepared.surplus, destination, options)


def _known(pair: FolderPair, prepared: Prepared, ledger: Ledger) -> Known:
    rest = prepared.unchanged.get(pair.source.name)
    if rest is None or pair.destination.name in prepared.refused:
        return Known()
    return ledger.load(key_of(pair, rest))


def _resting(prepared: Prepared) -> dict[str, FolderKey | None]:
    """By destination name: folders that need no work; None for those that nobody looks at."""
    unchanged, unseen = prepared.unchanged, dict.fromkeys(prepared.left_alone)
    return unseen | {
        pair.destination.name: key_of(pair, unchanged[pair.source.name])
        for pair in prepared.pairs
        if pair.source.name in unchanged
    }


def _verdict(reports: list[FolderReport], named: int, options: SyncOptions) -> Verdict:
    if options.dry_run:
        return Verdict.DRY_RUN
    if not all(report.verified and report.balanced for report in reports):
        return Verdict.NOT_VERIFIED
    return Verdict.EXCEPTIONS if named else Verdict.VERIFIED
