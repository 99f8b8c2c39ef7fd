"""What the pages' tests start from: two organizations with people, and migrations in all states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from store import accounts, control, destinations, drafts, folder_lists, history, notices, people
from store.accounts import NewAccount
from store.drafts import ServerChoice
from store.seal import Sealer
from store.states import AccountRunState, AccountState, MigrationState, Phase
from store.tables import (
    Account,
    AccountRun,
    FindingRow,
    FolderRow,
    MailboxList,
    Migration,
    NoteRow,
    Role,
    Run,
    RunSample,
    User,
    now,
)
from sync.model import Folder, FolderList, FolderStatus, Namespace, SpecialUse
from tests.wizard.browser import PASSWORD


@dataclass(frozen=True)
class World:
    """The ids of what `people_and_places` has made. Every password is browser.PASSWORD."""

    organization: int
    foreign_organization: int
    destination: int
    reseller: int
    customer: int
    foreign: int


EMAILS = {
    "admin": "admin@example.net",
    "reseller": "rita@example.net",
    "support": "sam@example.net",
    "customer": "carl@example.net",
    "foreign": "fred@example.org",
}


@cache
def _hash() -> str:
    """Argon2 is slow by intention; hundreds of tests sign in, and here it is fast."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def people_and_places(session: Session) -> World:
    own = people.add_organization(session, "Harbour Hosting", ["example.com", "example.de"])
    other = people.add_organization(session, "Other Hosting", ["example.org"])
    ids: dict[str, int] = {}
    for name, email in EMAILS.items():
        role = Role.RESELLER if name == "foreign" else Role(name)
        place = other if name == "foreign" else own
        user = User(email=email, role=role, organization_id=place.id, password_hash=_hash())
        session.add(user)
        session.flush()
        ids[name] = user.id
    destination = destinations.add(
        session,
        name="Our mail cluster",
        provisioner="existing",
        host="mail.example.net",
        port=993,
        security="ssl",
    )
    return World(own.id, other.id, destination.id, ids["reseller"], ids["customer"], ids["foreign"])


def listed(session: Session, world: World) -> None:
    """What the destination has said it holds."""
    names = ("admin", "info", "jane.doe", "office")
    session.add(
        MailboxList(
            destination_id=world.destination,
            domain="example.com",
            listed_at=now(),
            mailboxes=[{"address": f"{n}@example.com", "admin": n == "admin"} for n in names],
        )
    )


def choice(world: World, **changes: Any) -> ServerChoice:
    values: dict[str, Any] = {
        "name": "example.com, spring move",
        "source_host": "imap.old.example",
        "source_port": 993,
        "source_security": "ssl",
        "mode": "flags and new",
        "dry_run": False,
        "account_group": "specific",
        "threads": 4,
        "destination_id": world.destination,
        "domain": "example.com",
    }
    return ServerChoice(**(values | changes))


def draft(session: Session, world: World, **changes: Any) -> Migration:
    organization = changes.pop("organization_id", world.organization)
    migration = drafts.new(
        session,
        organization_id=organization,
        created_by=world.reseller,
        choice=choice(world, **changes),
    )
    history.record(
        session,
        kind="created",
        organization_id=organization,
        migration_id=migration.id,
        user=session.get_one(User, world.reseller),
    )
    return migration


def add_rows(session: Session, sealer: Sealer, migration: Migration, *names: str) -> list[int]:
    """A row a name, with passwords, waiting for its check."""
    rows = [
        NewAccount(f"{name}@old.example", f"{name}@example.com", f"src-{name}", f"Dst-{name}-2026")
        for name in names
    ]
    return accounts.add(session, sealer, migration.id, rows)


def checked(session: Session, account_id: int, *findings: tuple[str, str, str, str, str]) -> None:
    """As a check ends: ready, or blocked when a finding (level, code, words, hint, server's) is."""
    account = session.get_one(Account, account_id)
    blocked = any(finding[0] == "blocking" for finding in findings)
    account.state = AccountState.BLOCKED if blocked else AccountState.READY
    account.checked_at = now()
    account.source_folders, account.source_messages, account.source_size = 9, 4711, 812_000_000
    account.mailbox_exists = account_id % 2 == 0
    for level, code, words, hint, said in findings:
        session.add(
            FindingRow(
                account_id=account_id,
                level=level,
                code=code,
                words=words,
                hint=hint,
                server_words=said,
            )
        )


def folders_seen(session: Session, account_id: int, **more: int) -> None:
    """What a check has seen: the usual folders of two systems, and `more` with their messages."""
    counts = {"INBOX": 4000, "Gesendete Objekte": 600, "Spam": 90, "Archiv": 0} | more
    uses = {"Gesendete Objekte": SpecialUse.SENT}
    source = [Folder(name, special_use=uses.get(name)) for name in counts]
    statuses = {
        name: FolderStatus(0, 0, number, size=number * 50_000) for name, number in counts.items()
    }
    theirs = [Folder("INBOX", "."), Folder("INBOX.Sent", ".", special_use=SpecialUse.SENT)]
    folder_lists.keep(
        session,
        account_id,
        FolderList(Namespace(), tuple(source), statuses),
        FolderList(Namespace("INBOX.", "."), tuple(theirs)),
    )


WRONG_PASSWORD = (
    "blocking",
    "login_refused",
    "The old mail server does not accept this username and password.",
    "Check both with the pencil. Some providers want an app password.",
    "[AUTHENTICATIONFAILED] Authentication failed.",
)
NOT_EMPTY = (
    "warning",
    "mailbox_not_empty",
    "The mailbox already holds 12 messages.",
    "They stay. Check that this is the right mailbox.",
    "",
)


def mixed_draft(session: Session, sealer: Sealer, world: World) -> Migration:
    """A draft with rows that are ready, warned, blocked, unreadable and being checked."""
    migration = draft(session, world)
    ids = add_rows(session, sealer, migration, "info", "sales", "boss", "müller.long-name", "new")
    checked(session, ids[0])
    checked(session, ids[1], NOT_EMPTY)
    checked(session, ids[2], WRONG_PASSWORD)
    checked(session, ids[3])
    fault = {
        "code": "too_few_columns",
        "words": "Line 7 of the file: it has 3 column(s) instead of 5.",
        "hint": "Fill in what is missing.",
        "field": "",
        "all": [{"column": "", "value": "", "words": "it has 3 column(s) instead of 5.",
                 "hint": "Fill in what is missing: IMAP server;IMAP username;…"}],
    }  # fmt: skip
    unreadable = NewAccount("half@old.example", "", line=7, fault=fault)
    accounts.add(session, sealer, migration.id, [unreadable])
    return migration


def ready_draft(session: Session, sealer: Sealer, world: World, **changes: Any) -> Migration:
    migration = draft(session, world, **changes)
    for account_id in add_rows(session, sealer, migration, "info", "sales", "boss"):
        checked(session, account_id)
    return migration


def running(session: Session, sealer: Sealer, world: World) -> Migration:
    """One account is done, one is in the middle, one waits."""
    migration = ready_draft(session, sealer, world, name="Running move")
    run = control.start(session, migration.id, session.get_one(User, world.reseller))
    done, middle, _ = run.account_runs
    _complete(session, done)
    middle.state, middle.phase, middle.folder = AccountRunState.RUNNING, Phase.COPYING, "Entwürfe"
    middle.planned, middle.copied, middle.size_copied = 4711, 2000, 300_000_000
    middle.planned_size = 812_000_000
    middle.started_at = now() - timedelta(minutes=3)
    middle.lease = now() + timedelta(hours=1)
    return migration


def sampled(session: Session, run: Run, minutes: int) -> None:
    """A course as the clock would have seen it, up to now: fast, still for a while, then slower."""
    run.started_at = now() - timedelta(minutes=minutes)
    messages = 0
    for step in range(1, minutes * 12 + 1):
        share = step / (minutes * 12)
        messages += 200 if share < 0.4 else 0 if share < 0.5 else 90
        session.add(
            RunSample(
                run_id=run.id,
                at=run.started_at + timedelta(seconds=5 * step),
                messages=messages,
                size=messages * 47_000 + int(share * 90_000_000),
            )
        )


def finished(session: Session, sealer: Sealer, world: World) -> Migration:
    """One complete, one with exceptions, one failed."""
    migration = ready_draft(session, sealer, world, name="=Finished <b>move</b>")
    run = control.start(session, migration.id, session.get_one(User, world.reseller))
    _complete(session, run.account_runs[0])
    _with_exceptions(session, run.account_runs[1])
    failed = run.account_runs[2]
    failed.state, failed.phase = AccountRunState.FAILED, Phase.DONE
    failed.error, failed.server_words = "login_refused", "[AUTHENTICATIONFAILED] no"
    failed.started_at = failed.completed_at = now()
    run.state = migration.state = MigrationState.COMPLETE
    run.completed_at = migration.completed_at = now() + timedelta(minutes=12)
    return migration


def noticed(session: Session, migration: Migration) -> None:
    """A mail that was sent, one that waits for its next attempt, one refused, one never sent."""
    to = [f"{name}@example.com" for name in ("sent", "later", "refused", "never")]
    mails = notices.test(session, migration, to, asked_by="rita@example.net").mails
    for mail, state in zip(mails, ("sent", "waiting", "failed", "unsent"), strict=True):
        mail.state = state
        mail.ended_at = None if state == "waiting" else now()
    said = ("451 4.7.1 Greylisted", "550 5.1.1 No such user", "")
    for mail, words in zip(mails[1:], said, strict=True):
        mail.error, mail.server_words = "The mail server mail.example.net did not take it.", words
    mails[1].attempts, mails[1].not_before = 1, now() + timedelta(minutes=1)


def _complete(session: Session, run: AccountRun) -> None:
    run.state, run.phase, run.verdict = AccountRunState.COMPLETE, Phase.DONE, "verified"
    run.started_at, run.completed_at = now() - timedelta(minutes=9), now()
    run.planned = run.found = 4711
    run.copied, run.present, run.size_copied = 4700, 11, 812_000_000
    run.folders_created, run.mailbox_created = 3, True
    session.add(folder_row(run, "INBOX", found=4000, copied=3989, present=11))
    session.add(folder_row(run, "Archiv/Gelöschte Elemente", found=711, copied=711))


def _with_exceptions(session: Session, run: AccountRun) -> None:
    run.state, run.phase = AccountRunState.SKIPS, Phase.DONE
    run.verdict = "verified with named exceptions"
    run.started_at = run.completed_at = now()
    run.planned = run.found = 5
    run.copied, run.skipped, run.vanished = 3, 1, 1
    session.add(folder_row(run, "INBOX", found=5, copied=3, skipped=1, vanished=1))
    session.add(
        NoteRow(
            account_run_id=run.id,
            folder="INBOX",
            uid=17,
            outcome="skipped",
            code="too_large",
            server_words="[TOOBIG] Message too large",
            subject="=HYPERLINK(\"http://evil\") <script>alert(1)</script>",
            date="Tue, 3 Nov 2026 10:11:12 +0100",
            size=88_000_000,
        )
    )  # fmt: skip


def rehearsed(session: Session, run: AccountRun, **counters: int) -> None:
    """One account of a dry run, which has found so much to do."""
    run.state, run.phase, run.verdict = AccountRunState.COMPLETE, Phase.DONE, "dry run"
    run.started_at = run.completed_at = now()
    run.removed = counters.get("removed", 0)
    session.add(folder_row(run, "INBOX", **counters))


def refused(session: Session, sealer: Sealer, world: World) -> Migration:
    """A run of which one account would have lost more than half of a folder."""
    migration = finished(session, sealer, world)
    one = migration.runs[0].account_runs[2]
    one.error, one.error_side = "deletion_refused", "destination"
    one.server_words = "INBOX.Sent: 60 of 100 messages"
    return migration


def folder_row(run: AccountRun, name: str, **counters: int) -> FolderRow:
    zero = dict.fromkeys(
        ("found", "copied", "present", "skipped", "failed", "vanished", "flags_changed", "removed"),
        0,
    )
    return FolderRow(
        account_run_id=run.id,
        source=name,
        destination=f"INBOX.{name}" if name != "INBOX" else name,
        size_copied=1_000_000,
        created=name != "INBOX",
        verified=True,
        **(zero | counters),
    )
