"""Organizations, domains and people, on both databases."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters

from store import people
from store.engine import Store
from store.people import PeopleError
from store.tables import Role, User

PASSWORD = "a long enough password"


@pytest.fixture
def user_id(store: Store) -> int:
    with store.write() as session:
        organization = people.add_organization(session, "Harbour", ["example.com"])
        user = people.add_user(
            session,
            email=" Rita@Example.NET ",
            password=PASSWORD,
            role=Role.RESELLER,
            organization_id=organization.id,
        )
        return user.id


def test_an_unknown_address_costs_what_a_wrong_password_costs(store: Store, user_id: int) -> None:
    """The same parameters: the time tells nobody which addresses exist."""
    with store.read() as session:
        own = session.get_one(User, user_id).password_hash
    assert extract_parameters(people._NOBODY) == extract_parameters(own)


def test_only_the_right_password_of_an_active_person_counts(store: Store, user_id: int) -> None:
    """The address in any case; a wrong, empty or endless password is none."""
    with store.read() as session:
        found = people.authenticate(session, "RITA@example.net", PASSWORD)
        assert found is not None
        assert found.id == user_id
        for wrong in ("", "a long enough passwor", PASSWORD + " ", "x" * 100_000, "\udc80"):
            assert people.authenticate(session, "rita@example.net", wrong) is None
        assert people.authenticate(session, "nobody@example.net", PASSWORD) is None


def test_passwords_are_stored_as_argon2(store: Store, user_id: int) -> None:
    """Never as typed."""
    with store.read() as session:
        stored = session.get_one(User, user_id).password_hash
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_a_new_password_ends_every_session(store: Store, user_id: int) -> None:
    """Sessions carry a number, and it has changed."""
    with store.write() as session:
        user = session.get_one(User, user_id)
        before = user.session_number
        people.set_password(user, "another long password")
    with store.read() as session:
        assert people.user_in_session(session, user_id, before) is None
        assert people.user_in_session(session, user_id, before + 1) is not None


def test_names_addresses_and_domains_are_taken_once(store: Store, user_id: int) -> None:
    """The second is refused in words, before the database has to."""
    with store.write() as session:
        with pytest.raises(PeopleError, match="has this name already"):
            people.add_organization(session, " Harbour ")
        other = people.add_organization(session, "Other")
        with pytest.raises(PeopleError, match="belongs to an organization already"):
            people.add_domain(session, other.id, "EXAMPLE.com.")
        with pytest.raises(PeopleError, match="signs in with this address already"):
            people.add_user(
                session,
                email="rita@example.net",
                password=PASSWORD,
                role=Role.SUPPORT,
                organization_id=other.id,
            )


def test_short_passwords_and_people_without_a_place_are_refused(store: Store, user_id: int) -> None:
    """Twelve characters at least; only administrators stand outside all organizations."""
    with store.write() as session:
        with pytest.raises(PeopleError, match="at least 12"):
            people.add_user(
                session, email="a@b.example", password="short", role="admin", organization_id=None
            )
        with pytest.raises(PeopleError, match="Only an administrator"):
            people.add_user(
                session,
                email="a@b.example",
                password=PASSWORD,
                role="support",
                organization_id=None,
            )


@pytest.mark.parametrize("name", ["", "localhost", "a b.example", "-a.example", "a..example", "x"])
def test_what_is_no_domain_is_refused(name: str) -> None:
    """With an example of one."""
    with pytest.raises(PeopleError, match=r"example\.com"):
        people.clean_domain(name)


def test_domains_are_kept_in_one_spelling() -> None:
    """Lower case, ASCII, without the @ and the dot that come with copy and paste."""
    assert people.clean_domain(" @Müller.Example. ") == "xn--mller-kva.example"
