"""What the operator sees first: organizations, people and destinations side by side, and how many
connections the source servers are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import history, scope
from store.claims import busy_hosts
from store.limits import EVERY_SERVER, Limits, limits, remove_limit, set_limit
from store.pace import Learned, learned
from wizard.forms.limits import LimitForm
from wizard.services import services
from wizard.session import acting

admin = Blueprint("admin", __name__, url_prefix="/admin")


@dataclass(frozen=True, slots=True)
class ServerLine:
    """A source server with a limit of its own, or one that is talked to now."""

    host: str
    limit: int
    busy: int
    own: bool


@admin.get("")
def index() -> ResponseReturnValue:
    with services().store.read() as session:
        organizations = scope.organizations(session)
        return render_template(
            "admin/index.html",
            organizations=organizations,
            users=scope.people(session),
            destinations=scope.every_destination(session),
            names={one.id: one.name for one in organizations},
            kinds={kind.name: kind.label for kind in services().kinds},
            usual=_limit(session, EVERY_SERVER),
            servers=_servers(session),
            learned=learned(session, _limits(session)),
        )


@admin.post("/limits")
def change_limit() -> ResponseReturnValue:
    """For one server, or for all others. It holds from the clock's next tick on."""
    form = LimitForm()
    if not form.validate_on_submit():
        flash(" ".join(words for errors in form.errors.values() for words in errors), "bad")
        return _back()
    host, connections = form.host.data.lower(), form.connections.data
    with services().store.write() as session:
        before = _limit(session, host)
        if set_limit(session, host, connections):
            _tell(session, f"{_named(host)}: at most {before} → {connections} at a time.")
    services().bell.tick()
    flash(f"{_named(host)}: at most {connections} connections at a time from now on.", "good")
    return _back()


@admin.post("/limits/remove")
def remove_server_limit() -> ResponseReturnValue:
    host = request.form.get("host", "")
    with services().store.write() as session:
        before = _limit(session, host)
        if remove_limit(session, host):
            _tell(session, f"{_named(host)}: at most {before} → the usual number.")
    services().bell.tick()
    flash(f"{_named(host)}: the usual number of connections from now on.", "good")
    return _back()


def connections_to(host: str) -> int:
    """How many there may be at a time, for what a page says."""
    with services().store.read() as session:
        return _limit(session, host)


def refusals_of(host: str) -> Learned | None:
    """Whether the server takes fewer connections than that for now."""
    with services().store.read() as session:
        found = learned(session, _limits(session))
    return next((one for one in found if one.host == host.lower()), None)


def _limits(session: Session) -> Limits:
    return limits(session, services().settings.connections_per_server)


def _limit(session: Session, host: str) -> int:
    return _limits(session).of(host)


def _servers(session: Session) -> list[ServerLine]:
    busy = busy_hosts(session)
    found = _limits(session)
    hosts = sorted({*found.exceptions, *(host for host in busy if host)})
    return [ServerLine(one, found.of(one), busy[one], one in found.exceptions) for one in hosts]


def _named(host: str) -> str:
    return host or "Any source server"


def _tell(session: Session, note: str) -> None:
    history.record(session, kind="connections changed", note=note, user=acting(session))


def _back() -> ResponseReturnValue:
    return redirect(url_for("admin.index") + "#h-c", 303)
