"""Dovecot and Courier, both with Maildirs that the tests write and read on disk."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from launch.dovecot import Dovecot
from tests.real.daemon import Daemon, as_user, give, surroundings, unpacked
from tests.real.plain import Plain
from tests.real.servers import (
    INBOX,
    PASSWORD,
    Mailbox,
    copy_tree,
    maildirs,
    make_folders,
    numbers,
    renew_over_imap,
    write_maildir,
)


@dataclass(slots=True)
class DovecotServer:
    """It must let everybody in. A source needs a Maildir; a destination may store as it likes."""

    dovecot: Dovecot
    prefix: str = ""
    separator: str = "/"

    @property
    def port(self) -> int:
        return self.dovecot.spec.port

    def new_login(self) -> str:
        return f"real{next(numbers)}@example.test"

    def fill(self, login: str, mailbox: Mailbox) -> dict[str, str]:
        maildir = self.dovecot.maildir(login)
        with Plain(self.port, login, PASSWORD) as client:
            client.select(b"INBOX")
            places, refused = make_folders(client, mailbox, lambda: maildirs(maildir))
        for name, place in {**places, INBOX: maildir}.items():
            write_maildir(place, mailbox.get(name, ()))
        give(maildir)
        return refused

    def renew(self, login: str) -> None:
        """Without its own notes Dovecot numbers a Maildir anew."""
        if not self.dovecot.maildir(login).is_dir():
            renew_over_imap(self, login)
            return
        self.dovecot.stop()  # One of its processes may still write down what it knows.
        for path in self.dovecot.maildir(login).rglob("dovecot*"):
            if path.name != "dovecot-keywords" and not path.name.startswith("dovecot-uidvalidity"):
                path.unlink()
        self.dovecot.start()

    def save(self, login: str) -> Path:
        home = self.dovecot.mail_dir / login
        backup = home.with_name(f"{login}.{next(numbers)}")
        copy_tree(home, backup)
        return backup

    def restore(self, login: str, backup: Path) -> None:
        self.dovecot.stop()
        copy_tree(backup, self.dovecot.mail_dir / login)
        self.dovecot.start()

    def stop(self) -> None:
        self.dovecot.stop()


@dataclass(slots=True)
class CourierServer:
    directory: Path
    port: int
    prefix: str = "INBOX."
    separator: str = "."
    _daemons: list[Daemon] = field(default_factory=list)

    def start(self) -> None:
        root = unpacked("courier")
        environment = self._environment(root)
        (self.directory / "mail").mkdir()
        watcher, front = (Daemon(self.directory / f"{name}.log") for name in ("gamin", "courier"))
        self._daemons = [front, watcher]
        give(self.directory)
        # Started here, since the one that imapd starts by itself would outlive the tests.
        gamin = environment["GAMIN_DEBUG_SERVER"]
        watcher.start([gamin, "--notimeout", environment["GAM_CLIENT_ID"]], environment)
        program = Path(__file__).with_name("courier_front.py")
        words = [sys.executable, str(program), str(self.port), str(self.directory / "mail")]
        front.start([*words, str(root / "usr/bin/imapd")], environment)
        front.await_greeting(self.port)

    def new_login(self) -> str:
        login = f"real{next(numbers)}"
        root, maildir = unpacked("courier"), self._maildir(login)
        maildir.parent.mkdir()
        give(maildir.parent)
        command = [*as_user(), str(root / "usr/bin/maildirmake.courier"), str(maildir)]
        subprocess.run(command, env=self._environment(root), check=True)
        return login

    def fill(self, login: str, mailbox: Mailbox) -> dict[str, str]:
        maildir = self._maildir(login)
        with Plain(self.port, login, PASSWORD) as client:
            places, refused = make_folders(client, mailbox, lambda: maildirs(maildir))
        for name, place in {**places, INBOX: maildir}.items():
            # It sends a CR before each LF of a file, whatever stands before that.
            write_maildir(place, mailbox.get(name, ()), lambda body: body.replace(b"\r\n", b"\n"))
        give(maildir)
        return refused

    def renew(self, login: str) -> None:
        """Courier's UIDVALIDITY is the second in which a folder was opened for the first time; it
        writes that down when somebody opens it who may write, and has another one until then."""
        time.sleep(1.1)
        for path in self._maildir(login).rglob("courierimapuiddb"):
            path.unlink()
        with Plain(self.port, login, PASSWORD) as client:
            for name in client.names():
                client.select(name)

    def save(self, login: str) -> Path:
        home = self._maildir(login).parent
        backup = home.with_name(f"{login}.{next(numbers)}")
        copy_tree(home, backup)
        return backup

    def restore(self, login: str, backup: Path) -> None:
        copy_tree(backup, self._maildir(login).parent)

    def stop(self) -> None:
        for daemon in self._daemons:
            daemon.stop()

    def _maildir(self, login: str) -> Path:
        return self.directory / "mail" / login / "Maildir"

    def _environment(self, root: Path) -> dict[str, str]:
        return {
            **surroundings(root),
            "GAMIN_DEBUG_SERVER": str(root / "usr/libexec/gam_server"),
            "GAM_CLIENT_ID": f"mailhaul-{os.getpid()}-{self.port}",
        }
