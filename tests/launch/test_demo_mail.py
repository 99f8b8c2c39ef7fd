"""The demo's mail: the same each time, read by a real Dovecot, and hard in the right places."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from imapclient import IMAPClient

from launch.demo_accounts import ACCOUNTS, DemoAccount
from launch.demo_mail import fill, folder_names, messages
from launch.dovecot import Dovecot

ANNA = ACCOUNTS[0]


def inbox(account: DemoAccount) -> list[bytes]:
    return [message.body for message in messages(account, "INBOX", account.messages // 2)]


@pytest.fixture(scope="module")
def server(make_dovecot: Callable[..., Dovecot]) -> Dovecot:
    server = make_dovecot()
    fill(server.mail_dir)
    for account in ACCOUNTS:
        server.add_user(account.address, account.password)
    server.stop()
    server.start()
    return server


@pytest.fixture
def client(server: Dovecot) -> Iterator[IMAPClient]:
    with IMAPClient("127.0.0.1", server.spec.port, ssl=False, timeout=10) as client:
        client.login(ANNA.address, ANNA.password)
        yield client


def test_the_mail_is_the_same_at_each_making(tmp_path: Path) -> None:
    """Two installations show the same demo, byte for byte."""
    digests = []
    for place in ("one", "two"):
        fill(tmp_path / place, ACCOUNTS[:2])
        files = sorted(path for path in (tmp_path / place).rglob("*") if path.is_file())
        assert files
        digest = hashlib.sha256()
        for path in files:
            digest.update(str(path.relative_to(tmp_path / place)).encode() + path.read_bytes())
            digest.update(str(int(path.stat().st_mtime)).encode() if path.suffix else b"")
        digests.append(digest.hexdigest())
    assert digests[0] == digests[1]


def test_mail_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """A second start makes nothing twice, and keeps what a person changed."""
    assert fill(tmp_path) > 300
    (tmp_path / ANNA.address / "Maildir" / "subscriptions").write_text("mine\n", encoding="ascii")
    assert fill(tmp_path) == 0
    kept = (tmp_path / ANNA.address / "Maildir" / "subscriptions").read_text(encoding="ascii")
    assert kept == "mine\n"


def test_it_holds_what_makes_a_migration_hard() -> None:
    """Copies, a missing Message-ID, 8-bit text, attachments: each stands in the first INBOX."""
    bodies = inbox(ANNA)
    assert max(Counter(bodies).values()) == 3
    assert any(b"Message-ID:" not in body for body in bodies)
    assert any("größere".encode("iso-8859-1") in body for body in bodies)
    assert any("größere".encode() in body for body in bodies)
    assert any(b"attachment; filename" in body for body in bodies)


def test_dovecot_shows_folders_flags_and_dates(client: IMAPClient) -> None:
    """Nested folders, flags, keywords and old dates arrive at an IMAP client as they were made."""
    listed = {name for _, _, name in client.list_folders()}
    assert set(folder_names(ANNA)) <= listed
    made = messages(ANNA, "INBOX", ANNA.messages // 2)
    assert client.select_folder("INBOX", readonly=True)[b"EXISTS"] == len(made)
    fetched = client.fetch(list(range(1, len(made) + 1)), ["FLAGS", "INTERNALDATE", "BODY.PEEK[]"])
    flags = {flag for item in fetched.values() for flag in item[b"FLAGS"]}
    assert {b"\\Seen", b"\\Flagged", b"\\Answered", b"$Forwarded", b"Rechnung"} <= flags
    bodies = Counter(item[b"BODY[]"].replace(b"\r\n", b"\n") for item in fetched.values())
    assert bodies == Counter(message.body for message in made)
    years = {item[b"INTERNALDATE"].year for item in fetched.values()}
    assert years <= {2021, 2022, 2023, 2024, 2025}
    assert len(years) > 1


def test_umlauts_in_folder_names_are_read_as_umlauts(server: Dovecot) -> None:
    """The names on disk are in the server's own spelling."""
    account = next(one for one in ACCOUNTS if one.name == "chef")
    with IMAPClient("127.0.0.1", server.spec.port, ssl=False, timeout=10) as client:
        client.login(account.address, account.password)
        assert "Persönlich/Reisen/Übersee" in {name for _, _, name in client.list_folders()}
        subscribed = {name for _, _, name in client.list_sub_folders()}
        assert "Persönlich/Reisen/Übersee" in subscribed
