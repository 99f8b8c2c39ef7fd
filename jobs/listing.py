"""What a destination's provisioner lists for one domain, for step 2 to choose from."""

from __future__ import annotations

import logging
from typing import Any

from jobs.logs import trace
from jobs.services import Services
from provisioners import open_provisioner
from provisioners.base import ProvisionError
from store import destinations
from store.tables import DestinationServer

log = logging.getLogger("mailhaul.listing")


def list_mailboxes(services: Services, destination_id: int, domain: str) -> None:
    """Enter the answer, or why there is none."""
    with services.store.read() as session:
        place = session.get_one(DestinationServer, destination_id)
        kind, config = place.provisioner, dict(place.config)
    mailboxes: list[dict[str, Any]] = []
    error = ""
    try:
        listed = open_provisioner(kind, config).mailboxes(domain)
        mailboxes = [{"address": one.address, "admin": one.admin} for one in listed]
    except ProvisionError as refused:
        error = f"{refused.words} {refused.server_words}".strip()
    except Exception as broken:  # noqa: BLE001 - the page that waits must be told
        log.error("destination=%d error=internal %s", destination_id, trace(broken))
        error = "The list could not be read; the server's log says why."
    with services.store.write() as session:
        destinations.enter_list(session, destination_id, domain, mailboxes, error=error)
