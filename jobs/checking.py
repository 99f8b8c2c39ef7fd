"""One pre-flight check: load the row, let the importer look at it, and enter what it found."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from importer.diagnosis import explain
from importer.duplicates import RowKey, duplicates
from importer.finding import Finding, Level
from importer.habits import habit_found
from importer.preflight import CheckResult, CheckSubject, SoFar
from importer.preflight import check as preflight
from jobs.deadline import Deadline, clock
from jobs.last_moment import LastMoment
from jobs.lease import Heartbeat
from jobs.loading import Place, sides_of
from jobs.logs import trace
from jobs.permits import Permits
from jobs.room import make_room
from jobs.services import Services
from parameters.build import sync_options
from parameters.choices import from_json
from provisioners import open_provisioner
from provisioners.base import Provisioner
from store import ownership
from store.claims import begin_check, extend_check, give_back_check
from store.engine import StoreError
from store.finishing import CheckEnd, finish_check
from store.habits import habits
from store.neighbours import neighbours
from store.seal import SealBroken
from store.tables import Account, FindingRow, Migration
from store.waiting import wait_for_server, wait_for_turn
from sync.errors import Code, Side
from sync.options import FolderChoice, Mode

log = logging.getLogger("mailhaul.check")


@dataclass(frozen=True, slots=True)
class _Loaded:
    subject: CheckSubject
    place: Place


def check_account(services: Services, account_id: int, token: int) -> None:
    """Returns when findings are entered, or when the claim is not ours (any more)."""
    seconds = services.settings.lease_seconds

    def extend() -> bool:
        with services.store.write() as session:
            return extend_check(session, account_id, token, seconds=seconds)

    with services.store.write() as session:
        since = clock()
        if not begin_check(session, account_id, token, seconds=seconds):
            return
    so_far, limit = SoFar(), services.settings.check_seconds
    permits = _permits(services, account_id)

    def ended_late() -> None:
        permits.give_back()
        with services.store.write() as session:
            finish_check(session, account_id, token, _end(so_far.late(limit)))
        log.warning("check=late seconds=%d phase=%s", limit, so_far.doing.name.lower())

    def given_back() -> None:
        permits.give_back()
        with services.store.write() as session:
            give_back_check(session, account_id, token)
        log.info("check=given_back phase=%s", so_far.doing.name.lower())

    ends = LastMoment(limit, ended_late, give_back=given_back, leave=lambda: make_room(services))
    beats = Heartbeat(extend, seconds, since=since, deadline=Deadline())
    with beats as heartbeat, ends as last_moment:
        try:
            end = _check(services, account_id, so_far, permits)
        except StoreError as error:
            # Nothing can be entered now. The lease runs out, and the check is made again.
            log.warning("check=unanswered database=away reason=%s", type(error).__name__)
            return
        except Exception as error:  # noqa: BLE001 - a row never stays stuck
            log.error("check=broken error=internal %s", trace(error))
            end = _broken(error)
        last_moment.stop()
        heartbeat.stop()
        if _waits(services, account_id, token, so_far):
            return
        with services.store.write() as session:
            finish_check(session, account_id, token, end)
    blocking = ",".join(row.code for row in end.findings if row.level == Level.BLOCKING)
    log.info("check=%s codes=%s", "ready" if end.ready else "blocked", blocking or "none")


def _waits(services: Services, account_id: int, token: int, so_far: SoFar) -> bool:
    """Whether the check was refused for now, and is made again by itself."""
    result = so_far.result()
    if result.passing is None:
        return False
    why = result.passing
    if why.code is Code.LOGINS_WAIT:
        with services.store.write() as session:
            wait_for_turn(session, account_id, token)
        log.info("check=waits side=%s code=%s", why.side, why.code)
        return True
    findings = _rows([_meanwhile(one) for one in result.findings if one.level != Level.OK])
    source, asked = why.side is Side.SOURCE, why.asked
    with services.store.write() as session:
        waits = wait_for_server(
            session, account_id, token, findings, code=why.code, source=source, asked=asked
        )
    if waits:
        log.info("check=waits side=%s code=%s", why.side, why.code)
    return waits


def _meanwhile(finding: Finding) -> Finding:
    """Of a check that goes on by itself."""
    if finding.level != Level.BLOCKING:
        return finding
    hint = "Nothing has to be done: the check waits, and tries again by itself."
    return replace(finding, level=Level.WARNING, hint=hint)


def _check(services: Services, account_id: int, so_far: SoFar, permits: Permits) -> CheckEnd:
    with services.store.read() as session:
        if words := ownership.given_away(session, session.get_one(Account, account_id)):
            return CheckEnd(False, _rows([replace(explain(Code.NOT_OWNED), words=words)]))
    try:
        loaded = _load(services, account_id)
    except SealBroken as error:
        return CheckEnd(False, _rows([_elsewhere(error)]))
    provisioner: Provisioner = open_provisioner(loaded.place.provisioner, loaded.place.config)
    policy = services.policy
    result = preflight(
        loaded.subject, policy=policy, provisioner=provisioner, so_far=so_far, permits=permits
    )
    return _end(result)


def _permits(services: Services, account_id: int) -> Permits:
    with services.store.read() as session:
        organization_id = session.get_one(Account, account_id).migration.organization_id
    budget = services.settings.refused_logins
    return Permits(services.store, organization_id, budget, holder=f"check {account_id}")


def _load(services: Services, account_id: int) -> _Loaded:
    """Raises LookupError for a migration without a destination, which the wizard never checks."""
    with services.store.read() as session:
        account = session.get_one(Account, account_id)
        migration = account.migration
        sides = sides_of(account, migration, services.sealer)
        if sides.destination is None:
            raise LookupError("no destination")
        place = sides.destination.server
        known = habits(session, place.host, place.port)
        doubles = duplicates([_key(row, migration) for row in neighbours(session, account)])
        subject = CheckSubject(
            source=sides.source,
            login=sides.login,
            mailbox=sides.mailbox,
            mailbox_password=sides.mailbox_password,
            domain=migration.domain,
            domains=tuple(domain.name for domain in migration.organization.domains),
            destination=place,
            password_policy=sides.destination.password_policy,
            mode=Mode(migration.mode),
            reading_fault=_fault(account.reading_fault),
            duplicates=doubles.get(account.id, ()),
            folders=_folders(migration),
            habits=habit_found(place.host, known.copied, known.altered),
            line=account.line,
            guessed=account.guessed_encoding,
        )
        return _Loaded(subject, sides.destination)


def _folders(migration: Migration) -> FolderChoice:
    """Options that cannot be carried out are told where they are chosen, and at the start."""
    try:
        choices, mode = from_json(migration.options), Mode(migration.mode)
        return sync_options(choices, mode=mode, dry_run=True).folders
    except ValueError:
        return FolderChoice()


def _key(account: Account, migration: Migration) -> RowKey:
    mailbox = account.mailbox.strip()
    if mailbox and "@" not in mailbox:
        mailbox = f"{mailbox}@{migration.domain}"
    return RowKey(
        id=account.id,
        label=f"line {account.line}" if account.line else f"row {account.position}",
        mailbox=mailbox,
        host=account.source_host or migration.source_host,
        port=account.source_port or migration.source_port,
        username=account.source_username,
    )


def _fault(stored: dict[str, Any] | None) -> Finding | None:
    if not stored:
        return None
    words = {name: str(stored.get(name, "")) for name in ("code", "words", "hint", "field")}
    return Finding(Level.BLOCKING, **words)


def _end(result: CheckResult) -> CheckEnd:
    return CheckEnd(
        ready=all(finding.level != Level.BLOCKING for finding in result.findings),
        findings=_rows(result.findings),
        address=result.address,
        folders=result.folders,
        messages=result.messages,
        size=result.size,
        mailbox_exists=result.mailbox_exists,
        source=result.source,
        destination=result.destination,
    )


def _elsewhere(error: SealBroken) -> Finding:
    hint = "Enter it again with the pencil, for the mailbox and the server that stand there now."
    field = "source_password"
    return Finding(Level.BLOCKING, "password_elsewhere", str(error), hint, field=field)


def _broken(error: Exception) -> CheckEnd:
    finding = Finding(
        Level.BLOCKING,
        Code.INTERNAL,
        "This account could not be checked: our own check broke off.",
        "Tell the operator; the server's log says why. Then check the row again.",
        type(error).__name__,
    )
    return CheckEnd(False, _rows([finding]))


def _rows(findings: Sequence[Finding]) -> list[FindingRow]:
    return [FindingRow(**asdict(finding)) for finding in findings]
