"""An order carried out, from the first connection to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from imap import Heedful, ImapSource, Login, Throttle, open_destination, open_source_deleter
from imap.connect import connect
from imap.session import Session
from shell.exits import Exit, exit_of, most_frequent
from shell.order import Just, Order
from shell.record import Record
from shell.stopping import Interruption
from shell.telling import Ending
from sync.at_once import both
from sync.errors import Code, Side, SyncError
from sync.file_ledger import FileLedger, LedgerUnusable
from sync.file_lock import LedgerInUse
from sync.mailbox import migrate
from sync.memory_ledger import MemoryLedger
from sync.options import SourceDeletion
from sync.ports import Ledger, SourceDeleter
from sync.report import MailboxReport, Omitted, Verdict


def carry_out(
    order: Order, logins: tuple[Login, Login], record: Record, stop: Interruption
) -> Ending:
    """`logins` are the source's and the destination's. Raises nothing that can be foreseen."""
    begun = time.monotonic()
    try:
        status, verdict, notes, left_out = _work(order, logins, record, stop)
    except LedgerInUse as error:
        return Ending(Exit.PID_FILE_ERROR, "not begun", notes=(error.server_words,))
    except LedgerUnusable as error:
        return Ending(Exit.BY_FILE, "not finished", notes=(error.server_words,))
    except SyncError as error:
        stopped = error.code is Code.STOPPED
        status = exit_of(error.code, error.side)
        seconds = time.monotonic() - begun
        return Ending(status, "stopped" if stopped else "not finished", error, seconds)
    except KeyboardInterrupt:
        return Ending(Exit.BY_SIGNAL, "stopped")
    return Ending(status, verdict, None, time.monotonic() - begun, notes, left_out)


Done = tuple[Exit, str, tuple[str, ...], tuple[Omitted, ...]]
"""Status, verdict, what else is to be said, and the folders that were left out."""


def _work(order: Order, logins: tuple[Login, Login], record: Record, stop: Interruption) -> Done:
    heed = Heedful(stop.reason)
    if order.just is Just.CONNECT:
        for place in (order.source, order.destination):
            connect(place.server, place.policy, place.side, heed=heed).close()
        return Exit.OK, "both servers can be reached", (), ()
    ours, theirs = order.source, order.destination
    throttle = Throttle(order.options.bytes_per_second, stop.wait)
    session = Session(
        ours.server,
        logins[0],
        ours.policy,
        side=Side.SOURCE,
        wait=stop.wait,
        throttle=throttle,
        compress=ours.compress,
        heed=heed,
    )
    writer = open_destination(
        theirs.server,
        logins[1],
        theirs.policy,
        wait=stop.wait,
        throttle=throttle,
        compress=theirs.compress,
        heed=heed,
    )
    together = order.options.together
    with closing(ImapSource(session)) as reader, closing(writer):
        if order.just is Just.LOGIN:
            both(reader.connect, writer.connect, together=together)
            return Exit.OK, "both logins are accepted", (), ()
        with _ledger(order) as ledger:
            both(reader.connect, writer.connect, together=together)
            with _deleter(order, logins[0], throttle, stop) as deleter:
                report = migrate(
                    reader,
                    writer,
                    ledger,
                    options=order.options,
                    progress=record,
                    stop=stop,
                    deleter=deleter,
                )
            if isinstance(ledger, FileLedger) and not order.options.dry_run:
                ledger.end_run()
        return _judge(report, record)


@contextmanager
def _deleter(
    order: Order, login: Login, throttle: Throttle, stop: Interruption
) -> Iterator[SourceDeleter | None]:
    """What may write to the source; None unless that was asked for, and in a dry run."""
    if order.options.source_deletion is SourceDeletion.NEVER or order.options.dry_run:
        yield None
        return
    place = order.source
    opened = open_source_deleter(
        place.server,
        login,
        place.policy,
        wait=stop.wait,
        throttle=throttle,
        heed=Heedful(stop.reason),
    )
    with closing(opened):
        yield opened


@contextmanager
def _ledger(order: Order) -> Iterator[Ledger]:
    if order.state is None:
        yield MemoryLedger()
        return
    with closing(FileLedger(order.state, order.subject)) as ledger:
        yield ledger


def _judge(report: MailboxReport, record: Record) -> Done:
    troubles = record.troubles()
    troubles[Code.FOLDER_MISSING] += len(report.missing)
    status = most_frequent(troubles)
    if status is Exit.OK and report.verdict is Verdict.NOT_VERIFIED:
        status = Exit.WITH_ERRORS
    notes = tuple(f"The source has no folder {name!r}." for name in report.missing)
    return status, str(report.verdict), notes, report.omitted
