"""A server's program, run as the mail servers' user until it is stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launch.dovecot import run_as
from launch.packages import PROGRAMS
from launch.unpacking import library_path

START_SECONDS = 20.0


def unpacked(name: str) -> Path:
    """Where `python -m launch.packages` has put this server."""
    program = PROGRAMS[name]
    found = program.found()
    assert found is not None, f"{name} is missing: python -m launch.packages {name}"
    return [parent for parent in Path(found).parents if parent.name == program.unpacked][-1]


def surroundings(root: Path) -> dict[str, str]:
    """The environment of a program that was unpacked there."""
    modules = [*root.glob("usr/lib/*/sasl2"), *Path("/usr/lib").glob("*/sasl2")]
    return {
        **os.environ,
        "LD_LIBRARY_PATH": library_path(root),
        "SASL_PATH": ":".join(str(place) for place in modules),
    }


def as_user() -> list[str]:
    """What goes before a command to have it run as the mail servers' user."""
    if os.getuid():
        return []
    user = run_as()
    identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", "--pdeathsig=TERM", *identity]


def give(path: Path) -> None:
    """This and all that is in it belongs to the mail servers' user."""
    if os.getuid():
        return
    user = run_as()
    for one in (path, *path.rglob("*")):
        os.chown(one, user.pw_uid, user.pw_gid, follow_symlinks=False)


@dataclass(slots=True)
class Daemon:
    """One program; what it says is in `log`. Its children end with it."""

    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*as_user(), *command],
                env=dict(environment),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def await_greeting(self, port: int) -> None:
        """Raises RuntimeError with the log when it does not serve in time."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            if greets(port):
                return
            time.sleep(0.05)
        self.stop()
        said = self.log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"no server on port {port}: {said}")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(5)
            return connection.recv(16).startswith(b"* OK")
    except OSError:
        return False
