"""The doors that RQ knows by name (jobs.queue). Arguments are ids; the work is elsewhere."""

from __future__ import annotations

import logging

from jobs import checking, listing, notices, running
from jobs.dispatch import tick
from jobs.logs import about
from jobs.services import Services, current
from store import naming
from store.engine import StoreError

log = logging.getLogger("mailhaul.tasks")


def check(account_id: int, token: int) -> None:
    services = current()
    with services.store.read() as session:
        subject = naming.of_account(session, account_id)
    with about(subject):
        checking.check_account(services, account_id, token)
    _make_room(services)


def run_account(account_run_id: int, token: int) -> None:
    services = current()
    with services.store.read() as session:
        subject = naming.of_account_run(session, account_run_id)
    with about(subject):
        running.AccountRunJob(services, account_run_id, token).run()
    _make_room(services)


def list_mailboxes(destination_id: int, domain: str) -> None:
    listing.list_mailboxes(current(), destination_id, domain)


def send_notice(mail_id: int, token: int) -> None:
    services = current()
    with services.store.read() as session:
        subject = naming.of_mail(session, mail_id)
    with about(subject):
        notices.send(services, mail_id, token)
    _make_room(services)


def _make_room(services: Services) -> None:
    """Fill the place that has become free, without waiting for the clock."""
    try:
        tick(services.store, services.bell, services.settings)
    except StoreError as error:
        log.warning("tick=missed reason=%s", type(error).__name__)
