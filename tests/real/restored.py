"""A server that was restored from a backup keeps its UIDVALIDITY, and gives the uids of what it has
lost to other messages."""

from __future__ import annotations

from collections import Counter

import pytest

from sync.report import Verdict
from tests.real.conftest import Serve
from tests.real.corpus import Mail, head
from tests.real.judging import complaints
from tests.real.moving import Ended, Move
from tests.real.plain import Box, Plain
from tests.real.servers import PASSWORD, MailServer

KINDS = ("dovecot", "courier", "cyrus")


def mails(first: str, count: int) -> list[Mail]:
    """All of one size."""
    return [Mail(head(f"{first}{number}") + b"text\r\n") for number in range(count)]


def deliver(server: MailServer, login: str, some: list[Mail]) -> None:
    """Into INBOX, while everything runs."""
    with Plain(server.port, login, PASSWORD) as client:
        for mail in some:
            client.append(b"INBOX", mail.body)


def bodies(boxes: dict[bytes, Box]) -> Counter[bytes]:
    return Counter(letter.body for letter in boxes[b"INBOX"].letters)


def move(source: MailServer, destination: MailServer) -> Move:
    """With ten messages, brought over."""
    one = Move(source, destination, (source.new_login(), destination.new_login()))
    deliver(source, one.logins[0], mails("old", 10))
    assert verified(one.run())
    return one


def verified(ended: Ended) -> bool:
    return ended.report is not None and ended.report.verdict is Verdict.VERIFIED


@pytest.mark.parametrize("kind", KINDS)
def test_a_destination_from_a_backup(serve: Serve, kind: str) -> None:
    """What it has lost is brought again, though other messages have its uids now."""
    one = move(serve("dovecot"), serve(kind))
    login = one.logins[1]
    backup = one.destination.save(login)
    deliver(one.source, one.logins[0], mails("new", 5))
    assert verified(one.run())
    one.destination.restore(login, backup)
    deliver(one.destination, login, mails("foreign", 5))
    one.run()
    ours, theirs = map(bodies, one.read())
    assert not ours - theirs
    assert sorted((theirs - ours).elements()) == sorted(m.body for m in mails("foreign", 5))


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_from_a_backup(serve: Serve, kind: str) -> None:
    """The messages that have known uids now are brought, too; what was brought before stays."""
    one = move(serve(kind), serve("dovecot prefix"))
    login = one.logins[0]
    backup = one.source.save(login)
    deliver(one.source, login, mails("lost", 5))
    assert verified(one.run())
    one.source.restore(login, backup)
    deliver(one.source, login, mails("other", 5))
    one.run()
    ours, theirs = map(bodies, one.read())
    assert not ours - theirs
    assert sorted((theirs - ours).elements()) == sorted(m.body for m in mails("lost", 5))


@pytest.mark.parametrize("kind", KINDS)
def test_both_from_one_backup(serve: Serve, kind: str) -> None:
    """Taken before the last run: the ledger knows more than either server."""
    one = move(serve(kind), serve("dovecot prefix"))
    backups = [server.save(login) for server, login in zip(_servers(one), one.logins, strict=True)]
    deliver(one.source, one.logins[0], mails("lost", 5))
    assert verified(one.run())
    for server, login, backup in zip(_servers(one), one.logins, backups, strict=True):
        server.restore(login, backup)
    deliver(one.source, one.logins[0], mails("other", 7))
    ended = one.run()
    source, destination = one.read()
    assert complaints(ended, source, destination) == []
    assert bodies(source) == bodies(destination)


def _servers(one: Move) -> tuple[MailServer, MailServer]:
    return one.source, one.destination
