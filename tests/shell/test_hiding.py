"""Passwords and the list of processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parameters.reading import read
from shell.hiding import without_passwords
from shell.order import understand
from shell.passwords import password
from tests.shell.conftest import ROOT


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield int(server.getsockname()[1])


@pytest.mark.parametrize("spelling", ["--password1={}", "-password1={}", "--Password1 {}"])
def test_a_password_is_not_in_the_list_of_processes(silent_port: int, spelling: str) -> None:
    """Soon after the start /proc shows other letters in its place, and all the rest as it was."""
    line = [sys.executable, "-m", "sync", "--host1=127.0.0.1", f"--port1={silent_port}"]
    line += [*spelling.format("hush-hush").split(), "--user1", "a", "--host2=127.0.0.1"]
    line += [f"--port2={silent_port}", "--user2=b", "--password2", "sotto voce"]
    with subprocess.Popen(line, cwd=ROOT, stderr=subprocess.DEVNULL) as child:
        try:
            shown = ""
            while "python" not in shown or "hush" in shown or "sotto" in shown:
                assert child.poll() is None
                shown = Path(f"/proc/{child.pid}/cmdline").read_text()
            assert "x" * len("hush-hush") in shown
            assert f"--port1={silent_port}" in shown
            assert "--user2=b" in shown
        finally:
            child.kill()


def test_a_password_hidden_is_a_password_still(silent_port: int) -> None:
    """What is overwritten is what others see, not what we send."""
    program = (
        "import sys; from shell.hiding import hide_passwords;"
        "sys.stdout.write(f'{hide_passwords()} {sys.argv[2]} ');"
        "sys.stdout.write(open('/proc/self/cmdline').read().split(chr(0))[-2])"
    )
    line = [sys.executable, "-c", program, "--password1", "secret"]
    shown = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shown == "True secret xxxxxx"


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("python --password1 a b", "python --password1 x b"),
        ("python --password2=a=b c", "python --password2=xxx c"),
        ("python --user1 password1 b", "python --user1 password1 b"),
        ("python --password1", "python --password1"),
        ("python --passfile1 file", "python --passfile1 file"),
    ],
)
def test_only_passwords_are_hidden(line: str, hidden: str) -> None:
    """Their length stays, as the memory does."""
    raw = line.replace(" ", "\0").encode() + b"\0"
    assert without_passwords(raw) == hidden.replace(" ", "\0").encode() + b"\0"


def test_the_start_is_light() -> None:
    """Neither web, tables nor database are imported, and no library of the house's other rooms."""
    program = (
        "import sys; sys.argv = ['sync', '--help']; import runpy, contextlib\n"
        "with contextlib.suppress(SystemExit): runpy.run_module('sync', run_name='__main__')\n"
        "sys.stderr.write(' '.join(sorted(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in ran.stderr.split()}
    heavy = {"flask", "pandas", "numpy", "sqlalchemy", "alembic", "redis", "rq", "werkzeug"}
    heavy |= {"cryptography", "argon2", "email_validator", "wtforms", "jinja2", "click", "rich"}
    assert {"imap", "sync", "shell", "imapclient"} <= loaded
    assert loaded & (heavy | {"store", "jobs", "wizard", "settings"}) == set()


def test_the_environment_is_not_asked_for_what_is_given(tmp_path: Path) -> None:
    """The order: command line, file, environment of ours, of imapsync's."""
    (tmp_path / "pass").write_bytes("\ufeff spaced ü \r\nsecond\n".encode())
    base = ["--host1=a", "--user1=b", "--host2=c", "--user2=d"]
    variables = {"IMAPSYNC_PASSWORD1": "theirs"}
    place = understand(read(base)).source
    assert password(read(base), place, variables) == "theirs"
    variables["MAILHAUL_PASSWORD1"] = "ours"
    assert password(read(base), place, variables) == "ours"
    base += ["--passfile1", str(tmp_path / "pass")]
    assert password(read(base), place, variables) == " spaced ü "
    assert password(read([*base, "--password1", "-typed"]), place, variables) == "-typed"
    assert os.environ.get("MAILHAUL_PASSWORD1") is None
