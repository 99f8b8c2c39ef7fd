"""Certificates that no authority vouches for, allowed by the operator: said where they are used."""

from __future__ import annotations

from collections.abc import Iterable

from store.tables import Account, Migration
from sync.options import Security
from wizard.services import services


def accepted(migration: Migration, accounts: Iterable[Account]) -> list[str]:
    """One sentence for each server of these accounts."""
    usual = (migration.source_host, migration.source_port)
    servers = {usual} if migration.source_security != Security.NONE else set()
    for account in accounts:
        if account.source_host:
            servers.add((account.source_host, account.source_port or migration.source_port))
    destination = migration.destination
    if destination is not None and destination.security != Security.NONE:
        servers.add((destination.host, destination.port))
    known = {(host.lower(), port) for host, port in servers}
    return [
        f"Your operator allows one certificate of {host}, port {port}, that would not pass "
        f"otherwise: the one with the SHA-256 fingerprint {digest}, and no other."
        for host, port, digest in services().settings.certificate_exceptions
        if (host, port) in known
    ]
