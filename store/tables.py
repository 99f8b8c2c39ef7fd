"""The tables. Times are UTC without a zone; sizes are bytes; *_sealed is encrypted."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from store.held_columns import CheckHeld, Doubtful, Held
from store.report_columns import Course, MoreCounters
from store.states import (
    AccountRunState,
    AccountState,
    MailState,
    MigrationState,
    Phase,
    ScheduleState,
)
from store.trail_columns import Trail


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Role(StrEnum):
    ADMIN = "admin"
    RESELLER = "reseller"
    SUPPORT = "support"
    CUSTOMER = "customer"


class Base(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSON, bytes: LargeBinary}  # noqa: RUF012


class Organization(Base):
    __tablename__ = "organization"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    domains: Mapped[list[Domain]] = relationship(order_by="Domain.name")


class Domain(Base):
    """A domain whose mailboxes this organization may fill."""

    __tablename__ = "domain"
    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True)
    session_number: Mapped[int] = mapped_column(default=1)
    """Raised by a change of password: sessions with an older number are over."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    organization: Mapped[Organization | None] = relationship()


class DestinationServer(Base):
    """A destination system, set up by the operator. `organization_id` None: open to all."""

    __tablename__ = "destination"
    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    name: Mapped[str] = mapped_column(String(120), unique=True)
    provisioner: Mapped[str] = mapped_column(String(40))
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The provisioner's own settings, as its schema has them; no secrets."""
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    security: Mapped[str] = mapped_column(String(16))
    password_policy: Mapped[str] = mapped_column(String(40), default="konsoleh")
    created_at: Mapped[datetime] = mapped_column(default=now)


class ServerLimit(Base):
    """At most so many connections to one source server. Host empty: to any other one."""

    __tablename__ = "server_limit"
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    connections: Mapped[int]


NEVER_AGAIN = {"sqlite_autoincrement": True}
"""A number that people have seen is not given to another row, after its own was deleted."""


class Migration(Base):
    __tablename__ = "migration"
    __table_args__ = NEVER_AGAIN
    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16), default=MigrationState.DRAFT)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    # step 1
    source_host: Mapped[str] = mapped_column(String(255), default="")
    source_port: Mapped[int] = mapped_column(default=993)
    source_security: Mapped[str] = mapped_column(String(16), default="ssl")
    mode: Mapped[str] = mapped_column(String(16), default="flags and new")
    dry_run: Mapped[bool] = mapped_column(default=False)
    account_group: Mapped[str] = mapped_column(String(16), default="specific")
    threads: Mapped[int] = mapped_column(default=4)
    destination_id: Mapped[int | None] = mapped_column(ForeignKey("destination.id"))
    domain: Mapped[str] = mapped_column(String(255), default="")
    # step 3
    start: Mapped[str] = mapped_column(String(16), default="now")
    """now, manual or at."""
    start_at: Mapped[datetime | None]
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    loop: Mapped[bool] = mapped_column(default=False)
    loop_minutes: Mapped[int] = mapped_column(default=20)
    loop_until: Mapped[datetime | None]
    """None in a loop: for good."""
    loop_from: Mapped[datetime | None]
    """The first start, from which a loop's slots are counted."""
    next_start_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the clock starts the next run. None: it starts none."""
    schedule_state: Mapped[str] = mapped_column(String(16), default=ScheduleState.ACTIVE)
    notify: Mapped[str] = mapped_column(String(255), default="")
    removal_confirmed: Mapped[bool] = mapped_column(default=False)
    """Mode all: a person has seen how many messages it would remove."""
    deletion_confirmed: Mapped[bool] = mapped_column(default=False)
    """Deletion in the source: a person has confirmed it a second time."""
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """parameters.choices.Choices, which nothing here looks into but for that deletion."""
    note: Mapped[str] = mapped_column(Text, default="")

    keep_days: Mapped[int] = mapped_column(default=7, server_default=text("7"))
    """For so long after its end its passwords are kept (store.wiping)."""
    passwords_wiped_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    organization: Mapped[Organization] = relationship()
    destination: Mapped[DestinationServer | None] = relationship()
    accounts: Mapped[list[Account]] = relationship(
        order_by="Account.position", cascade="all, delete-orphan", back_populates="migration"
    )
    runs: Mapped[list[Run]] = relationship(
        order_by="Run.number", cascade="all, delete-orphan", back_populates="migration"
    )


class MailboxList(Base):
    """What a destination's provisioner listed for one domain, and when. Filled by a job."""

    __tablename__ = "mailbox_list"
    __table_args__ = (UniqueConstraint("destination_id", "domain"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    destination_id: Mapped[int] = mapped_column(ForeignKey("destination.id"))
    domain: Mapped[str] = mapped_column(String(255))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    listed_at: Mapped[datetime | None]
    """None while the job has not answered."""
    error: Mapped[str] = mapped_column(Text, default="")
    mailboxes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """[{"address": str, "admin": bool}, ...] sorted by address."""


class Reading(Base):
    """A customer may read the reports of this migration."""

    __tablename__ = "reading"
    migration_id: Mapped[int] = mapped_column(ForeignKey("migration.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)


class Account(CheckHeld, Base):
    """One row of a migration. A row whose line could not be read is kept too, blocked."""

    __tablename__ = "account"
    __table_args__ = (
        Index("account_claim", "state", "check_lease"),
        Index("account_place", "migration_id", "position"),
        Index("account_states", "migration_id", "state"),
        NEVER_AGAIN,
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    migration_id: Mapped[int] = mapped_column(ForeignKey("migration.id"))
    position: Mapped[int]
    line: Mapped[int | None]
    """The file's line, counted from 1; None when it was not read from a file."""
    source_host: Mapped[str] = mapped_column(String(255), default="")
    """The row's own server; empty: the migration's. `source_port` 0: the migration's."""
    source_port: Mapped[int] = mapped_column(default=0)
    source_security: Mapped[str] = mapped_column(String(16), default="")
    source_username: Mapped[str] = mapped_column(String(320), default="")
    source_password_sealed: Mapped[bytes | None]
    mailbox: Mapped[str] = mapped_column(String(320), default="")
    """The whole address at the destination, or what stood in the file where that is none."""
    mailbox_password_sealed: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(String(16), default=AccountState.NEW)
    check_token: Mapped[int] = mapped_column(default=0)
    check_lease: Mapped[datetime | None]
    """While checking: as an account run's."""
    check_beside: Mapped[bool] = mapped_column(default=False, server_default=false())
    """While checking: in the place of a worker that copies, too."""
    check_attempts: Mapped[int] = mapped_column(default=0)
    """Checks that began and never answered, since the last that did."""
    check_started_at: Mapped[datetime | None]
    check_waits_since: Mapped[datetime | None]
    """The server has refused this check for now, since then; None: it has not."""
    check_not_before: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    reading_fault: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Why the file's line could not be read (code, words, hint, field), until it is edited."""
    guessed_encoding: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """Of the file that the password was read from, where the file does not say it; else ''."""
    source_folders: Mapped[int | None]
    source_messages: Mapped[int | None]
    source_size: Mapped[int | None] = mapped_column(BigInteger)
    mailbox_exists: Mapped[bool | None]
    migration: Mapped[Migration] = relationship(back_populates="accounts")
    findings: Mapped[list[FindingRow]] = relationship(
        order_by="FindingRow.id", cascade="all, delete-orphan"
    )


class FindingRow(Base):
    __tablename__ = "finding"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    level: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text)
    hint: Mapped[str] = mapped_column(Text, default="")
    server_words: Mapped[str] = mapped_column(Text, default="")
    field: Mapped[str] = mapped_column(String(40), default="")


class Run(Base):
    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("migration_id", "number"),
        Index("run_states", "state"),
        NEVER_AGAIN,
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    migration_id: Mapped[int] = mapped_column(ForeignKey("migration.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default=MigrationState.RUNNING)
    mode: Mapped[str] = mapped_column(String(16))
    dry_run: Mapped[bool]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The migration's at the start."""
    started_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime] = mapped_column(default=now)
    completed_at: Mapped[datetime | None]
    migration: Mapped[Migration] = relationship(back_populates="runs")
    account_runs: Mapped[list[AccountRun]] = relationship(
        cascade="all, delete-orphan", back_populates="run", order_by="AccountRun.id"
    )


class AccountRun(Course, Held, Base):
    """One account in one run. Its counters are the sums of its folders' reports."""

    __tablename__ = "account_run"
    __table_args__ = (
        UniqueConstraint("run_id", "account_id"),
        Index("account_run_claim", "state", "lease"),
        NEVER_AGAIN,
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[str] = mapped_column(String(24), default=AccountRunState.PENDING)
    phase: Mapped[str] = mapped_column(String(16), default=Phase.WAITING)
    token: Mapped[int] = mapped_column(default=0)
    """The fencing number: raised by each claim; a write with an older one is refused."""
    wish: Mapped[str] = mapped_column(String(16), default="")
    """paused or stopped: what a person wants of this account alone (store.wishes)."""
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    folder: Mapped[str] = mapped_column(Text, default="")
    """The source folder being worked on."""
    planned: Mapped[int] = mapped_column(default=0)
    planned_size: Mapped[int] = mapped_column(BigInteger, default=0)
    found: Mapped[int] = mapped_column(default=0)
    copied: Mapped[int] = mapped_column(default=0)
    present: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    vanished: Mapped[int] = mapped_column(default=0)
    size_copied: Mapped[int] = mapped_column(BigInteger, default=0)
    flags_changed: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    folders_created: Mapped[int] = mapped_column(default=0)
    mailbox_created: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[str] = mapped_column(String(40), default="")
    left_out: Mapped[list[str]] = mapped_column(JSON, default=list)
    removal_allowed: Mapped[bool] = mapped_column(default=False)
    """A person has seen that more than half of a folder would be removed, and wants it."""
    retry_refused: Mapped[bool] = mapped_column(default=False)
    """A person has asked for another try: what was refused for good is asked for again."""
    error: Mapped[str] = mapped_column(String(40), default="")
    error_side: Mapped[str] = mapped_column(String(16), default="")
    """source or destination; empty where it is neither's."""
    server_words: Mapped[str] = mapped_column(Text, default="")
    run: Mapped[Run] = relationship(back_populates="account_runs")
    account: Mapped[Account] = relationship()
    folders: Mapped[list[FolderRow]] = relationship(
        order_by="FolderRow.id", cascade="all, delete-orphan"
    )
    notes: Mapped[list[NoteRow]] = relationship(order_by="NoteRow.id", cascade="all, delete-orphan")


class RunSample(Base):
    """How far a run had come at a moment: what its rate and its chart are made of."""

    __tablename__ = "run_sample"
    __table_args__ = (Index("run_sample_place", "run_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=now)
    messages: Mapped[int]
    """Copied since the run began: never less than in an earlier sample."""
    size: Mapped[int] = mapped_column(BigInteger)


class FolderRow(MoreCounters, Base):
    """sync.report.FolderReport, field for field."""

    __tablename__ = "folder_report"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_run_id: Mapped[int] = mapped_column(
        ForeignKey("account_run.id", ondelete="CASCADE"), index=True
    )
    source: Mapped[str] = mapped_column(Text)
    destination: Mapped[str] = mapped_column(Text)
    found: Mapped[int]
    copied: Mapped[int]
    present: Mapped[int]
    skipped: Mapped[int]
    failed: Mapped[int]
    vanished: Mapped[int]
    size_copied: Mapped[int] = mapped_column(BigInteger)
    flags_changed: Mapped[int]
    removed: Mapped[int]
    created: Mapped[bool]
    verified: Mapped[bool]
    error: Mapped[str] = mapped_column(String(40), default="")
    server_words: Mapped[str] = mapped_column(Text, default="")


class NoteRow(Base):
    """sync.report.MessageNote, field for field: a message that was skipped, failed or altered."""

    __tablename__ = "message_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_run_id: Mapped[int] = mapped_column(
        ForeignKey("account_run.id", ondelete="CASCADE"), index=True
    )
    folder: Mapped[str] = mapped_column(Text)
    uid: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(40))
    server_words: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    date: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)


class LedgerFolder(Base):
    """sync.intent.FolderKey of one account.

    `subject` names the two mailboxes: an account whose server or login was edited has another,
    and so an empty ledger, even where both servers count their UIDVALIDITY from 1."""

    __tablename__ = "ledger_folder"
    __table_args__ = (Index("ledger_folder_account", "account_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(64), default="")
    source: Mapped[str] = mapped_column(Text)
    source_uidvalidity: Mapped[int] = mapped_column(BigInteger)
    destination: Mapped[str] = mapped_column(Text)
    destination_uidvalidity: Mapped[int] = mapped_column(BigInteger)
    rest: Mapped[bytes | None]
    """How both folders were when they were equal (sync.ledger_rows.pack_rest)."""


class LedgerBatch(Doubtful, Base):
    """An intent, and after it is settled the pairs it left. Append-only but for `settled`."""

    __tablename__ = "ledger_batch"
    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(
        ForeignKey("ledger_folder.id", ondelete="CASCADE"), index=True
    )
    account_run_id: Mapped[int] = mapped_column(index=True)
    uidnext: Mapped[int] = mapped_column(BigInteger)
    settled: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(default=now)
    """When it was written, and for an intent when it was settled."""
    kind: Mapped[str] = mapped_column(String(8))
    """One of sync.ledger_kinds.Kind."""
    packed: Mapped[bytes]
    """While open source uids; settled: pairs (source uid, destination uid, size)."""


class History(Trail, Base):
    __tablename__ = "history"
    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    migration_id: Mapped[int | None] = mapped_column(index=True)


class Notice(Base):
    """Something that people are told by mail; written in the transaction in which it happened."""

    __tablename__ = "notice"
    id: Mapped[int] = mapped_column(primary_key=True)
    migration_id: Mapped[int] = mapped_column(
        ForeignKey("migration.id", ondelete="CASCADE"), index=True
    )
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """store.notices.Kind"""
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What it says, as it was then: names, numbers, codes and servers' words; no secrets."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    mails: Mapped[list[NoticeMail]] = relationship(
        order_by="NoticeMail.id", cascade="all, delete-orphan", back_populates="notice"
    )


class NoticeMail(Held, Base):
    """One notice to one address."""

    __tablename__ = "notice_mail"
    __table_args__ = (Index("notice_mail_claim", "state", "not_before"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"), index=True)
    recipient: Mapped[str] = mapped_column(String(320))
    state: Mapped[str] = mapped_column(String(16), default=MailState.WAITING)
    token: Mapped[int] = mapped_column(default=0)
    """The fencing number, as of an account run."""
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    """Why it has not been sent (yet), in words; the mail server's own in `server_words`."""
    server_words: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None]
    """When it was sent, or given up."""
    notice: Mapped[Notice] = relationship(back_populates="mails")


class NoticeEvent(Base):
    """An account that needs a person. Those of some moments are told by one notice."""

    __tablename__ = "notice_event"
    __table_args__ = (Index("notice_event_untold", "notice_id", "migration_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    migration_id: Mapped[int] = mapped_column(ForeignKey("migration.id", ondelete="CASCADE"))
    account_run_id: Mapped[int] = mapped_column(ForeignKey("account_run.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    code: Mapped[str] = mapped_column(String(40))
    side: Mapped[str] = mapped_column(String(16), default="")
    server_words: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(default=now)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"))
    """The notice that has told it; None: not told yet."""
    account: Mapped[Account] = relationship()
