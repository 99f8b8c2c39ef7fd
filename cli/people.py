"""Organizations and the people who sign in."""

from __future__ import annotations

import sys

import click
from sqlalchemy import select

from cli.choosing import organization_named
from cli.refusal import Commands, Refusal
from store import history, people, scope
from store.tables import Role, User
from wizard.services import services

organization = Commands("organization", short_help="Organizations and their domains.")
user = Commands("user", short_help="The people who sign in.")


@organization.command("add")
@click.argument("name")
@click.option("--domain", "domains", multiple=True, required=True, help="May be given repeatedly.")
def add_organization(name: str, domains: tuple[str, ...]) -> None:
    """Add an organization with the domains whose mailboxes it may fill."""
    with services().store.write() as session:
        try:
            added = people.add_organization(session, name, domains)
        except people.PeopleError as error:
            raise Refusal(error.words) from error
        history.record(
            session,
            kind="organization added",
            note=f"{added.name}: {', '.join(domains)}.",
            organization_id=added.id,
        )
    click.echo(f"The organization {added.name} is added.")


@organization.command("list")
def list_organizations() -> None:
    """Every organization with its domains."""
    with services().store.read() as session:
        for one in scope.organizations(session):
            click.echo(f"{one.name}\t{' '.join(scope.domains(session, one.id))}")


@user.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--organization", "organization_name", help="Needed for every role but admin.")
@click.option("--password-stdin", is_flag=True, help="Read the password's line from stdin.")
def add_user(email: str, role: str, organization_name: str | None, password_stdin: bool) -> None:
    """Add a person. The password is asked for, and never stands in the command."""
    password = _password(password_stdin)
    with services().store.write() as session:
        try:
            owner = organization_named(session, organization_name) if organization_name else None
            added = people.add_user(
                session,
                email=email,
                password=password,
                role=Role(role),
                organization_id=owner.id if owner else None,
            )
        except people.PeopleError as error:
            raise Refusal(error.words) from error
        history.record(
            session,
            kind="person added",
            note=f"{added.email}, {added.role}.",
            organization_id=added.organization_id,
        )
    click.echo(f"{added.email} may sign in as {role}.")


@user.command("list")
def list_users() -> None:
    """Every person with role and organization."""
    with services().store.read() as session:
        for one in session.scalars(select(User).order_by(User.email)):
            owner = one.organization.name if one.organization else "-"
            click.echo(
                f"{one.email}\t{one.role}\t{owner}\t{'active' if one.active else 'inactive'}"
            )


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
