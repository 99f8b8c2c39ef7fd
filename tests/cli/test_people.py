"""Organizations, people and destinations from the command line."""

from __future__ import annotations

from flask.testing import FlaskCliRunner
from sqlalchemy import select

from store.engine import Store
from store.people import authenticate
from store.tables import DestinationServer

PASSWORD = "correct horse battery"


def add_acme(cli: FlaskCliRunner) -> None:
    added = cli.invoke(
        args=["organization", "add", "Acme", "--domain", "acme.example", "--domain", "b.example"]
    )
    assert added.exit_code == 0, added.output


def test_an_organization_is_added_with_its_domains(cli: FlaskCliRunner) -> None:
    """What was added is listed."""
    add_acme(cli)
    assert cli.invoke(args=["organization", "list"]).output == "Acme\tacme.example b.example\n"


def test_a_taken_domain_is_refused(cli: FlaskCliRunner) -> None:
    """A domain belongs to one organization; the words say so, the status is 2."""
    add_acme(cli)
    again = cli.invoke(args=["organization", "add", "Other", "--domain", "acme.example"])
    assert again.exit_code == 2
    assert "acme.example belongs to an organization already" in again.output
    assert cli.invoke(args=["organization", "list"]).output.count("\n") == 1


def test_a_person_is_added_with_a_password_from_stdin(cli: FlaskCliRunner, store: Store) -> None:
    """The password works, and stands neither in the command nor in its answer."""
    add_acme(cli)
    command = ["user", "add", "Eve@acme.example", "--role", "support", "--organization", "Acme"]
    added = cli.invoke(args=[*command, "--password-stdin"], input=f"{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    with store.read() as session:
        assert authenticate(session, "eve@acme.example", PASSWORD) is not None
    assert "eve@acme.example\tsupport\tAcme\tactive" in cli.invoke(args=["user", "list"]).output


def test_a_person_is_added_with_a_typed_password(cli: FlaskCliRunner, store: Store) -> None:
    """Asked for twice, and not shown."""
    command = ["user", "add", "boss@acme.example", "--role", "admin"]
    added = cli.invoke(args=command, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    with store.read() as session:
        assert authenticate(session, "boss@acme.example", PASSWORD) is not None


def test_a_short_password_and_an_unknown_organization_are_refused(cli: FlaskCliRunner) -> None:
    """Each with its reason, status 2, and nobody added."""
    admin = ["user", "add", "a@acme.example", "--role", "admin", "--password-stdin"]
    short = cli.invoke(args=admin, input="short\n")
    assert short.exit_code == 2
    assert "at least 12 characters" in short.output
    unknown = cli.invoke(args=[*admin, "--organization", "Nowhere"], input=f"{PASSWORD}\n")
    assert unknown.exit_code == 2
    assert "no organization 'Nowhere'" in unknown.output
    assert cli.invoke(args=["user", "list"]).output == ""


def test_a_destination_is_added_and_listed(cli: FlaskCliRunner, store: Store) -> None:
    """Settings of the provisioner are stored with it."""
    command = ["destination", "add", "Mail", "--provisioner", "dovecot-passwd"]
    command += ["--host", "mail.acme.example", "--setting", "users_file=/etc/dovecot/users=1"]
    added = cli.invoke(args=command)
    assert added.exit_code == 0, added.output
    listed = cli.invoke(args=["destination", "list"]).output
    assert listed == "Mail\tmail.acme.example:993 ssl\tdovecot-passwd\tkonsoleh\n"
    with store.read() as session:
        config = session.scalars(select(DestinationServer.config)).one()
    assert config == {"users_file": "/etc/dovecot/users=1"}
    again = cli.invoke(args=command)
    assert again.exit_code == 2
    assert "already" in again.output


def test_wrong_settings_of_a_provisioner_are_named(cli: FlaskCliRunner) -> None:
    """A missing and an unknown setting are refused, with the names that there are."""
    command = ["destination", "add", "Mail", "--provisioner", "dovecot-passwd", "--host", "m.x"]
    for settings in ([], ["--setting", "users=/x"], ["--setting", "users_file"]):
        refused = cli.invoke(args=[*command, *settings])
        assert refused.exit_code == 2
        assert "users_file" in refused.output
    assert cli.invoke(args=["destination", "list"]).output == ""
