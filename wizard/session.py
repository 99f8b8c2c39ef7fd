"""Who is signed in, and what of the store is theirs."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import cast

from flask import abort
from flask import session as cookie
from flask_login import LoginManager, current_user, login_user, logout_user
from sqlalchemy.orm import Session

from store import history, logins, people, scope
from store.tables import Migration, Role, User
from wizard.services import services

login_manager = LoginManager()

LONGEST_LOGIN = 24 * 3600
"""Seconds from a login to the end of its session; unused, it ends after half of that."""


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in person, as the store knew them when the request began."""

    id: int
    email: str
    role: Role
    organization_id: int | None
    organization: str
    session_number: int
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return f"{self.id}.{self.session_number}"

    def may(self, *roles: str) -> bool:
        return self.role in roles

    @classmethod
    def of(cls, user: User) -> Person:
        name = user.organization.name if user.organization is not None else ""
        return cls(
            id=user.id,
            email=user.email,
            role=Role(user.role),
            organization_id=user.organization_id,
            organization=name,
            session_number=user.session_number,
        )


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load(text: str) -> Person | None:
    user_id, _, number = text.partition(".")
    if not (user_id.isdecimal() and number.isdecimal() and _lasts()):
        return None
    with services().store.read() as session:
        if logins.is_over(session, cookie["login"]):
            return None
        user = people.user_in_session(session, int(user_id), int(number))
        return None if user is None else Person.of(user)


def begin(who: Person) -> None:
    """A session of its own: nothing that was planted in the cookie before survives."""
    cookie.clear()
    cookie.permanent = True
    cookie["login"], cookie["until"] = secrets.token_urlsafe(16), int(time.time()) + LONGEST_LOGIN
    login_user(who)


def end() -> None:
    """Here and on the server: a copy of the cookie is worth nothing afterwards."""
    if current_user.is_authenticated:
        with services().store.write() as session:
            logins.end(session, cookie["login"], cookie["until"])
            user = acting(session)
            history.record(
                session, kind="signed out", organization_id=user.organization_id, user=user
            )
    logout_user()
    cookie.clear()


def _lasts() -> bool:
    """A session has an end, however busy it is kept."""
    number, until = cookie.get("login"), cookie.get("until")
    return isinstance(number, str) and isinstance(until, int) and time.time() < until


def person() -> Person:
    """Only behind wizard.access: there is someone."""
    return cast(Person, current_user)


def viewer() -> scope.Viewer:
    who = person()
    return scope.Viewer(who.id, who.role, who.organization_id)


def acting(session: Session) -> User:
    """The person as a row of this session, for the history."""
    return session.get_one(User, person().id)


def own_migration(session: Session, migration_id: int) -> Migration:
    """Ends the request with 404 for one that is not there and one that is not theirs alike."""
    found = scope.migration(session, viewer(), migration_id)
    if found is None:
        abort(404)
    return found
