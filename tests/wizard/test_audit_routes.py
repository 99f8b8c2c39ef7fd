"""Whoever changes something, or takes something away, leaves a line; and no line has a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from sqlalchemy import select

from store.tables import History, Role
from tests.wizard import world as seeds
from tests.wizard.browser import PASSWORD
from tests.wizard.deeds import ADDRESS, DEEDS, Scene
from tests.wizard.test_access import NUMBERS
from tests.wizard.world import EMAILS, World
from wizard import access
from wizard.history_words import HISTORY
from wizard.services import Services

READS_ONLY: Mapping[str, str] = {
    "folders.test": "shows what an expression would leave out, and stores nothing",
    "schedule.preview": "shows when a run would start, and stores nothing",
}
"""Routes of a changing method that leave no line, and why."""

TAKEN: Mapping[str, tuple[str, str]] = {
    "reports.page": ("report read", "/migrations/{id}/report"),
    "reports.csv": ("report taken", "/migrations/{id}/report.csv"),
    "details.account": ("account read", "/migrations/{id}/runs/1/accounts/{account}"),
    "details.download_log": ("log read", "/migrations/{id}/runs/1/accounts/{account}/log"),
    "audit.csv": ("audit taken", "/audit/lines.csv"),
}
"""What is read and leaves a line."""
NOBODYS: Mapping[str, str] = {
    "static": "our own style sheets and scripts",
    "accounts.sample": "three made-up lines, the same for everybody",
}
"""Files that are taken without a line, and why."""
_QUIET = {"GET", "HEAD", "OPTIONS"}
ROLES = ("admin", "reseller", "support", "customer")


def _changing(app: Flask) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules() if (rule.methods or set()) - _QUIET}


def _last(services: Services) -> int:
    with services.store.read() as session:
        return session.scalar(select(History.id).order_by(History.id.desc()).limit(1)) or 0


def _since(services: Services, number: int) -> list[History]:
    with services.store.read() as session:
        return list(session.scalars(select(History).where(History.id > number)))


@pytest.fixture
def scene(app: Flask, services: Services, world: World) -> Callable[[str], Scene]:
    with services.store.write() as session:
        seeds.listed(session, world)
    return lambda name: Scene(app, services, world, name)


@pytest.fixture
def mail(environment: dict[str, str]) -> None:
    environment |= {"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "m@example.net"}


@pytest.fixture
def app_with_mail(mail: None, app: Flask) -> Flask:
    return app


def test_every_changing_route_is_driven_or_has_a_reason(app: Flask) -> None:
    """A new one is found here: it gets a deed, which has to leave a line, or a reason."""
    assert _changing(app) == set(DEEDS) | set(READS_ONLY)
    assert not set(DEEDS) & set(READS_ONLY)
    assert all(len(reason) > 20 for reason in (READS_ONLY | NOBODYS).values())


@pytest.mark.parametrize("name", ROLES)
def test_every_deed_of_a_role_leaves_a_line(
    app_with_mail: Flask, services: Services, world: World, scene: Callable[[str], Scene], name: str
) -> None:
    """With what was done, by whom, in which role, of which organization and from where; and none
    of the passwords that were typed stands in any line."""
    wrong, who_acts = [], scene(name)
    for endpoint, (kind, deed) in DEEDS.items():
        roles = access.TABLE[endpoint]
        if roles != access.PUBLIC and Role(name) not in roles:
            continue
        before = _last(services)
        answer = deed(who_acts)
        assert answer.status_code in (200, 303), (endpoint, answer.status_code, answer.text[-900:])
        told = [line for line in _since(services, before) if line.kind == kind]
        wrong += [endpoint] if not told else []
        for line in told:
            who = (line.user_email, line.user_role, line.user_organization_id, line.address)
            assert who == (EMAILS[name], name, world.organization, ADDRESS), endpoint
    assert wrong == []
    for line in _since(services, 0):
        assert not re.search(f"Kanarienvogel|{PASSWORD}|src-|Dst-", line.note), line.note
        assert line.kind in HISTORY, line.kind


def test_what_is_taken_leaves_a_line(services: Services, scene: Callable[[str], Scene]) -> None:
    """Reports, logs and the audit trail itself; again within the hour it is counted."""
    reseller = scene("reseller")
    number, accounts = reseller.made(seeds.finished)
    for kind, path in TAKEN.values():
        before = _last(services)
        place = path.format(id=number, account=accounts[0])
        for _ in range(2):
            assert reseller.browser.get(place).status_code == 200, path
        told = [line for line in _since(services, before) if line.kind == kind]
        assert told, path
        assert told[0].user_email == EMAILS["reseller"]
        assert sum(line.times for line in told) == 2


def test_no_file_is_taken_without_a_line(app: Flask, scene: Callable[[str], Scene]) -> None:
    """Whatever is sent as a file is in the table above, or has a reason."""
    admin = scene("admin")
    number, accounts = admin.made(seeds.finished)
    draft, _ = admin.made(seeds.mixed_draft)
    found = set()
    with app.test_request_context():
        rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        for rule in rules:
            for migration in (number, draft):
                known = NUMBERS | {"migration_id": migration, "account_id": accounts[0]}
                built = rule.build({name: known[name] for name in rule.arguments})
                assert built is not None
                with admin.browser.get(built[1]) as answer:
                    if "Content-Disposition" in answer.headers:
                        found.add(rule.endpoint)
    assert found - {"static"} == {"reports.csv", "accounts.sample", "audit.csv"}
    assert found <= set(TAKEN) | set(NOBODYS)
