"""Migrations in the states that are seldom seen: dry runs, stopped and failed runs, folders that
were left out, checks that wait, passwords that are gone."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from importer.doubtful import doubts
from store import control
from store.pace import ServerPace
from store.seal import Sealer
from store.states import AccountRunState, MigrationState, Phase
from store.tables import Account, AccountRun, FindingRow, Migration, Reading, User, now
from store.wiping import wipe
from sync.report import Omission
from tests.wizard import world as seeds
from tests.wizard.world import World

REFUSED_FOR_NOW = (
    "warning",
    "too_many_connections",
    "The old mail server imap.old.example refuses this connection: it has too many already.",
    "Nothing has to be done: the check waits, and tries again by itself.",
    "[UNAVAILABLE] Maximum number of connections from user+IP exceeded",
)
PINNED = (
    "warning",
    "certificate_exception",
    "The certificate of imap.old.example would not pass otherwise: your operator allows the one "
    f"with the SHA-256 fingerprint {'3f' * 32}, and no other.",
    "Nothing has to be done. When the server gets another certificate, tell your operator.",
    "",
)


def odd(session: Session, sealer: Sealer, world: World) -> dict[str, int]:
    """The numbers of all of them, by what they are."""
    doubtful = checks(session, sealer, world)
    made = {
        "doubtful": doubtful.id,
        "dry": rehearsal(session, sealer, world, "ended").id,
        "dry-running": rehearsal(session, sealer, world, "running").id,
        "dry-failed": rehearsal(session, sealer, world, "failed").id,
        "dry-stopped": rehearsal(session, sealer, world, "stopped").id,
        "stopped": stopped(session, sealer, world).id,
        "wiped": wiped(session, sealer, world).id,
    }
    session.flush()
    learned(session)
    for name in ("dry", "stopped", "dry-failed"):
        session.add(Reading(migration_id=made[name], user_id=world.customer))
    return made


def checks(session: Session, sealer: Sealer, world: World) -> Migration:
    """A new password of each doubtful kind, a check that was refused for now, an exception."""
    migration = seeds.draft(session, world, name="Typed by hand")
    rows = seeds.add_rows(session, sealer, migration, "umlaut", "blank", "waits", "pinned")
    _doubted(session, rows[0], "Grün-Weiß-2026", guessed="Windows-1252")
    _doubted(session, rows[1], " leading-Blank-2026\u200b", guessed="")
    seeds.checked(session, rows[3], PINNED)
    waits = session.get_one(Account, rows[2])
    waits.check_not_before, waits.check_waits_since = now() + timedelta(seconds=40), now()
    level, code, words, hint, said = REFUSED_FOR_NOW
    session.add(
        FindingRow(
            account_id=waits.id, level=level, code=code, words=words, hint=hint, server_words=said
        )
    )
    return migration


def _doubted(session: Session, number: int, password: str, *, guessed: str) -> None:
    found = doubts(password, line=number, guessed=guessed)
    seeds.checked(
        session, number, *((one.level, one.code, one.words, one.hint, "") for one in found)
    )
    session.get_one(Account, number).line = number


def learned(session: Session) -> None:
    """Two servers that have refused connections lately."""
    refused = now() - timedelta(seconds=70)
    session.add(ServerPace(host="imap.old.example", places=2, refused_at=refused, raised_after=60))
    session.add(
        ServerPace(host="a" * 40 + ".example", places=1, refused_at=refused, raised_after=240)
    )


def rehearsal(session: Session, sealer: Sealer, world: World, how: str) -> Migration:
    migration = seeds.ready_draft(session, sealer, world, name=f"Dry run, {how}", dry_run=True)
    run = control.start(session, migration.id, session.get_one(User, world.reseller))
    first, second, third = run.account_runs
    seeds.rehearsed(session, first, found=9, copied=5, present=4)
    first.found, first.copied, first.present, first.size_copied = 9, 5, 4, 2_400_000
    _left_out(first)
    if how in ("running", "stopped"):
        _in_the_middle(second)
    if how == "running":
        return migration
    if how == "stopped":
        control.stop(session, migration.id, session.get_one(User, world.reseller))
        for one in (second, third):
            one.state, one.lease = AccountRunState.STOPPED, None
        run.completed_at = migration.completed_at = now()
        return migration
    for one in (second, third):
        seeds.rehearsed(session, one, found=3, copied=3)
        one.found, one.copied = 3, 3
    if how == "failed":
        third.state, third.verdict = AccountRunState.FAILED, ""
        third.error, third.error_side = "login_refused", "source"
        third.server_words = "[AUTHENTICATIONFAILED] no"
    run.state = migration.state = MigrationState.COMPLETE
    run.completed_at = migration.completed_at = now()
    return migration


def stopped(session: Session, sealer: Sealer, world: World) -> Migration:
    """One account done, one cut off in the middle, one that never began."""
    migration = seeds.running(session, sealer, world)
    migration.name = "Stopped in the middle"
    session.flush()
    control.stop(session, migration.id, session.get_one(User, world.reseller))
    run = migration.runs[0]
    for one in run.account_runs[1:]:
        one.state, one.lease = AccountRunState.STOPPED, None
    middle = run.account_runs[1]
    middle.found, middle.completed_at = 2000, now()
    session.add(seeds.folder_row(middle, "INBOX", found=2000, copied=2000))
    _left_out(run.account_runs[0])
    run.completed_at = migration.completed_at = now()
    return migration


def wiped(session: Session, sealer: Sealer, world: World) -> Migration:
    """Its time for repeats is over, and its passwords are gone."""
    migration = seeds.finished(session, sealer, world)
    migration.name = "Last month"
    migration.completed_at = now() - timedelta(days=9)
    session.flush()
    assert wipe(session, migration.id)
    session.flush()
    session.expire_all()
    return migration


def _in_the_middle(one: AccountRun) -> None:
    one.state, one.phase, one.folder = AccountRunState.RUNNING, Phase.COPYING, "Entwürfe"
    one.planned, one.copied, one.size_copied = 4711, 2000, 300_000_000
    one.planned_size = 812_000_000
    one.started_at, one.lease = now() - timedelta(minutes=3), now() + timedelta(hours=1)


def _left_out(one: AccountRun) -> None:
    reasons = {
        "SPAM-old": (Omission.EXCLUDED, 1203),
        "Junk": (Omission.EMPTY, 0),
        "Other Users/" + "long-name" * 12: (Omission.FOREIGN, None),
        "Archiv 2019": (Omission.NOT_SUBSCRIBED, 1),
    }
    one.left_out = list(reasons)
    one.omitted = [
        {"name": name, "reason": str(reason), "messages": number}
        for name, (reason, number) in reasons.items()
    ]
