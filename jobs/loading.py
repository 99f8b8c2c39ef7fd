"""The facts of one job, read in one go, so that no session is held while a network waits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from imap.server import Login, Server
from importer.usernames import source_login
from jobs.share import Limits
from parameters.build import identifies, sync_options
from parameters.choices import Choices, ChoicesUnreadable, from_json
from store import ownership
from store.aim import opened
from store.doubt import quiet_seconds
from store.engine import Store
from store.habits import first_copies
from store.seal import Sealer
from store.sharing import sharers
from store.tables import Account, AccountRun, DestinationServer, Migration, Run
from sync.errors import AccountError, Code, Side
from sync.options import Mode, Security, SyncOptions


@dataclass(frozen=True, slots=True)
class Place:
    """A destination system as a job needs it."""

    server: Server
    provisioner: str
    config: Mapping[str, Any]
    password_policy: str


@dataclass(frozen=True, slots=True)
class Sides:
    """Both ends of one account. Lives in a work-horse only, and only as long as it works."""

    source: Server
    login: Login
    mailbox: str
    mailbox_password: str = field(repr=False)
    destination: Place | None

    @property
    def destination_login(self) -> Login:
        return Login(self.mailbox, self.mailbox_password)

    @property
    def subject(self) -> str:
        """Names the two mailboxes for the ledger; changes when a person changes either."""
        place = self.destination.server.host if self.destination else ""
        words = (self.source.host, self.login.username, place, self.mailbox)
        text = "\0".join(word.lower() for word in words)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Work:
    """One account run: its sides, and what a person chose."""

    account_id: int
    organization_id: int
    attempts: int
    sides: Sides
    options: SyncOptions
    limits: Limits
    """Of speed; the options have the share that is this account's at the start."""
    timeouts: tuple[int, int]
    """Seconds to wait for an answer: of the source, and of the destination."""


def sides_of(
    account: Account, migration: Migration, sealer: Sealer, choices: Choices | None = None
) -> Sides:
    """As the migration's options are now, or as `choices` were when the run began. Raises
    SealBroken when a password cannot be opened with our keys."""
    identify = identifies(choices) if choices else _identifies(migration)
    passwords = opened(sealer, account)
    return Sides(
        source=Server(
            account.source_host or migration.source_host,
            account.source_port or migration.source_port,
            Security(account.source_security or migration.source_security),
            identify=identify,
        ),
        login=Login(account.source_username, passwords.source),
        mailbox=account.mailbox,
        mailbox_password=passwords.mailbox,
        destination=_place(migration.destination, identify),
    )


def work_of(store: Store, account_run_id: int, sealer: Sealer) -> Work:
    """Raises SealBroken, and AccountError for options that this version cannot carry out, and for
    a mailbox or a destination that belongs to somebody else by now."""
    with store.read() as session:
        account_run = session.get_one(AccountRun, account_run_id)
        run = session.get_one(Run, account_run.run_id)
        account = session.get_one(Account, account_run.account_id)
        migration = session.get_one(Migration, run.migration_id)
        if words := ownership.fault(session, account):
            raise AccountError(Code.NOT_OWNED, words, side=Side.DESTINATION)
        choices = _choices(run)
        quiet = quiet_seconds(session, account.id)
        options = _options(choices, run, quiet)
        first = first_copies(session, migration.destination, options.proof_first)
        limits = Limits(options.bytes_per_second, choices.bytes_per_second_total)
        share = limits.share(sharers(session, account_run_id))
        return Work(
            account_id=account.id,
            organization_id=migration.organization_id,
            attempts=account_run.attempts,
            sides=_with_defaults(sides_of(account, migration, sealer, choices)),
            options=replace(
                options,
                proof_first=first,
                allow_removal=account_run.removal_allowed,
                retry_refused=options.retry_refused or account_run.retry_refused,
                bytes_per_second=share,
            ),
            limits=limits,
            timeouts=(choices.timeout_source, choices.timeout_destination),
        )


def _choices(run: Run) -> Choices:
    try:
        return from_json(run.options)
    except ChoicesUnreadable as error:
        raise AccountError(Code.OPTIONS_REFUSED, str(error)) from error


def _options(choices: Choices, run: Run, quiet: float) -> SyncOptions:
    """What was right when it was stored can be wrong for a version that knows more."""
    try:
        return sync_options(choices, mode=Mode(run.mode), dry_run=run.dry_run, quiet_seconds=quiet)
    except ValueError as error:
        raise AccountError(Code.OPTIONS_REFUSED, str(error)) from error


def _with_defaults(sides: Sides) -> Sides:
    """A username and a password that were left blank are the mailbox's own (F7)."""
    login = source_login(
        sides.login.username,
        sides.login.password,
        address=sides.mailbox,
        mailbox_password=sides.mailbox_password,
    )
    return replace(sides, login=login)


def _identifies(migration: Migration) -> bool:
    try:
        return identifies(from_json(migration.options))
    except ChoicesUnreadable:
        # What cannot be read stops a run, and tells the check nothing of this.
        return True


def _place(destination: DestinationServer | None, identify: bool) -> Place | None:
    if destination is None:
        return None
    security = Security(destination.security)
    return Place(
        Server(destination.host, destination.port, security, identify=identify),
        destination.provisioner,
        dict(destination.config),
        destination.password_policy,
    )
