"""Cyrus, unpacked and run without root, with a spool that the tests write."""

from __future__ import annotations

import grp
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from imapclient.imap_utf7 import encode

from launch.dovecot import run_as
from tests.real.daemon import Daemon, as_user, give, surroundings, unpacked
from tests.real.plain import Plain
from tests.real.servers import (
    INBOX,
    PASSWORD,
    Mailbox,
    copy_tree,
    make_folders,
    numbers,
    renew_over_imap,
)

_FLAGS = {"S": b"\\Seen", "R": b"\\Answered", "F": b"\\Flagged", "D": b"\\Draft"}
_CONFIGURATION = """
configdirectory: {d}/conf
defaultpartition: default
partition-default: {d}/spool
proc_path: {d}/run/proc
mboxname_lockpath: {d}/run/lock
sievedir: {d}/sieve
lmtpsocket: {d}/run/socket/lmtp
idlesocket: {d}/run/socket/idle
notifysocket: {d}/run/socket/notify
cyrus_user: {user}
cyrus_group: {group}
admins: cyrus
servername: localhost
virtdomains: off
altnamespace: {alternative}
unixhierarchysep: {alternative}
hashimapspool: true
allowplaintext: yes
allowanonymouslogin: no
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {d}/sasldb2
sasl_mech_list: PLAIN LOGIN
syslog_prefix: mailhaul
quota_db: quotalegacy
autocreate_quota: -1
"""
_SERVICES = """
START {{
  recover cmd="{root}/usr/lib/cyrus/bin/ctl_cyrusdb -C {d}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{root}/usr/lib/cyrus/bin/imapd -C {d}/imapd.conf -U 30" listen="127.0.0.1:{port}" \
prefork=0 maxchild=50
}}
EVENTS {{
}}
"""


@dataclass(slots=True)
class CyrusServer:
    """`alternative` is altnamespace and unixhierarchysep; without them all folders are below INBOX
    and the separator is a dot."""

    directory: Path
    port: int
    alternative: bool = False
    prefix: str = field(init=False)
    separator: str = field(init=False)
    _daemon: Daemon | None = None

    def __post_init__(self) -> None:
        self.prefix, self.separator = ("", "/") if self.alternative else ("INBOX.", ".")

    def start(self) -> None:
        root = unpacked("cyrus")
        for place in ("conf", "spool", "sieve", "run/proc", "run/lock", "run/socket"):
            (self.directory / place).mkdir(parents=True)
        user = run_as()
        words = {
            "d": self.directory,
            "root": root,
            "port": self.port,
            "user": user.pw_name,
            "group": grp.getgrgid(user.pw_gid).gr_name,
            "alternative": "yes" if self.alternative else "no",
        }
        conf, services = self.directory / "imapd.conf", self.directory / "cyrus.conf"
        conf.write_text(_CONFIGURATION.format(**words))
        services.write_text(_SERVICES.format(**words))
        give(self.directory)
        self._enter("cyrus")
        self._start()

    def _start(self) -> None:
        root = unpacked("cyrus")
        conf, services = self.directory / "imapd.conf", self.directory / "cyrus.conf"
        self._daemon = Daemon(self.directory.with_suffix(".log"))
        pid = str(self.directory / "run/master.pid")
        command = [f"{root}/usr/sbin/cyrmaster", "-C", str(conf), "-M", str(services), "-p", pid]
        self._daemon.start(command, surroundings(root))
        self._daemon.await_greeting(self.port)

    def new_login(self) -> str:
        login = f"real{next(numbers)}"
        self._enter(login)
        with Plain(self.port, "cyrus", PASSWORD) as admin:
            admin.create(self._root(login).encode())
        return login

    def fill(self, login: str, mailbox: Mailbox) -> dict[str, str]:
        """Into the spool, of which the server makes its index anew: by APPEND it takes no odd
        mail."""
        with Plain(self.port, login, PASSWORD) as client:
            places, refused = make_folders(client, mailbox, self._directories)
        inbox = Path(self._tool("mbpath", self._root(login)).strip())
        for name, place in {**places, INBOX: inbox}.items():
            for number, mail in enumerate(mailbox.get(name, ()), 1):
                path = place / f"{number}."
                path.write_bytes(mail.body)
                os.utime(path, (mail.instant, mail.instant))
        give(self.directory / "spool")
        self._tool("reconstruct", "-r", self._root(login))
        with Plain(self.port, login, PASSWORD) as client:
            for name in (*places, INBOX):
                client.select(encode(name))
                for number, mail in enumerate(mailbox.get(name, ()), 1):
                    if mail.flags:
                        client.flag(number, b" ".join(_FLAGS[letter] for letter in mail.flags))
        return refused

    def renew(self, login: str) -> None:
        """All but INBOX."""
        renew_over_imap(self, login)

    def save(self, login: str) -> Path:
        """Of all mailboxes: their indexes are in one place."""
        backup = self.directory.with_name(f"{self.directory.name}.{next(numbers)}")
        self.stop()
        copy_tree(self.directory, backup)
        self._start()
        return backup

    def restore(self, login: str, backup: Path) -> None:
        self.stop()
        copy_tree(backup, self.directory)
        self._start()

    def stop(self) -> None:
        if self._daemon:
            self._daemon.stop()

    def _root(self, login: str) -> str:
        """The name of a login's INBOX, for the tools and the administrator."""
        return f"user{self.separator}{login}"

    def _directories(self) -> set[Path]:
        return {path.parent for path in (self.directory / "spool").rglob("cyrus.header")}

    def _enter(self, login: str) -> None:
        """Into the file of passwords."""
        root = unpacked("cyrus")
        words = ["-f", str(self.directory / "sasldb2"), "-c", "-p", "-u", "localhost", login]
        subprocess.run(
            [*as_user(), str(root / "usr/sbin/saslpasswd2"), *words],
            input=f"{PASSWORD}\n".encode(),
            env=surroundings(root),
            check=True,
            capture_output=True,
        )

    def _tool(self, name: str, *words: str) -> str:
        root = unpacked("cyrus")
        program = str(root / "usr/lib/cyrus/bin" / name)
        command = [*as_user(), program, "-C", str(self.directory / "imapd.conf"), *words]
        done = subprocess.run(
            command, env=surroundings(root), check=True, capture_output=True, cwd="/"
        )
        return done.stdout.decode()
