"""Who is signed in, and what of the store is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import abort
from flask_login import LoginManager, current_user
from sqlalchemy.orm import Session

from store import people, scope
from store.tables import Migration, Role, User
from wizard.services import services

login_manager = LoginManager()


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
    if not (user_id.isdigit() and number.isdigit()):
        return None
    with services().store.read() as session:
        user = people.user_in_session(session, int(user_id), int(number))
        return None if user is None else Person.of(user)


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
