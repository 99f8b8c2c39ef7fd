"""Servers of three makes, started when the first test asks for one. They start in 0.1 s each, so
that every process of a test run has its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launch.dovecot import Dovecot
from tests.conftest import free_port
from tests.imap.test_odd_folders import ANYBODY
from tests.real.cyrus import CyrusServer
from tests.real.maildir_servers import CourierServer, DovecotServer
from tests.real.servers import MailServer

DOVECOTS: dict[str, dict[str, str]] = {
    "dovecot": {},
    "dovecot prefix": {"prefix": "INBOX.", "separator": "."},
    "dovecot mdbox": {"settings": "mail_location = mdbox:~/mdbox\n"},
}
SOURCES = ("dovecot", "dovecot prefix", "courier", "cyrus", "cyrus alternative")
DESTINATIONS = (*SOURCES, "dovecot mdbox")

Serve = Callable[[str], MailServer]


@pytest.fixture(scope="session")
def serve(open_dir: Path, make_dovecot: Callable[..., Dovecot]) -> Iterator[Serve]:
    """The server of this kind; one for all tests of a process."""
    started: dict[str, MailServer] = {}

    def get(kind: str) -> MailServer:
        if kind not in started:
            started[kind] = start(kind)
        return started[kind]

    def start(kind: str) -> MailServer:
        if kind in DOVECOTS:
            spec = {"special_folders": (), **DOVECOTS[kind]}
            spec["settings"] = ANYBODY + str(spec.get("settings", ""))
            dovecot = make_dovecot(**spec)
            return DovecotServer(dovecot, dovecot.spec.prefix, dovecot.spec.separator)
        directory = open_dir / kind.replace(" ", "-")
        directory.mkdir()
        if kind == "courier":
            courier = CourierServer(directory, free_port())
            courier.start()
            return courier
        cyrus = CyrusServer(directory, free_port(), alternative=kind != "cyrus")
        cyrus.start()
        return cyrus

    yield get
    for server in started.values():
        server.stop()
