"""One account run: provision the mailbox, bring it over, and enter how it ended.

provisioned, copied, proven    complete, complete with skips, or failed, as the report says
Stopped                        pending, paused or stopped, as the run stands by then
an error that time may mend    pending again after a while, five times without getting on
an error that a person mends   failed, with the server's own words
anything unforeseen            failed, with a traceback in the log
"""

from __future__ import annotations

import logging
from contextlib import closing
from enum import Enum, auto

from imap import ImapDestination
from jobs.deadline import Deadline, clock
from jobs.ending import Ending, as_sync_error
from jobs.lease import Heartbeat
from jobs.leaving import LEAVING
from jobs.lines import Lines
from jobs.loading import Place, Work, work_of
from jobs.logs import trace
from jobs.permits import Permits
from jobs.progress import StoreProgress, StoreStop
from jobs.services import Services
from jobs.share import Share
from provisioners import open_provisioner
from provisioners.base import ProvisionError
from store.claims import extend_lease
from store.engine import StoreError
from store.expiry import ATTEMPTS
from store.ledger import SqlLedger
from store.reporting_in import begin_account_run, write_values
from store.seal import SealBroken
from store.states import Phase
from sync.at_once import both
from sync.errors import AccountError, AuthenticationFailed, Code, Retry, Side, Stopped, SyncError
from sync.mailbox import migrate
from sync.memory import MemoryServer
from sync.ports import Destination
from sync.report import MailboxReport

NEW_MAILBOX_SECONDS = 5.0
"""So long a mailbox that was made just now may not be known yet to the server that serves it."""

log = logging.getLogger("mailhaul.run")


class NewMailboxRefused(AccountError):
    """Helps only after a person has changed something."""

    retry = Retry.AFTER_CHANGE


class Mailbox(Enum):
    ABSENT = auto()
    THERE = auto()
    NEW = auto()


class AccountRunJob:
    """The claim of one account run in one worker."""

    def __init__(self, services: Services, account_run_id: int, token: int) -> None:
        self._services = services
        self._store = services.store
        self._id = account_run_id
        self._token = token
        self._stop = StoreStop(self._store, account_run_id, token, leaving=LEAVING)
        self._progress = StoreProgress(self._store, account_run_id, token)
        self._ending = Ending(self._store, account_run_id, token, self._progress)

    def run(self) -> None:
        """Returns when the end is entered, or when the claim is not ours (any more)."""
        seconds = self._services.settings.lease_seconds
        with self._store.write() as session:
            since = clock()
            if not begin_account_run(session, self._id, self._token, seconds=seconds):
                return
        with Heartbeat(self._extend, seconds, since=since, deadline=Deadline()) as heartbeat:
            self._guarded(heartbeat)

    def _guarded(self, heartbeat: Heartbeat) -> None:
        attempts = ATTEMPTS
        try:
            work = work_of(self._store, self._id, self._services.sealer)
            attempts = work.attempts
            log.info("account_run=%d attempt=%d begun=1", self._id, attempts)
            report = self._attempt(work)
        except Stopped as stopped:
            heartbeat.stop()
            self._ending.left(stopped)
        except (SyncError, ProvisionError, SealBroken) as error:
            heartbeat.stop()
            self._ending.failed(as_sync_error(error), attempts)
        except StoreError as error:
            # Nothing can be entered now. The lease runs out, and the work is taken up again.
            log.warning("account_run=%d database=away reason=%s", self._id, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - an account never stays stuck
            heartbeat.stop()
            log.error("account_run=%d error=internal %s", self._id, trace(error))
            self._ending.failed(AccountError(Code.INTERNAL, type(error).__name__), ATTEMPTS)
        else:
            heartbeat.stop()
            self._ending.finished(report)

    def _attempt(self, work: Work) -> MailboxReport:
        place = work.sides.destination
        if place is None:
            raise AccountError(Code.MAILBOX_MISSING, "no destination", side=Side.DESTINATION)
        mailbox = self._provisioned(work, place)
        self._tell(phase=Phase.MAPPING)
        ledger = SqlLedger(
            self._store, work.account_id, self._id, self._token, subject=work.sides.subject
        )
        share = Share(self._store, self._id, work.limits, first=work.options.bytes_per_second)
        permits = Permits(
            self._store,
            work.organization_id,
            self._services.settings.refused_logins,
            holder=f"run {self._id}",
        )
        policy = self._services.policy
        lines = Lines(work, place, policy, self._stop, share=share, permits=permits)
        absent = mailbox is Mailbox.ABSENT
        with (
            closing(lines.source()) as source,
            closing(MemoryServer() if absent else lines.destination()) as destination,
            lines.deleter() as deleter,
        ):
            both(
                source.connect,
                lambda: self._connect(destination, mailbox),
                together=work.options.together,
            )
            return migrate(
                source,
                destination,
                ledger,
                options=work.options,
                progress=self._progress,
                stop=self._stop,
                deleter=deleter,
            )

    def _provisioned(self, work: Work, place: Place) -> Mailbox:
        """The mailbox is there afterwards, but for a dry run, which makes none."""
        provisioner = open_provisioner(place.provisioner, place.config)
        address = work.sides.mailbox
        if work.options.dry_run:
            absent = provisioner.can_create and provisioner.exists(address) is False
            return Mailbox.ABSENT if absent else Mailbox.THERE
        if not provisioner.ensure(address, work.sides.mailbox_password).created:
            return Mailbox.THERE
        self._tell(mailbox_created=True)
        return Mailbox.NEW

    def _connect(self, destination: Destination, mailbox: Mailbox) -> None:
        if not isinstance(destination, ImapDestination):
            return
        if mailbox is Mailbox.NEW:
            self._await_login(destination)
        destination.connect()

    def _await_login(self, destination: ImapDestination) -> None:
        """With the password as it was typed. One refusal is no verdict yet: a server may look at
        its list of mailboxes now and then only."""
        try:
            return destination.connect()
        except AuthenticationFailed as refused:
            if refused.code is not Code.LOGIN_REFUSED:
                raise
            self._stop.wait(NEW_MAILBOX_SECONDS)
        try:
            return destination.connect()
        except AuthenticationFailed as refused:
            said, where = refused.server_words, refused.where
            raise NewMailboxRefused(
                Code.NEW_MAILBOX_REFUSED, said, side=Side.DESTINATION, where=where
            ) from refused

    def _extend(self) -> bool:
        seconds = self._services.settings.lease_seconds
        with self._store.write() as session:
            return extend_lease(session, self._id, self._token, seconds=seconds)

    def _tell(self, **values: object) -> None:
        with self._store.write() as session:
            write_values(session, self._id, self._token, values)
