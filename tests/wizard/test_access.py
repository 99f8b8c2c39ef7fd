"""The table of roles and routes is the one definition, and nothing is outside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from store.tables import Role
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard import access
from wizard.services import Services

NUMBERS = {
    "migration_id": 1,
    "account_id": 1,
    "number": 1,
    "organization_id": 1,
    "user_id": 1,
    "domain_id": 1,
    "destination_id": 1,
    "filename": "app.css",
}


def _routes(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, path, method) of every rule, with numbers filled in."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            values = {name: NUMBERS[name] for name in rule.arguments}
            path = rule.build(values)
            assert path is not None
            methods = (rule.methods or set()) & {"GET", "POST"}
            found += [(rule.endpoint, path[1], method) for method in sorted(methods)]
    return found


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    """A new page is closed until someone has decided who may see it."""
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(access.TABLE)


def test_only_signing_in_static_files_and_monitoring_are_public(app: Flask) -> None:
    """A visitor without a session is sent to the login by everything else."""
    assert {name for name, roles in access.TABLE.items() if roles == access.PUBLIC} == {
        "static",
        "login.sign_in",
        "health.healthz",
        "metrics.show",
    }
    visitor = Browser(app).client
    for endpoint, path, method in _routes(app):
        if access.TABLE[endpoint] != access.PUBLIC:
            answer = visitor.open(path, method=method)
            assert answer.status_code == 302, (path, answer.status_code)
            assert answer.location.startswith("/login"), path


@pytest.mark.parametrize("name", ["admin", "reseller", "support", "customer"])
def test_roles_open_what_the_table_says(
    name: str, app: Flask, person: Callable[[str], Browser]
) -> None:
    """403 exactly where the table has no entry for the role."""
    browser = person(name)
    for endpoint, path, method in _routes(app):
        roles = access.TABLE[endpoint]
        if endpoint == "login.sign_out" or roles == access.PUBLIC:
            continue
        with browser.client.open(path, method=method) as answer:
            refused = answer.status_code == 403
        assert refused == (Role(name) not in roles), (path, method, answer.status_code)


def test_foreign_ids_are_like_none(
    app: Flask, services: Services, world: World, person: Callable[[str], Browser]
) -> None:
    """Another organization's migration is a 404 on every page and every button, and stays as it
    was."""
    with services.store.write() as session:
        migration = seeds.mixed_draft(session, services.sealer, world)
        account = migration.accounts[0].id
    foreign = person("foreign")
    token = foreign.token("/password")
    for endpoint, path, method in _routes(app):
        if not path.startswith("/migrations/1"):
            continue
        path = path.replace("accounts/1", f"accounts/{account}")
        own = f"/migrations/{migration.id}" + path.removeprefix("/migrations/1")
        answer = foreign.client.open(own, method=method, headers={"X-CSRFToken": token})
        wrong_form = endpoint in ("bulk.append_domain", "control.threads")
        assert answer.status_code == 404 or (wrong_form and answer.status_code == 303), own


def test_a_forgotten_row_means_closed(app: Flask, person: Callable[[str], Browser]) -> None:
    """An endpoint that the table does not name is refused, whoever asks."""
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert person("admin").get("/forgotten").status_code == 403


def test_forms_without_a_token_are_refused(reseller: Browser) -> None:
    """CSRF: a page elsewhere cannot press our buttons."""
    answer = reseller.client.post("/migrations/new", data={"source_host": "a.example"})
    assert answer.status_code == 400
    assert "open for too long" in answer.text
