"""The first administrator of an installation that has no user yet."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from launch.place import CannotStart
from settings import Settings
from store import history, people
from store.tables import Role, User

DEFAULT_EMAIL = "admin@mailhaul.example"


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """`password` is empty when the operator chose it: then it is not shown."""

    email: str
    password: str = field(default="", repr=False)


def first_login(
    session: Session, settings: Settings, organization_id: int | None
) -> FirstLogin | None:
    """Add the administrator when there is no user. None when there is one. Raises CannotStart."""
    if session.scalar(select(func.count(User.id))):
        return None
    made = "" if settings.admin_password else secrets.token_urlsafe(12)
    email = settings.admin_email or DEFAULT_EMAIL
    try:
        user = people.add_user(
            session,
            email=email,
            password=settings.admin_password or made,
            role=Role.ADMIN,
            organization_id=organization_id,
        )
    except people.PeopleError as error:
        raise CannotStart(f"ADMIN_EMAIL and ADMIN_PASSWORD: {error.words}") from error
    history.record(
        session,
        kind="person added",
        note=f"{user.email}, {user.role}: the first login.",
        organization_id=organization_id,
    )
    return FirstLogin(email, made)
