"""What every job needs, built once a process from the settings."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache

from imap.server import NetworkPolicy
from jobs.queue import Bell
from settings import Settings, SettingsError
from store.engine import Store
from store.seal import KeyFileError, Sealer, load_keys


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    store: Store
    sealer: Sealer
    bell: Bell
    policy: NetworkPolicy

    @classmethod
    def build(cls, settings: Settings) -> Services:
        """Connects nowhere yet. Raises store.seal.KeyFileError when there is no usable key."""
        return cls(
            settings=settings,
            store=Store(settings.database_url),
            sealer=Sealer(load_keys(settings.secret_keys, settings.key_file)),
            bell=Bell(settings.redis_url),
            policy=NetworkPolicy(
                allowed_networks=settings.allowed_networks,
                allowed_ports=settings.allowed_ports,
                ca_file=settings.ca_file,
                pinned=settings.certificate_exceptions,
            ),
        )

    def close(self) -> None:
        self.store.dispose()
        self.bell.close()


def started() -> Services:
    """`current`, for a program's beginning: what is wrong with the environment is one sentence on
    the standard error, and status 2."""
    try:
        return current()
    except (SettingsError, KeyFileError, OSError) as error:
        sys.stderr.write(f"Mailhaul cannot start. {error}\n")
        raise SystemExit(2) from None


@cache
def current() -> Services:
    """This process's services. A forked work-horse inherits them: the store notices the fork."""
    return Services.build(Settings.from_env())
