"""The doors that RQ knows by name (jobs.queue). Arguments are ids; the work is elsewhere."""

from __future__ import annotations

from jobs import checking, listing, notices, running
from jobs.logs import about
from jobs.room import make_room
from jobs.services import current
from store import naming


def check(account_id: int, token: int) -> None:
    services = current()
    with services.store.read() as session:
        subject = naming.of_account(session, account_id)
    with about(subject):
        checking.check_account(services, account_id, token)
    make_room(services)


def run_account(account_run_id: int, token: int) -> None:
    services = current()
    with services.store.read() as session:
        subject = naming.of_account_run(session, account_run_id)
    with about(subject):
        running.AccountRunJob(services, account_run_id, token).run()
    make_room(services)


def list_mailboxes(destination_id: int, domain: str) -> None:
    listing.list_mailboxes(current(), destination_id, domain)


def send_notice(mail_id: int, token: int) -> None:
    services = current()
    with services.store.read() as session:
        subject = naming.of_mail(session, mail_id)
    with about(subject):
        notices.send(services, mail_id, token)
    make_room(services)
