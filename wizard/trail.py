"""The audit trail's lines of a request: from where it comes, and that something was read."""

from __future__ import annotations

from flask import Flask, request

from store import history
from store.history import Origin
from store.tables import Migration
from wizard import forwarded
from wizard.services import services
from wizard.session import acting


def begin() -> None:
    """First of all: whatever is done has its address."""
    history.comes_from(Origin(forwarded.origin()))


def end(_error: BaseException | None) -> None:
    history.comes_from(None)


def was_read(migration: Migration, kind: str, note: str) -> None:
    """One line an hour for each person and thing. A page that asks by itself for what moves is
    not counted, and changes nothing where the line is there."""
    if "HX-Request" in request.headers:
        with services().store.read() as session:
            if history.is_told(session, kind, note, migration.id, acting(session)):
                return
    with services().store.write() as session:
        history.record_again(
            session,
            kind=kind,
            note=note,
            organization_id=migration.organization_id,
            migration_id=migration.id,
            user=acting(session),
        )


def init_app(app: Flask) -> None:
    app.before_request(begin)
    app.teardown_request(end)
