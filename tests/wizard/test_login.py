"""Signing in, staying in, and being put out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from store import people
from store.tables import User
from tests.wizard.browser import PASSWORD, Browser
from tests.wizard.world import EMAILS, World
from wizard.login import relative
from wizard.services import Services


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
    assert "Too many attempts" in answer.text
    other = Browser(app)
    assert other.sign_in(EMAILS["reseller"]).status_code == 303


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
