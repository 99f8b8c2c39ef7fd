"""What keeps a run from its end, and the exit status that says so."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from launch.dovecot import Dovecot
from tests.conftest import free_port
from tests.shell.conftest import Mailbox, Shell


@pytest.mark.parametrize(("variable", "status"), [("1", 161), ("2", 162)])
def test_a_wrong_password(shell: Shell, variable: str, status: int) -> None:
    """The side that refuses it is in the status."""
    ran = shell.run("--json", **{f"MAILHAUL_PASSWORD{variable}": "wrong"})
    assert ran.status == status
    assert ran.told["exit"] == status
    assert ran.told["error"]["code"] == "login_refused"
    assert f"Exiting with return value {status} (EXIT_AUTHENTICATION_FAILURE_USER" in ran.err


@pytest.mark.parametrize(("number", "status"), [("1", 101), ("2", 102)])
def test_a_closed_port(shell: Shell, number: str, status: int) -> None:
    """Nobody listens."""
    ran = shell.run(f"--port{number}", str(free_port()))
    assert ran.status == status
    assert "refuses connections" in ran.out


@pytest.mark.parametrize("more", [[], ["--justconnect"], ["--justlogin"]])
def test_a_certificate_that_nobody_vouches_for(shell: Shell, more: list[str]) -> None:
    """Status 12, and no password is sent; the words name the option that helps."""
    ran = shell.run(*more, SSL_CERT_FILE="/dev/null")
    assert ran.status == 12
    assert "--insecure1" in ran.out


def test_any_certificate_on_request(shell: Shell) -> None:
    """--insecure of both sides; of one side it is not enough."""
    assert shell.run("--insecure1", SSL_CERT_FILE="/dev/null").status == 12
    assert shell.run("--insecure1", "--insecure2", SSL_CERT_FILE="/dev/null").status == 0


def test_authorities_by_option(shell: Shell) -> None:
    """--sslargs SSL_ca_file, as imapsync has it."""
    given = f"SSL_ca_file={shell.ca_file}"
    line = ("--sslargs1", given, "--sslargs2", "SSL_verify_mode=1", "--sslargs2", given)
    assert shell.run(*line, SSL_CERT_FILE="/dev/null").status == 0


def test_a_full_destination(shell: Shell, small_server: Callable[[], Mailbox]) -> None:
    """Status 113, and what fitted stays."""
    shell.destination = small_server()
    shell.source.fill(10, size=3000)
    ran = shell.run("--json")
    assert ran.status == 113, ran
    assert 0 < len(shell.destination.files()) < 40


def test_somebody_elses_password(shell: Shell, small_server: Callable[[], Mailbox]) -> None:
    """--authuser logs in as a user with the password of another."""
    shell.source = small_server()
    line = ("--authuser1", "boss", "--justlogin")
    assert shell.run(*line, MAILHAUL_PASSWORD1="master").status == 0
    assert shell.run("--justlogin", MAILHAUL_PASSWORD1="master").status == 161


@pytest.mark.parametrize("just", ["--justconnect", "--justlogin"])
def test_only_looking(shell: Shell, just: str) -> None:
    """Nothing is copied."""
    shell.source.fill(1)
    assert shell.run(just).status == 0
    assert shell.destination.files() == set()


@pytest.mark.parametrize(
    ("security", "tls_port"),
    [(["--tls"], False), (["--nossl", "--notls"], False), (["--ssl"], True)],
)
def test_each_way_to_connect(shell: Shell, security: list[str], tls_port: bool) -> None:
    """STARTTLS, plain text when both are switched off, and TLS."""
    line = []
    for number, mailbox in (("1", shell.source), ("2", shell.destination)):
        spec = mailbox.server.spec
        line += [f"--port{number}", str(spec.tls_port if tls_port else spec.port)]
        line += [option + number for option in security]
    assert shell.run(*line, "--justlogin").status == 0


def test_starttls_is_never_left_out(shell: Shell, make_dovecot: Callable[..., Dovecot]) -> None:
    """A server without it is refused, not talked to in the clear."""
    server = make_dovecot(tls=False)
    ran = shell.run("--port1", str(server.spec.port), "--tls1", "--justconnect")
    assert ran.status == 12
    assert "--nossl1 with --notls1" in ran.out


def test_an_unknown_option(shell: Shell) -> None:
    """Status 64, by name, and nothing is done."""
    ran = shell.run("--delete3")
    assert ran.status == 64
    assert "--delete3 is not known. Do you mean --delete2?" in ran.err
    assert ran.out == ""


def test_a_missing_password_file(shell: Shell, tmp_path: Path) -> None:
    """Status 66."""
    ran = shell.run("--passfile2", str(tmp_path / "none"))
    assert ran.status == 66
    assert "none cannot be read" in ran.err


def test_a_state_that_is_something_else(shell: Shell, tmp_path: Path) -> None:
    """Status 7, and the file is left alone."""
    (tmp_path / "state").write_text("my notes" * 1000)
    ran = shell.run("--state", str(tmp_path / "state"))
    assert ran.status == 7
    assert "not a database" in ran.err
    assert (tmp_path / "state").read_text() == "my notes" * 1000


def test_two_at_once(shell: Shell, tmp_path: Path) -> None:
    """With the same ledger on the same mailbox the second is refused, status 8."""
    shell.source.fill(500, size=3000)
    state = f"--state={tmp_path / 'state'}"
    with shell.start(state) as first:
        while first.poll() is None and not shell.destination.files():
            pass
        first.send_signal(signal.SIGSTOP)
        second = shell.run(state)
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=60)
    assert first.returncode == 0
    assert second.status == 8
    assert "another process is working on this mailbox" in second.err
