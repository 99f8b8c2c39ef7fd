"""A PostgreSQL of the tests' own, on a Unix socket, gone at their end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

BINARIES = Path("/usr/lib/postgresql/15/bin")


class PostgreSQL:
    """Runs as `postgres` when started by root, which it refuses to run as."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="mh-pg-"))
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.directory}"

    def start(self) -> None:
        data = self.directory / "data"
        self._run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8")
        self.resume()

    def resume(self) -> None:
        data = self.directory / "data"
        options = f"-k {self.directory} -c listen_addresses='' -c fsync=off -c max_connections=50"
        log = str(self.directory / "log")
        self._run("pg_ctl", "-D", str(data), "-l", log, "-w", "-o", options, "start")

    def halt(self) -> None:
        """As a crash does. `resume` starts it again with all that was committed."""
        self._run("pg_ctl", "-D", str(self.directory / "data"), "-m", "immediate", "stop")

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*as_user, str(BINARIES / program), *arguments]
        # Not a pipe: the server would inherit it and keep it open.
        with (self.directory / "out").open("ab") as out:
            subprocess.run(command, check=True, stdout=out, stderr=out, cwd="/")
