"""The demo as `make run` starts it: the file, the two servers and the database agree."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError
from sqlalchemy import select

from importer import reading
from importer.policy import check_password
from importer.rows import Row
from launch.demo_accounts import (
    ACCOUNTS,
    DESTINATION,
    DESTINATION_DOMAIN,
    ORGANIZATION,
    PRESENT,
)
from provisioners import open_provisioner
from store.engine import Store
from store.tables import DestinationServer, Organization, User
from tests.house.tree import ROOT
from tests.launch.conftest import Started

WRONG_SOURCE, WRONG_POLICY = "buchhaltung", "werkstatt"


@pytest.fixture(scope="module")
def demo(launch: Callable[..., Started]) -> Started:
    return launch()


@pytest.fixture(scope="module")
def rows() -> tuple[Row, ...]:
    data = (ROOT / "sample_csv" / "demo.csv").read_bytes()
    found = reading.read(data, rows_limit=100)
    assert found.header
    assert found.faults == ()
    return found.rows


def ports(demo: Started) -> list[int]:
    return [int(word) for word in demo.environ["DEMO_PORTS"].split()]


def log_in(demo: Started, port: int, username: str, password: str) -> None:
    """Over TLS, trusting the demo's authority alone, as the workers do. Raises LoginError."""
    context = ssl.create_default_context(cafile=str(demo.data_dir / "demo" / "authority.pem"))
    with IMAPClient("127.0.0.1", port, ssl_context=context, timeout=10) as client:
        client.plain_login(username, password)


def test_the_file_has_a_row_for_each_mailbox(rows: tuple[Row, ...]) -> None:
    """Twelve rows, twelve mailboxes, in the same order."""
    assert [row.source_username for row in rows] == [account.address for account in ACCOUNTS]
    assert {row.source_host for row in rows} == {"127.0.0.1"}


def test_passwords_are_read_exactly(rows: tuple[Row, ...]) -> None:
    """Semicolons, doubled quotation marks, blanks, zeros and `null` survive the reader."""
    read = {row.source_username: row.source_password for row in rows}
    wanted = {account.address: account.password for account in ACCOUNTS}
    wrong = {name for name in wanted if read[name] != wanted[name]}
    assert wrong == {f"{WRONG_SOURCE}@old.example"}


def test_every_other_row_logs_in(demo: Started, rows: tuple[Row, ...]) -> None:
    """One source password is wrong on purpose; the server takes all others."""
    refused = []
    for row in rows:
        try:
            log_in(demo, ports(demo)[1], row.source_username, row.source_password)
        except LoginError:
            refused.append(row.mailbox)
    assert refused == [WRONG_SOURCE]


def test_one_new_password_breaks_the_policy(rows: tuple[Row, ...]) -> None:
    """One of the new passwords is refused by konsoleH's policy, and only that."""
    wanting = [row.mailbox for row in rows if check_password("konsoleh", row.mailbox_password)]
    assert wanting == [WRONG_POLICY]


def test_the_guide_mends_both_rows(demo: Started) -> None:
    """The values in DEMO.md are the right ones."""
    guide = (ROOT / "sample_csv" / "DEMO.md").read_text(encoding="utf-8")
    right = next(one for one in ACCOUNTS if one.name == WRONG_SOURCE)
    assert f"`{right.password}`" in guide
    log_in(demo, ports(demo)[1], right.address, right.password)
    assert "`Werkstatt-Neu-2025`" in guide
    assert not check_password("konsoleh", "Werkstatt-Neu-2025")


def test_the_mailbox_that_exists_has_the_password_of_the_file(
    demo: Started, rows: tuple[Row, ...]
) -> None:
    """`info` is at the destination before the migration, with the very password of its row."""
    names = {name for name, _, _ in PRESENT}
    present = [row for row in rows if row.mailbox in names]
    assert [row.mailbox for row in present] == ["info"]
    for row in present:
        address = f"{row.mailbox}@{DESTINATION_DOMAIN}"
        log_in(demo, ports(demo)[3], address, row.mailbox_password)


def test_the_database_knows_the_demo(demo: Started) -> None:
    """An organization with the domain, the destination, and the administrator in it; what the
    destination's provisioner lists is what Dovecot has."""
    store = Store(f"sqlite:///{demo.data_dir}/mailhaul.db")
    with store.read() as session:
        organization = session.scalars(select(Organization)).one()
        assert organization.name == ORGANIZATION
        assert [domain.name for domain in organization.domains] == [DESTINATION_DOMAIN]
        assert session.scalars(select(User)).one().organization_id == organization.id
        destination = session.scalars(select(DestinationServer)).one()
        assert destination.name == DESTINATION
        assert destination.port == ports(demo)[3]
        provisioner = open_provisioner(destination.provisioner, destination.config)
    store.dispose()
    listed = {box.address: box.admin for box in provisioner.mailboxes(DESTINATION_DOMAIN)}
    assert listed == {f"{name}@{DESTINATION_DOMAIN}": admin for name, _, admin in PRESENT}


def test_a_mailbox_made_by_the_provisioner_can_log_in(demo: Started) -> None:
    """The file that the provisioner rewrites stays readable for Dovecot's own user."""
    users = demo.data_dir / "demo" / "destination" / "users"
    provisioner = open_provisioner("dovecot-passwd", {"users_file": str(users)})
    address = f"fresh@{DESTINATION_DOMAIN}"
    assert provisioner.ensure(address, "Neu;Und-Frisch-1").created
    log_in(demo, ports(demo)[3], address, "Neu;Und-Frisch-1")


def test_source_and_destination_share_no_login(demo: Started) -> None:
    """A mix-up of the two servers cannot go unseen."""
    with pytest.raises(LoginError):
        log_in(demo, ports(demo)[3], ACCOUNTS[0].address, ACCOUNTS[0].password)
