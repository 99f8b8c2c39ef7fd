"""What every page needs, put together once by app.py."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from jobs.queue import Bell
from provisioners.base import Kind
from settings import Settings
from store.engine import Store
from store.seal import Sealer
from sync.options import Security


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    store: Store
    sealer: Sealer
    bell: Bell
    kinds: tuple[Kind, ...] = ()
    """The provisioners that this installation has."""

    @property
    def demo_source(self) -> tuple[str, int, Security] | None:
        """The demo's source server, which step 1 offers while the demo runs."""
        host, _, rest = self.settings.demo_source.partition(":")
        port, _, security = rest.partition(":")
        if not host or not port.isdigit():
            return None
        return host, int(port), Security(security or Security.TLS)

    def kind(self, name: str) -> Kind | None:
        return next((kind for kind in self.kinds if kind.name == name), None)


def services() -> Services:
    found: Services = current_app.extensions["mailhaul"]
    return found
