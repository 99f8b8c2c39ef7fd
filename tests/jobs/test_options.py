"""What was chosen for a migration, as its two servers see it."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from jobs.loading import work_of
from jobs.running import AccountRunJob
from jobs.services import Services
from parameters.choices import Choices, to_json
from store import control
from store.habits import FEW, KNOWN, ServerHabit
from store.seal import password_context
from store.tables import Account, AccountRun, DestinationServer, Migration
from sync.errors import AccountError, Code
from sync.options import ProofLevel, SourceDeletion
from tests.imap.scripted import Script, ScriptedServer, Talk
from tests.jobs.haul import Haul
from tests.store.world import account_run, add_migration, claim_runs

_numbers = itertools.count(1)
Attempt = Callable[..., AccountRun]


def silent(talk: Talk) -> None:
    """Whoever logs in gets no answer any more, until he hangs up."""
    talk.welcome()
    while True:
        talk.line()


def empty(talk: Talk) -> None:
    """A mailbox of which there is nothing to say."""
    talk.welcome()
    while True:
        talk.say(talk.line().partition(b" ")[0] + b" OK done")


def refused(talk: Talk) -> None:
    """Logging in is the end."""
    talk.say(b"* OK hello")
    talk.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1")
    talk.answer(b"LOGIN", status=b"NO [AUTHENTICATIONFAILED] no")


@pytest.fixture
def attempt(make_services: Callable[..., Services]) -> Iterator[Attempt]:
    """One attempt at an account between two servers that play these scripts; how it ended."""
    servers: list[ScriptedServer] = []

    def run(source: Sequence[Script], destination: Sequence[Script], **chosen: Any) -> AccountRun:
        servers.extend((ScriptedServer(*source), ScriptedServer(*destination)))
        ports = [server.port for server in servers[-2:]]
        services = make_services(LEASE_SECONDS="600", ALLOWED_PORTS=f"{ports[0]} {ports[1]}")
        number = started(services, ports, to_json(Choices(**chosen)))
        (claim,) = claim_runs(services.store)
        AccountRunJob(services, claim.id, claim.token).run()
        return account_run(services.store, number)

    yield run
    for server in servers:
        server.stop()


def started(services: Services, ports: list[int], options: dict[str, Any]) -> int:
    """A migration of one account that runs; the account run's id."""
    with services.store.write() as session:
        migration = add_migration(
            session,
            domain=f"options{next(_numbers)}.test",
            source_host="127.0.0.1",
            source_port=ports[0],
            source_security="none",
            options=options,
        )
        place = migration.destination
        assert place is not None
        place.host, place.port, place.security = "127.0.0.1", ports[1], "none"
        seal = services.sealer.seal
        for account in session.query(Account):
            for field in ("source", "mailbox"):
                sealed = seal("secret", password_context(migration.id, field))
                setattr(account, f"{field}_password_sealed", sealed)
        run = control.start(session, migration.id, None)
        return run.account_runs[0].id


@pytest.mark.parametrize("slow", ["source", "destination"])
def test_each_side_has_its_own_timeout(attempt: Attempt, slow: str) -> None:
    """A server that falls silent is called again after its own time; the other's is an hour."""
    scripts = {"source": [empty], "destination": [empty], slow: [silent, refused]}
    timeouts = {"timeout_source": 3600, "timeout_destination": 3600, f"timeout_{slow}": 1}
    ended = attempt(scripts["source"], scripts["destination"], **timeouts)
    assert (ended.error, ended.error_side) == ("login_refused", slow)


@pytest.mark.parametrize("limit", [0, 100_000])
def test_the_limit_of_speed_holds_on_both_lines(attempt: Attempt, limit: int) -> None:
    """Before it connects, a line that is limited asks for small segments: both servers see it."""
    segments: list[int] = []

    def seen(rest: Script) -> Script:
        def script(talk: Talk) -> None:
            segments.append(talk.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))
            rest(talk)

        return script

    assert attempt([seen(silent)], [seen(refused)], bytes_per_second=limit).error == "login_refused"
    assert [size <= 1460 for size in segments] == [bool(limit)] * 2


def test_both_sides_are_logged_in_at_the_same_time(attempt: Attempt) -> None:
    """Neither server says a word before both have been called."""
    both = threading.Barrier(2)

    def together(talk: Talk) -> None:
        both.wait(10)
        refused(talk)

    ended = attempt([together], [together])
    assert (ended.error, ended.error_side) == ("login_refused", "source")


@pytest.fixture
def long_lease(environment: dict[str, str]) -> None:
    """A job in the test's own process is not ended by the kernel."""
    environment["LEASE_SECONDS"] = "600"


@pytest.mark.usefixtures("long_lease")
@pytest.mark.parametrize(("dry_run", "left"), [(True, 8), (False, 0)])
def test_what_is_proven_leaves_the_source(
    make: Callable[..., Haul], dry_run: bool, left: int
) -> None:
    """Where that was chosen and confirmed; a rehearsal leaves all of it."""
    chosen = Choices(source_deletion=SourceDeletion.SYNCED, proof=ProofLevel.CONTENT)
    options = to_json(chosen)
    haul = make(messages=(5,), dry_run=dry_run, options=options, deletion_confirmed=True)
    haul.start()
    (claim,) = claim_runs(haul.services.store)
    AccountRunJob(haul.services, claim.id, claim.token).run()
    assert haul.states() == ["complete"]
    source, destination = (
        list(server.maildir(haul.addresses[0]).glob("**/cur/*"))
        for server in (haul.source, haul.destination)
    )
    assert (len(source), len(destination)) == (left, 8 - left)


@pytest.mark.parametrize("options", [{"colour": 1}, {"exclude": "("}])
def test_options_that_cannot_be_carried_out_end_the_account(
    services: Services, options: dict[str, Any]
) -> None:
    """In words, and without an attempt: a newer version's, and what is no pattern any more."""
    number = started(services, [993, 993], options)
    with pytest.raises(AccountError) as raised:
        work_of(services.store, number, services.sealer)
    assert raised.value.code is Code.OPTIONS_REFUSED
    assert raised.value.server_words


def test_the_options_are_those_of_the_start(services: Services) -> None:
    """Choices become the engine's options once, and the line's timeouts."""
    chosen = Choices(max_age_days=9, timeout_source=7, custom="--minsize=99 --noautomap --noid")
    number = started(services, [993, 993], to_json(chosen))
    with services.store.write() as session:
        for migration in session.query(Migration):
            migration.options = {}
        host, port = session.query(DestinationServer.host, DestinationServer.port).one()
        session.add(ServerHabit(host=host.lower(), port=port, kind="", messages=KNOWN))
    work = work_of(services.store, number, services.sealer)
    assert work.options.proof_first == FEW
    assert (work.options.messages.max_age_days, work.timeouts) == (9, (7, 600))
    assert (work.options.messages.min_size, work.options.folders.automap) == (100, False)
    assert work.sides.destination is not None
    assert not work.sides.source.identify
    assert not work.sides.destination.server.identify
