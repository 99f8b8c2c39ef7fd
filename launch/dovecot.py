"""A Dovecot on loopback, run without root from a configuration made here: for the demo and tests.

Tried with 2.3.19. Its directory must be open to the user it runs as (`run_as`): the person who
started the product, or `nobody` when that is root, since Dovecot serves no mail as root.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from launch.certificates import Authority, issue
from launch.dovecot_conf import configuration
from launch.packages import PROGRAMS

SPECIAL_FOLDERS = ("Drafts", "Sent", "Trash", "Junk")


@dataclass(frozen=True, slots=True)
class DovecotSpec:
    """One server. Ports: `port` speaks plain text and STARTTLS, `tls_port` TLS from the start."""

    directory: Path
    port: int
    tls_port: int
    separator: str = "/"
    prefix: str = ""
    capability: str = ""
    """Replaces the CAPABILITY after login, to hide what the server could do; '' leaves it."""
    plain_login: bool = True
    tls: bool = True
    settings: str = ""
    """More lines for the end of the configuration."""
    certificate_names: tuple[str, ...] = ("localhost", "127.0.0.1")
    certificate_days: tuple[int, int] = (-1, 825)
    special_folders: tuple[str, ...] = SPECIAL_FOLDERS

    @property
    def users_file(self) -> Path:
        return self.directory / "users"


@dataclass(slots=True)
class Dovecot:
    spec: DovecotSpec
    _run: Path | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def mail_dir(self) -> Path:
        return self.spec.directory / "mail"

    def maildir(self, address: str) -> Path:
        return self.mail_dir / address / "Maildir"

    def prepare(self, authority: Authority) -> None:
        """Make directories, certificate and an empty users file. Keeps what is there."""
        self.mail_dir.mkdir(parents=True, exist_ok=True)
        if not (self.spec.directory / "cert.pem").exists():
            names, days = self.spec.certificate_names, self.spec.certificate_days
            issue(authority, self.spec.directory, names=names, days=days)
        if not self.spec.users_file.exists():
            self.spec.users_file.touch(mode=0o640)
        _give(self.spec.directory)

    def add_user(
        self, address: str, password: str, *, quota: str = "", scheme: str = "PLAIN"
    ) -> None:
        """Append one user; `quota` such as '1M', '' for none. A running server sees it at once."""
        # As Dovecot 2.3 looks for it (provisioners.passwd_file).
        address = address.replace("'", "\\'")
        extra = f"userdb_quota_rule=*:storage={quota}" if quota else ""
        with self.spec.users_file.open("a", encoding="utf-8") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            users.write(f"{address}:{{{scheme}}}{password}::::::{extra}\n")

    def command(self) -> list[str]:
        """Write the configuration; the command runs in the foreground. `stop` cleans up."""
        binary = PROGRAMS["dovecot"].found()
        if binary is None:
            raise RuntimeError("dovecot is not installed")
        if self._run is None:
            self._run = Path(tempfile.mkdtemp(prefix="mh-dovecot-"))
        config = self.spec.directory / "dovecot.conf"
        config.write_text(self._configuration(self._run), encoding="utf-8")
        _give(self._run)
        _give(self.spec.directory)
        return [*_as_user(), binary, "-F", "-c", str(config)]

    def start(self) -> None:
        """Start and wait until it greets. Raises RuntimeError with its log when it does not."""
        command = self.command()
        with (self.spec.directory / "start.log").open("wb") as start_log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=start_log,
                start_new_session=True,
            )
        if not self._greets_in_time(self._process):
            log = self.log()
            self.stop()
            raise RuntimeError(f"dovecot on port {self.spec.port} did not start: {log}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._run is not None:
            shutil.rmtree(self._run, ignore_errors=True)
            self._run = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def greets(self) -> bool:
        """Whether it serves now."""
        try:
            with socket.create_connection(("127.0.0.1", self.spec.port), 1) as connection:
                return connection.recv(16).startswith(b"* OK")
        except OSError:
            return False

    def _greets_in_time(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and process.poll() is None:
            if self.greets():
                return True
            time.sleep(0.05)
        return False

    def _configuration(self, run: Path) -> str:
        spec = self.spec
        return configuration(
            directory=spec.directory,
            run=run,
            user=run_as(),
            ports=(spec.port, spec.tls_port),
            namespace=(spec.separator, spec.prefix),
            special_folders=spec.special_folders,
            capability=spec.capability,
            plain_login=spec.plain_login,
            tls=spec.tls,
            settings=spec.settings,
        )

    def log(self) -> str:
        """The last lines of what it said."""
        files = (self.spec.directory / "start.log", self.spec.directory / "dovecot.log")
        text = "".join(f.read_text(errors="replace") for f in files if f.exists())
        return text[-2000:]


def run_as() -> pwd.struct_passwd:
    """Who the mail servers run as."""
    return pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")


def _as_user() -> list[str]:
    if os.getuid():
        return []
    user = run_as()
    identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", "--pdeathsig=TERM", *identity]


def _give(directory: Path) -> None:
    if os.getuid():
        return
    user = run_as()
    for path in (directory, *directory.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
