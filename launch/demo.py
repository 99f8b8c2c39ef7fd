"""The demo: a source and a destination mail server on loopback, and what the wizard needs of them.

The database part comes after the servers': an organization with its domain, and the destination.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from launch import demo_mail
from launch.certificates import make_authority
from launch.children import Child
from launch.demo_accounts import ACCOUNTS, DESTINATION, DESTINATION_DOMAIN, ORGANIZATION, PRESENT
from launch.dovecot import Dovecot, DovecotSpec, run_as
from launch.packages import MissingPackages, ensure
from provisioners import dovecot_passwd
from settings import Settings
from store import destinations, history, people
from store.tables import Organization


class NoDemo(Exception):
    """The demo cannot be started; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Two servers, made but not started, and the file that makes their certificates trusted."""

    directory: Path
    source: Dovecot
    destination: Dovecot

    @property
    def ca_file(self) -> Path:
        return self.directory / "authority.pem"

    @property
    def source_offer(self) -> str:
        """What DEMO_SOURCE says: step 1 is filled in with it."""
        return f"127.0.0.1:{self.source.spec.tls_port}:ssl"

    def servers(self) -> tuple[tuple[str, Dovecot], ...]:
        return ("demo-source", self.source), ("demo-destination", self.destination)

    def children(self, logs: Path) -> list[tuple[Child, Callable[[], bool]]]:
        """How to start each server, and how to see that it serves."""
        environ = {"PATH": os.environ.get("PATH", os.defpath)}
        return [
            (Child(name, server.command(), logs / f"{name}.log", environ), server.greets)
            for name, server in self.servers()
        ]

    def clean_up(self) -> None:
        for _, server in self.servers():
            server.stop()


def prepare(settings: Settings) -> Demo:
    """Make what is missing: program, certificates, logins, mail. Raises NoDemo."""
    try:
        ensure(["dovecot"])
    except MissingPackages as error:
        raise NoDemo(f"The demo needs Dovecot, a mail server: {error}") from error
    for port in settings.demo_ports:
        _refuse_taken(port)
    directory = demo_directory(settings.data_dir)
    demo = _demo(directory, settings.demo_ports)
    _certify(demo)
    if not demo.source.spec.users_file.stat().st_size:
        for account in ACCOUNTS:
            demo.source.add_user(account.address, account.password)
    if not demo.destination.spec.users_file.stat().st_size:
        for name, password, _ in PRESENT:
            demo.destination.add_user(f"{name}@{DESTINATION_DOMAIN}", password)
    demo_mail.fill(demo.source.mail_dir)
    return demo


def add_rows(session: Session, demo: Demo) -> int:
    """The organization, its domain and the destination, as they are now. The organization's id."""
    query = select(Organization).where(Organization.name == ORGANIZATION)
    organization = session.scalars(query).one_or_none()
    if organization is None:
        organization = people.add_organization(session, ORGANIZATION, [DESTINATION_DOMAIN])
        note = f"{ORGANIZATION}: {DESTINATION_DOMAIN}, the demo's."
        history.record(
            session, kind="organization added", note=note, organization_id=organization.id
        )
    destination = destinations.by_name(session, DESTINATION, organization_id=organization.id)
    if destination is None:
        destination = destinations.add(
            session,
            name=DESTINATION,
            provisioner=dovecot_passwd.KIND.name,
            host="127.0.0.1",
            port=demo.destination.spec.tls_port,
            security="ssl",
            organization_id=organization.id,
        )
        history.record(
            session,
            kind="destination added",
            note=f"{DESTINATION}, the demo's.",
            organization_id=organization.id,
        )
    # Ports and folders may be others than at the last start.
    destination.port = demo.destination.spec.tls_port
    destination.config = _config(demo)
    session.flush()
    return organization.id


def _config(demo: Demo) -> dict[str, str]:
    admins = [f"{name}@{DESTINATION_DOMAIN}" for name, _, admin in PRESENT if admin]
    return {"users_file": str(demo.destination.spec.users_file), "admins": " ".join(admins)}


def _demo(directory: Path, ports: tuple[int, ...]) -> Demo:
    source = DovecotSpec(directory / "source", ports[0], ports[1])
    destination = DovecotSpec(
        directory / "destination", ports[2], ports[3], separator=".", prefix="INBOX."
    )
    return Demo(directory, Dovecot(source), Dovecot(destination))


def _certify(demo: Demo) -> None:
    certificates = [server.spec.directory / "cert.pem" for _, server in demo.servers()]
    if not all(path.exists() for path in (demo.ca_file, *certificates)):
        # The authority's key is kept nowhere: what it signed is signed anew with another.
        for path in certificates:
            path.unlink(missing_ok=True)
    authority = make_authority()
    if not all(path.exists() for path in certificates):
        demo.ca_file.write_bytes(authority.pem)
    for _, server in demo.servers():
        server.prepare(authority)


def demo_directory(data_dir: Path) -> Path:
    """In the data folder, unless the mail servers' user could not enter it there."""
    directory = inside = data_dir / "demo"
    if os.getuid() == 0 and not _open_to_all(data_dir):
        name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
        directory = Path("/var/tmp") / f"mailhaul-demo-{name}"
        if not inside.is_symlink() and not inside.exists():
            inside.symlink_to(directory)
    directory.mkdir(exist_ok=True)
    status = directory.lstat()
    if directory.is_symlink() or status.st_uid not in (os.getuid(), run_as().pw_uid):
        raise NoDemo(f"{directory} belongs to someone else: remove it, or choose another DATA_DIR.")
    if status.st_uid == os.getuid():
        # The mail servers have a user of their own.
        directory.chmod(0o755)
    return directory


def _open_to_all(data_dir: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (data_dir, *data_dir.parents))


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise NoDemo(
                f"Port {port} is taken by another program. DEMO_PORTS chooses other ports."
            ) from error
