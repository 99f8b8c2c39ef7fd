"""What the operator sets up: organizations, people, destinations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from store.claims import claim_checks
from store.limits import EVERY_SERVER, limits
from store.pace import lower
from store.tables import Account, DestinationServer, Domain, History, User
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import EMAILS, World
from wizard.services import Services


@pytest.fixture
def admin(person: Callable[[str], Browser]) -> Browser:
    return person("admin")


def test_an_organization_gets_its_domains(admin: Browser, services: Services, world: World) -> None:
    """A domain belongs to one organization; one in use by a migration stays."""
    answer = admin.post("/admin/organizations/new", name="New Hosting")
    path = answer.location
    admin.post(f"{path}/domains", domain="MÜLLER.example.")
    assert "xn--mller-kva.example" in admin.text(path)
    admin.post(f"{path}/domains", domain="example.com")
    assert "belongs to an organization already" in admin.text(path)
    with services.store.write() as session:
        seeds.draft(session, world)
        used = session.query(Domain).filter_by(name="example.com").one().id
    own = f"/admin/organizations/{world.organization}"
    admin.post(f"{own}/domains/{used}/remove")
    assert "is used by a migration" in admin.text(own)


def test_a_person_is_added_and_signs_in(admin: Browser, app: Flask, world: World) -> None:
    """With a role in an organization; a short password or a taken address is refused in words."""
    fields = {
        "email": "New.Person@Example.net",
        "role": "support",
        "organization_id": str(world.organization),
        "password": "short",
        "active": "y",
    }
    answer = admin.post("/admin/users/new", **fields)
    assert answer.status_code == 422
    assert "At least 12 characters" in answer.text
    fields["password"] = "long enough for all"
    assert admin.post("/admin/users/new", **fields).status_code == 303
    assert Browser(app).sign_in("new.person@example.net", fields["password"]).status_code == 303
    answer = admin.post("/admin/users/new", **fields)
    assert "signs in with this address already" in answer.text


def test_the_last_administrator_stays(admin: Browser, services: Services, world: World) -> None:
    """Nobody locks everybody out."""
    with services.store.read() as session:
        number = session.query(User).filter_by(email=EMAILS["admin"]).one().id
    answer = admin.post(
        f"/admin/users/{number}",
        email=EMAILS["admin"],
        role="reseller",
        organization_id=str(world.organization),
        active="y",
    )
    assert answer.status_code == 422
    assert "last administrator" in answer.text


def test_a_destination_asks_what_its_provisioner_needs(
    admin: Browser, services: Services, world: World
) -> None:
    """The settings come from the provisioner's own list; what is required has to be there."""
    kind = services.kind("dovecot-passwd") or services.kinds[0]
    required = [setting for setting in kind.settings if setting.required]
    fields = {
        "name": "Second cluster",
        "organization_id": "0",
        "host": "mail2.example.net",
        "security": "ssl",
        "port": "993",
        "password_policy": "konsoleh",
        "provisioner": kind.name,
    }
    answer = admin.post("/admin/destinations/new", **fields)
    assert answer.status_code == (422 if any(not s.default for s in required) else 303)
    settings = {f"{kind.name}__{setting.name}": f"/srv/{setting.name}" for setting in kind.settings}
    assert admin.post("/admin/destinations/new", **fields, **settings).status_code == 303
    with services.store.read() as session:
        stored = session.query(DestinationServer).filter_by(name="Second cluster").one()
    assert stored.config == {s.name: f"/srv/{s.name}" for s in kind.settings}
    taken = admin.post(f"/admin/destinations/{world.destination}", **fields, **settings)
    assert "has this name already" in taken.text


def test_the_operator_says_how_many_connections_a_server_bears(
    admin: Browser, services: Services, world: World
) -> None:
    """One number for all servers, and exceptions by host; who changed what is kept."""
    admin.post("/admin/limits", connections="6", via="/admin")
    admin.post("/admin/limits", host="IMAP.old.example", connections="2", via="/admin")
    admin.post("/admin/limits", host="imap.old.example", connections="2", via="/admin")
    with services.store.read() as session:
        found = limits(session, 10)
        assert [found.of(host) for host in (EVERY_SERVER, "imap.old.example")] == [6, 2]
        notes = session.query(History.note, History.user_email).filter_by(
            kind="connections changed"
        )
        assert [tuple(line) for line in notes] == [
            ("Any source server: at most 10 → 6 at a time.", EMAILS["admin"]),
            ("imap.old.example: at most 6 → 2 at a time.", EMAILS["admin"]),
        ]
    assert "imap.old.example" in admin.text("/admin")
    admin.post("/admin/limits/remove", host="imap.old.example", via="/admin")
    assert "imap.old.example" not in admin.text("/admin").split("the usual number")[-1]


def test_a_limit_that_is_none_is_refused_in_words(admin: Browser, services: Services) -> None:
    """No number, too small, too large, no host: nothing is stored."""
    for connections in ("", "0", "1001", "many"):
        admin.post("/admin/limits", connections=connections, via="/admin")
        assert "A whole number from 1 to 1000 is needed." in admin.text("/admin"), connections
    admin.post("/admin/limits", host="https://x.example/", connections="3", via="/admin")
    assert "Only the server&#39;s name" in admin.text("/admin")
    with services.store.read() as session:
        assert limits(session, 10).of("x.example") == 10


def test_what_is_talked_to_now_is_shown_with_its_limit(
    admin: Browser, services: Services, world: World, person: Callable[[str], Browser]
) -> None:
    """On the operator's page by server, and on a migration's page in a line."""
    with services.store.write() as session:
        migration = seeds.ready_draft(session, services.sealer, world)
        session.query(Account).filter_by(migration_id=migration.id).update({"state": "new"})
    with services.store.write() as session:
        claimed = claim_checks(session, limit_per_server=3, lease_seconds=30)
    page = admin.text("/admin")
    assert f'data-label="Now">{len(claimed)}<' in page
    assert migration.source_host in page
    shown = person("reseller").text(f"/migrations/{migration.id}")
    assert "At most 10 at a time on" in shown


def test_a_server_that_takes_fewer_is_named_with_its_times(
    admin: Browser, services: Services, world: World, person: Callable[[str], Browser]
) -> None:
    """To the operator, and on the page of a migration from there."""
    with services.store.write() as session:
        number = seeds.ready_draft(session, services.sealer, world).id
        lower(session, "imap.old.example", 4)
    page = admin.text("/admin")
    assert "Servers that take fewer for now" in page
    assert 'data-label="Connections">3 of 10<' in page
    assert 'data-label="Full number again"><time' in page
    shown = person("reseller").text(f"/migrations/{number}")
    assert "At most 3 at a time on" in shown
    assert "Up to 10 again from" in shown
