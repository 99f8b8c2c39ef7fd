"""What the operator sets up: organizations, people, destinations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from store.tables import DestinationServer, Domain, User
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
