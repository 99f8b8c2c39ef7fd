"""The systems that mail is brought to."""

from __future__ import annotations

import click
from sqlalchemy import select

from cli.choosing import organization_named
from cli.refusal import Commands, Refusal
from importer.policy import DEFAULT_POLICY, POLICIES
from provisioners import KINDS, open_provisioner
from provisioners.base import ProvisionError
from store import destinations, history
from store.tables import DestinationServer
from sync.options import Security
from wizard import differences
from wizard.services import services

destination = Commands("destination", short_help="The systems that mail is brought to.")


@destination.command("add")
@click.argument("name")
@click.option("--provisioner", type=click.Choice(list(KINDS)), required=True)
@click.option("--host", required=True, help="Name or address of its IMAP server.")
@click.option("--port", type=click.IntRange(1, 65535), default=993, show_default=True)
@click.option(
    "--security", type=click.Choice([one.value for one in Security]), default=Security.TLS.value
)
@click.option("--setting", "settings", multiple=True, help="NAME=VALUE, for the provisioner.")
@click.option("--password-policy", type=click.Choice(list(POLICIES)), default=DEFAULT_POLICY)
@click.option("--organization", "organization_name", help="Only for this one; else open to all.")
def add_destination(
    *,
    name: str,
    provisioner: str,
    settings: tuple[str, ...],
    organization_name: str | None,
    **server: str | int,
) -> None:
    """Add a destination."""
    config = _config(provisioner, settings)
    with services().store.write() as session:
        if session.scalar(select(DestinationServer.id).where(DestinationServer.name == name)):
            raise Refusal(f"There is a destination {name!r} already.")
        owner = organization_named(session, organization_name) if organization_name else None
        added = destinations.add(
            session,
            name=name,
            provisioner=provisioner,
            host=str(server["host"]),
            port=int(server["port"]),
            security=str(server["security"]),
            config=config,
            password_policy=str(server["password_policy"]),
            organization_id=owner.id if owner else None,
        )
        labels = differences.destination_labels(KINDS[provisioner])
        history.record(
            session,
            kind="destination added",
            note=f"{differences.first(differences.destination(added), labels)}; "
            f"open to: {owner.name if owner else 'all organizations'}.",
            organization_id=added.organization_id,
        )
    click.echo(f"The destination {name} is added.")


@destination.command("list")
def list_destinations() -> None:
    """Every destination with its server and provisioner."""
    with services().store.read() as session:
        for one in session.scalars(select(DestinationServer).order_by(DestinationServer.name)):
            place = f"{one.host}:{one.port} {one.security}"
            click.echo(f"{one.name}\t{place}\t{one.provisioner}\t{one.password_policy}")


def _config(provisioner: str, settings: tuple[str, ...]) -> dict[str, str]:
    config = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise Refusal(f"--setting {setting!r}: NAME=VALUE is needed.")
        config[name] = value
    try:
        open_provisioner(provisioner, config)
    except ProvisionError as error:
        known = ", ".join(setting.name for setting in KINDS[provisioner].settings) or "none"
        raise Refusal(f"{error.words} Settings of {provisioner}: {known}.") from error
    return config
