"""A walk through every state: each green word, sentence, cell and value against what is on disk."""

from __future__ import annotations

from collections.abc import Callable

from argon2 import PasswordHasher

from app import create_app
from jobs.services import Services
from launch.dovecot import Dovecot
from settings import Settings
from store.tables import Role, User
from tests.jobs.every_state import States, every_state
from tests.jobs.told import Reader
from tests.wizard.browser import PASSWORD, Browser

REFUSES_LARGE = "mail_fsync = never\nplugin {\n quota_max_mail_size = 10k\n}\n"
STATES = {
    "draft", "scheduled", "complete", "looping", "dry", "failed", "chosen", "exceptions", "running",
    "paused", "stopped",
}  # fmt: skip


def test_what_is_said_is_on_disk(
    make_services: Callable[..., Services],
    source_server: Dovecot,
    make_dovecot: Callable[..., Dovecot],
    environment: dict[str, str],
) -> None:
    """Nothing is green that is not there; what was expected stands beside what was found; a dry run
    has done nothing; and no folder is passed over in silence."""
    destination = make_dovecot(separator=".", prefix="INBOX.", settings=REFUSES_LARGE)
    ports = f"{source_server.spec.tls_port} {destination.spec.tls_port}"
    services = make_services(ALLOWED_PORTS=ports, LEASE_SECONDS="600")
    reader = _reader(environment, services)
    states = States(services, source_server, destination)
    seen: list[str] = []

    def look(name: str) -> None:
        seen.append(name)
        reader.look(name, states.hauls[name])

    every_state(states, look)
    reader.app.extensions["mailhaul"].store.dispose()
    reader.app.extensions["mailhaul"].bell.close()
    assert set(seen) == STATES
    assert not reader.complaints, "\n".join(reader.complaints)


def _reader(environment: dict[str, str], services: Services) -> Reader:
    app = create_app(Settings.from_env(environment))
    secret = PasswordHasher().hash(PASSWORD)
    with services.store.write() as session:
        people = [
            User(email=f"{role}@example.net", role=role, password_hash=secret)
            for role in (Role.ADMIN, Role.CUSTOMER)
        ]
        session.add_all(people)
        session.flush()
        number = people[1].id
    browsers = Browser(app), Browser(app)
    for browser, role in zip(browsers, (Role.ADMIN, Role.CUSTOMER), strict=True):
        assert browser.sign_in(f"{role}@example.net").status_code == 303
    return Reader(app, *browsers, number)
