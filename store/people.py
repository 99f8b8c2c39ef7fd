"""Organizations, their domains, and the people who sign in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from store.hashing import hashed, matches
from store.tables import Account, Domain, Migration, Organization, Reading, Role, User

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$eIrAtIMI8PUCmkvzWPbUsw"
    "$YLculkufKz4xYsyszB7Ve/p+JRPunqM62OJV0iXavPI"
)
"""Of random characters that nobody has kept. An address that nobody has takes as long to refuse as
a wrong password; to make a hash at the start would cost each process a tenth of a second."""


class PeopleError(ValueError):
    """The change cannot be made. `words` are for a person; `field` is the form field at fault."""

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.field = field


def add_organization(session: Session, name: str, domains: Iterable[str] = ()) -> Organization:
    """Raises PeopleError when the name or a domain is taken or cannot be one."""
    organization = Organization(name=_free_name(session, name))
    session.add(organization)
    session.flush()
    for domain in domains:
        add_domain(session, organization.id, domain)
    return organization


def rename_organization(session: Session, organization: Organization, name: str) -> None:
    """Raises PeopleError when the name is taken."""
    if name.strip() != organization.name:
        organization.name = _free_name(session, name)


def add_domain(session: Session, organization_id: int, name: str) -> Domain:
    """A domain belongs to one organization only. Raises PeopleError."""
    clean = clean_domain(name)
    if session.scalar(select(Domain.id).where(Domain.name == clean)) is not None:
        raise PeopleError(f"{clean} belongs to an organization already.", "domain")
    domain = Domain(organization_id=organization_id, name=clean)
    session.add(domain)
    session.flush()
    return domain


def remove_domain(session: Session, organization_id: int, domain_id: int) -> str:
    """Its name. Raises PeopleError while a migration or an account fills its mailboxes."""
    domain = session.get(Domain, domain_id)
    if domain is None or domain.organization_id != organization_id:
        raise PeopleError("There is no such domain.", "domain")
    own = Migration.organization_id == organization_id
    in_use = func.lower(Account.mailbox).endswith(f"@{domain.name}", autoescape=True)
    accounts = select(func.count(Account.id)).join(Migration).where(own, in_use)
    migrations = select(func.count(Migration.id)).where(own, Migration.domain == domain.name)
    if used := session.scalar(accounts):
        words = "1 account is" if used == 1 else f"{used} accounts are"
        raise PeopleError(f"{words} brought to {domain.name}, so it stays.", "domain")
    if session.scalar(migrations):
        raise PeopleError(f"{domain.name} is used by a migration, so it stays.", "domain")
    session.delete(domain)
    return domain.name


def clean_domain(name: str) -> str:
    """In lower case and ASCII, without a leading @ or a closing dot. Raises PeopleError."""
    text = name.strip().lower().lstrip("@").rstrip(".")
    try:
        ascii_name = text.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_name = ""
    labels = ascii_name.split(".")
    whole = 3 < len(ascii_name) <= 253 and len(labels) > 1
    if not whole or not all(_LABEL.fullmatch(label) for label in labels):
        raise PeopleError(f"{name.strip()[:80]!r} is no domain: write it as example.com.", "domain")
    return ascii_name


def add_user(
    session: Session, *, email: str, password: str, role: Role | str, organization_id: int | None
) -> User:
    """Raises PeopleError when the address is taken or the password too short."""
    address = email.strip().lower()
    if session.scalar(select(User.id).where(User.email == address)) is not None:
        raise PeopleError("Someone signs in with this address already.", "email")
    if organization_id is None and role != Role.ADMIN:
        raise PeopleError("Only an administrator may stand outside all organizations.", "role")
    user = User(
        email=address,
        password_hash=_hash(password),
        role=Role(role),
        organization_id=organization_id,
    )
    session.add(user)
    session.flush()
    return user


def set_password(user: User, password: str) -> None:
    """All sessions of this person end. Raises PeopleError when the password is too short."""
    user.password_hash = _hash(password)
    user.session_number = (user.session_number or 1) + 1


def change_user(
    session: Session, user: User, *, role: Role | str, organization_id: int | None, active: bool
) -> None:
    """Raises PeopleError when the last active administrator would be lost."""
    if user.role == Role.ADMIN and (role != Role.ADMIN or not active):
        others = select(func.count()).where(
            User.role == Role.ADMIN, User.active, User.id != user.id
        )
        if not session.scalar(others):
            raise PeopleError("The last administrator stays one, and stays active.", "role")
    if organization_id is None and role != Role.ADMIN:
        raise PeopleError("Choose the organization this person belongs to.", "organization_id")
    if (user.role, user.organization_id, user.active) != (role, organization_id, active):
        # What a session may see was decided by the old values.
        user.session_number += 1
    if user.organization_id != organization_id or role != Role.CUSTOMER:
        session.execute(delete(Reading).where(Reading.user_id == user.id))
    user.role, user.organization_id, user.active = Role(role), organization_id, active


def authenticate(
    session: Session, email: str, password: str, *, device_of: int | None = None
) -> User | None:
    """None for an unknown address, a wrong password and an inactive person, in the same time.

    `device_of` is the person who has signed in with this browser before. Raises hashing.Busy.
    """
    query = select(User).where(User.email == email.strip().lower())
    user = session.scalars(query).one_or_none()
    stored = user.password_hash if user is not None else _NOBODY
    known = user is not None and user.id == device_of
    if not verify_password(stored, password, known=known) or user is None or not user.active:
        return None
    return user


def verify_password(password_hash: str, password: str, *, known: bool = False) -> bool:
    """Raises hashing.Busy."""
    if len(password) > LONGEST_PASSWORD:
        return False
    return matches(password_hash, password, known=known)


def user_in_session(session: Session, user_id: int, session_number: int) -> User | None:
    """The person whose session this is, while it lasts."""
    user = session.get(User, user_id)
    if user is None or not user.active or user.session_number != session_number:
        return None
    return user


def _hash(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PeopleError(
            f"The password needs at least {SHORTEST_PASSWORD} characters.", "password"
        )
    return hashed(password)


def _free_name(session: Session, name: str) -> str:
    clean = name.strip()
    if not 1 <= len(clean) <= 120:
        raise PeopleError("Give the organization a name of at most 120 characters.", "name")
    if session.scalar(select(Organization.id).where(Organization.name == clean)) is not None:
        raise PeopleError("An organization has this name already.", "name")
    return clean
