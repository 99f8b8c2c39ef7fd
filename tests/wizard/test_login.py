"""Signing in, staying in, and being put out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from flask import Flask, request

from app import create_app
from settings import Settings
from store import people
from store.tables import User
from tests.wizard.browser import PASSWORD, Browser
from tests.wizard.world import EMAILS, World
from wizard.forwarded import asker
from wizard.login import relative
from wizard.services import Services
from wizard.session import LONGEST_LOGIN


def test_unknown_address_and_wrong_password_look_the_same(app: Flask, world: World) -> None:
    """Nobody learns from the login which addresses exist."""
    browser = Browser(app)
    wrong = browser.post("/login", email=EMAILS["reseller"], password="nope", via="/login")
    unknown = browser.post("/login", email="x@example.net", password="nope", via="/login")
    assert wrong.status_code == unknown.status_code == 401
    assert "do not belong together" in wrong.text
    assert wrong.text.replace(EMAILS["reseller"], "x@example.net").count("\n") == (
        unknown.text.count("\n")
    )
    assert "nope" not in wrong.text


def test_passwords_cannot_be_guessed_at(app: Flask, world: World) -> None:
    """After ten failures the account is closed for some minutes, even to the right password."""
    browser = Browser(app)
    token = browser.token("/login")
    codes = []
    for _ in range(12):
        answer = browser.client.post(
            "/login",
            data={"email": EMAILS["support"], "password": "wrong"},
            headers={"X-CSRFToken": token},
        )
        codes.append(answer.status_code)
    assert codes[:10] == [401] * 10
    assert codes[-1] == 429
    seconds = int(answer.headers["Retry-After"])
    assert 0 < seconds <= 900
    minutes = re.search(r"Too many attempts. Wait (\d+) minutes?, then try again", answer.text)
    assert minutes is not None
    assert abs(int(minutes[1]) * 60 - seconds) <= 60
    assert f'value="{EMAILS["support"]}"' in answer.text
    other = Browser(app)
    assert other.sign_in(EMAILS["reseller"]).status_code == 303


def _tries(browser: Browser, email: str, number: int, address: str = "192.0.2.1") -> list[int]:
    token = browser.token("/login")
    return [
        browser.client.post(
            "/login",
            data={"email": email, "password": "wrong"},
            headers={"X-CSRFToken": token},
            environ_base={"REMOTE_ADDR": address},
        ).status_code
        for _ in range(number)
    ]


def test_a_stranger_locks_nobody_out_from_elsewhere(app: Flask, world: World) -> None:
    """Tight by account and address: the person signs in from another one."""
    assert _tries(Browser(app), EMAILS["support"], 11)[-1] == 429
    assert Browser(app).sign_in(EMAILS["support"]).status_code == 303


def test_a_known_browser_is_not_locked_out(app: Flask, world: World) -> None:
    """Not by a stranger at the same address, nor by a hundred of them; its own tries count."""
    known = Browser(app)
    known.sign_in(EMAILS["support"])
    known.post("/logout")
    stranger = Browser(app)
    for number in range(12):
        _tries(stranger, EMAILS["support"], 10, f"198.51.100.{number}")
    assert _tries(stranger, EMAILS["support"], 1, "203.0.113.7") == [429]
    assert _tries(stranger, EMAILS["support"], 11, "127.0.0.1")[-1] == 429
    assert Browser(app).sign_in(EMAILS["support"]).status_code == 429
    assert known.sign_in(EMAILS["support"]).status_code == 303
    known.post("/logout")
    assert _tries(known, EMAILS["support"], 11)[-1] == 429
    assert _tries(known, EMAILS["reseller"], 1, "192.0.2.9") == [401]


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("10.1.2.3", "203.0.113.5", "203.0.113.5"),
        ("10.1.2.3", "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("10.1.2.3", "203.0.113.5, 10.9.9.9", "203.0.113.5"),
        ("10.1.2.3", "nonsense", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.5, nonsense", "10.1.2.3"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("::ffff:10.1.2.3", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("192.0.2.1", "203.0.113.5", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "203.0.113.5", "2001:db8:1:2::/64"),
    ],
)
def test_forwarded_addresses_are_believed_from_proxies_alone(
    environment: dict[str, str], peer: str, forwarded: str, counted: str
) -> None:
    """TRUSTED_PROXIES names them; of a list the last one that is none of them counts."""
    app = create_app(Settings.from_env(environment | {"TRUSTED_PROXIES": "10.0.0.0/8"}))
    seen: list[tuple[str, bool]] = []
    app.before_request(lambda: seen.append((asker(), request.is_secure)))
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
    app.test_client().get("/login", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert seen == [(counted, "10." in peer)]


def test_a_copied_cookie_ends_with_the_logout(person: Callable[[str], Browser]) -> None:
    """On the server, and for this session alone."""
    here, elsewhere = person("reseller"), person("reseller")
    cookie = here.client.get_cookie("mailhaul")
    assert cookie is not None
    here.post("/logout")
    here.client.set_cookie("mailhaul", cookie.value)
    assert here.get("/").status_code == 302
    assert elsewhere.get("/").status_code == 200


def test_a_session_has_an_end(reseller: Browser) -> None:
    """However busy it is kept, it is over a day after the login."""
    with reseller.client.session_transaction() as session:
        assert 0 < session["until"] - time.time() <= LONGEST_LOGIN
        session["until"] = int(time.time()) - 1
    assert reseller.get("/").status_code == 302


def test_login_begins_a_new_session(app: Flask, world: World) -> None:
    """What stood in the cookie before the login is gone after it."""
    browser = Browser(app)
    with browser.client.session_transaction() as session:
        session["planted"] = "by someone else"
    browser.sign_in(EMAILS["reseller"])
    with browser.client.session_transaction() as session:
        assert "planted" not in session


def test_cookies_are_closed_to_scripts(app: Flask, world: World) -> None:
    """HttpOnly and SameSite on the session; Secure follows the operator's setting."""
    answer = Browser(app).sign_in(EMAILS["reseller"])
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("mailhaul="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_new_password_ends_the_other_sessions(
    person: Callable[[str], Browser], world: World
) -> None:
    """The session that changed it goes on, all others are over."""
    here, elsewhere = person("reseller"), person("reseller")
    new = "another long password"
    answer = here.post("/password", old=PASSWORD, new=new, again=new)
    assert answer.status_code == 303
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_an_inactive_person_is_put_out_at_once(
    person: Callable[[str], Browser], services: Services, world: World
) -> None:
    """Also in the middle of a session."""
    browser = person("support")
    with services.store.write() as session:
        user = session.query(User).filter_by(email=EMAILS["support"]).one()
        people.change_user(
            session,
            user,
            role=user.role,
            organization_id=user.organization_id,
            active=False,
        )
    assert browser.get("/").status_code == 302
    assert browser.sign_in(EMAILS["support"]).status_code == 401


def test_signing_out_ends_the_session(reseller: Browser) -> None:
    """Only by POST: a link elsewhere cannot sign anyone out."""
    assert reseller.get("/logout").status_code == 405
    assert reseller.post("/logout").status_code == 303
    assert reseller.get("/").status_code == 302


def test_a_fragment_without_a_session_leads_to_the_login(app: Flask) -> None:
    """htmx is told to leave the page, instead of getting the login into the middle of it."""
    answer = Browser(app).get("/migrations/1/live", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login"


@pytest.mark.parametrize(
    ("target", "followed"),
    [
        ("/migrations/3?run=2", "/migrations/3?run=2"),
        ("https://evil.example/", None),
        ("//evil.example/", None),
        ("/\\evil.example/", None),
        ("javascript:alert(1)", None),
        ("/a\r\nSet-Cookie: x=y", None),
        ("", None),
    ],
)
def test_after_login_only_own_pages_are_gone_to(target: str, followed: str | None) -> None:
    """`next` comes from outside: only a path on this site is followed."""
    assert relative(target) == followed
