"""The place that has become free is filled without waiting for the clock."""

from __future__ import annotations

import logging

from jobs.dispatch import tick
from jobs.services import Services
from store.engine import StoreError

log = logging.getLogger("mailhaul.tasks")


def make_room(services: Services) -> None:
    """At the end of a job. Raises nothing."""
    try:
        tick(services.store, services.bell, services.settings)
    except StoreError as error:
        log.warning("tick=missed reason=%s", type(error).__name__)
