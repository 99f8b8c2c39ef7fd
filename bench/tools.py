"""The programs that are measured, and how each is told to copy one mailbox."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.ground import PASSWORD, Ground
from bench.stopwatch import ROOT


class NoSuchTool(Exception):
    """A tool that was asked for is not there."""


class Tool(StrEnum):
    LIMIT = "limit"
    OURS = "mailhaul"
    DOVEADM = "doveadm backup"
    MBSYNC = "mbsync"
    IMAPSYNC = "imapsync"


@dataclass(frozen=True, slots=True)
class Task:
    """One mailbox to copy: who, through which ports, and where to keep what is kept."""

    ground: Ground
    source_user: str
    destination_user: str
    ports: tuple[int, int]
    state: Path
    tls: bool = False

    @property
    def maildir(self) -> Path:
        return self.ground.source.maildir(self.source_user)

    def file(self, name: str, text: str) -> str:
        """The path of a file in `state` with this text."""
        self.state.mkdir(parents=True, exist_ok=True)
        path = self.state / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return str(path)


def available(imapsync: str) -> list[Tool]:
    """Those that are on this machine; `imapsync` is its path or ''. Raises NoSuchTool."""
    there = [Tool.LIMIT, Tool.OURS]
    there += [Tool.DOVEADM] if shutil.which("doveadm") else []
    there += [Tool.MBSYNC] if shutil.which("mbsync") else []
    if imapsync and shutil.which(imapsync) is None:
        raise NoSuchTool(f"IMAPSYNC={imapsync}: there is no such program.")
    return there + ([Tool.IMAPSYNC] if imapsync else [])


def command(tool: Tool, task: Task) -> list[str]:
    """What to run. Files that it needs are written."""
    return _COMMANDS[tool](task)


def environment(tool: Tool) -> Mapping[str, str]:
    if tool in (Tool.OURS, Tool.LIMIT):
        return {"PYTHONPATH": str(ROOT)}
    return {"HOME": "/nonexistent"}


def _limit(task: Task) -> list[str]:
    order = {
        "maildir": str(task.maildir),
        "source_port": task.ports[0],
        "destination_port": task.ports[1],
        "source_login": [task.source_user, PASSWORD],
        "destination_login": [task.destination_user, PASSWORD],
        "tls": task.tls,
    }
    return [sys.executable, "-m", "bench.limit", task.file("limit.json", json.dumps(order))]


def _ours(task: Task) -> list[str]:
    """The command that a person types."""
    words = [sys.executable, "-m", "sync", "--json", "--state", str(task.state / "ledger")]
    authorities = f"SSL_ca_file={task.ground.ca_file}"
    for number, side in _sides(task):
        words += side
        words += [f"--sslargs{number}", authorities] if task.tls else []
    return words


def _sides(task: Task) -> Iterator[tuple[int, list[str]]]:
    """What imapsync and we are told of each side, in the same words."""
    task.file("password", f"{PASSWORD}\n")
    users = (task.source_user, task.destination_user)
    for number, (user, port) in enumerate(zip(users, task.ports, strict=True), 1):
        security = ["--ssl"] if task.tls else ["--nossl", "--notls"]
        words = [f"--host{number}", "127.0.0.1", f"--port{number}", str(port)]
        words += [f"--user{number}", user, f"--passfile{number}", str(task.state / "password")]
        yield number, [*words, *(f"{word}{number}" for word in security)]


def _doveadm(task: Task) -> list[str]:
    """Runs beside the destination and writes its disk; the others have to ask it."""
    settings = {
        "imapc_host": "127.0.0.1",
        "imapc_port": task.ports[0],
        "imapc_user": task.source_user,
        "imapc_password": PASSWORD,
        "imapc_features": "rfc822.size fetch-headers",
        "mail_prefetch_count": 20,
        "imapc_ssl": "imaps" if task.tls else "no",
        "imapc_ssl_verify": "no",
        "ssl_client_require_valid_cert": "no",
    }
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    config = task.ground.destination.spec.directory / "dovecot.conf"
    words = ["doveadm", "-c", str(config), *options, "backup", "-R", "-u", task.destination_user]
    return [*words, "imapc:"]


_MBSYNC = """\
IMAPStore source
Host localhost
Port {source_port}
User {source_user}
Pass {password}
SSLType {ssl}
AuthMechs LOGIN
{certificate}
IMAPStore destination
Host localhost
Port {destination_port}
User {destination_user}
Pass {password}
SSLType {ssl}
AuthMechs LOGIN
{certificate}
Channel all
Far :source:
Near :destination:
Patterns *
Sync Pull
Create Near
CopyArrivalDate yes
SyncState {state}/
"""


def _mbsync(task: Task) -> list[str]:
    text = _MBSYNC.format(
        source_port=task.ports[0],
        destination_port=task.ports[1],
        source_user=task.source_user,
        destination_user=task.destination_user,
        password=PASSWORD,
        ssl="IMAPS" if task.tls else "None",
        certificate=f"CertificateFile {task.ground.ca_file}\n" if task.tls else "",
        state=task.state / "mbsync",
    )
    (task.state / "mbsync").mkdir(parents=True, exist_ok=True)
    return ["mbsync", "-q", "-c", task.file("mbsyncrc", text), "all"]


def _imapsync(task: Task) -> list[str]:
    words = [os.environ["IMAPSYNC"], "--nolog", "--noreleasecheck", "--nofoldersizes"]
    words += ["--tmpdir", str(task.state), "--pidfile", str(task.state / "pid")]
    return words + [word for _, side in _sides(task) for word in side]


_COMMANDS: dict[Tool, Callable[[Task], list[str]]] = {
    Tool.LIMIT: _limit,
    Tool.OURS: _ours,
    Tool.DOVEADM: _doveadm,
    Tool.MBSYNC: _mbsync,
    Tool.IMAPSYNC: _imapsync,
}
