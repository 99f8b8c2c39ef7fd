"""Roles and routes: the one definition of who may do what. An endpoint without a row is closed."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, Response, abort, make_response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from store.tables import Role

PUBLIC: frozenset[Role] = frozenset()
EVERYONE = frozenset(Role)
READERS = EVERYONE
MENDERS = frozenset({Role.ADMIN, Role.RESELLER, Role.SUPPORT})
OWNERS = frozenset({Role.ADMIN, Role.RESELLER})
OPERATORS = frozenset({Role.ADMIN})

TABLE: Mapping[str, frozenset[Role]] = {
    "static": PUBLIC,
    "health.healthz": PUBLIC,
    "metrics.show": PUBLIC,
    "health.banner": MENDERS,
    "login.sign_in": PUBLIC,
    "login.sign_out": EVERYONE,
    "login.password": EVERYONE,
    "overview.index": EVERYONE,
    "server.new": OWNERS,
    "server.edit": OWNERS,
    "accounts.page": MENDERS,
    "accounts.sample": MENDERS,
    "accounts.live": MENDERS,
    "accounts.row": MENDERS,
    "accounts.edit": MENDERS,
    "accounts.save": MENDERS,
    "accounts.ask_remove": MENDERS,
    "accounts.remove": MENDERS,
    "accounts.recheck": MENDERS,
    "adding.single": OWNERS,
    "adding.csv": OWNERS,
    "adding.choose": OWNERS,
    "adding.mailboxes": OWNERS,
    "adding.refresh": OWNERS,
    "bulk.append_domain": MENDERS,
    "bulk.remove_domain": MENDERS,
    "bulk.recheck_all": MENDERS,
    "bulk.remove_all": OWNERS,
    "folders.page": MENDERS,
    "folders.test": MENDERS,
    "folders.exclude": OWNERS,
    "folders.place": OWNERS,
    "schedule.edit": OWNERS,
    "schedule.preview": OWNERS,
    "schedule.repeats": OWNERS,
    "standing.new": OWNERS,
    "details.page": MENDERS,
    "details.live": MENDERS,
    "details.history": MENDERS,
    "chart.live": MENDERS,
    "details.account": READERS,
    "details.download_log": MENDERS,
    "notices.live": MENDERS,
    "notices.change": OWNERS,
    "notices.test": OWNERS,
    "notices.tested": OWNERS,
    "braked.go_on": OWNERS,
    "control.start": MENDERS,
    "control.pause": MENDERS,
    "control.resume": MENDERS,
    "control.stop": MENDERS,
    "control.retry": MENDERS,
    "control.suspend": MENDERS,
    "control.activate": MENDERS,
    "control.threads": MENDERS,
    "control.keep": OWNERS,
    "control.note": MENDERS,
    "control.readers": OWNERS,
    "control.discard": OWNERS,
    "control.account": MENDERS,
    "control.delete": OWNERS,
    "removals.allow": OWNERS,
    "reports.page": READERS,
    "reports.csv": READERS,
    "audit.page": OWNERS,
    "audit.csv": OWNERS,
    "admin.index": OPERATORS,
    "admin.change_limit": OPERATORS,
    "admin.remove_server_limit": OPERATORS,
    "organizations.new": OPERATORS,
    "organizations.edit": OPERATORS,
    "organizations.add_domain": OPERATORS,
    "organizations.remove_domain": OPERATORS,
    "users.new": OPERATORS,
    "users.edit": OPERATORS,
    "destinations.new": OPERATORS,
    "destinations.edit": OPERATORS,
}


def guard() -> AnyResponse | None:
    """Before every request. An unknown address is left to the 404 that it is."""
    if request.endpoint is None:
        return None
    roles = TABLE.get(request.endpoint)
    if roles is None:
        abort(403)
    if roles == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return _to_login()
    if current_user.role not in roles:
        abort(403)
    return None


def may(endpoint: str) -> bool:
    """Whether the person of this request may use the endpoint: for what a page offers."""
    return bool(current_user.is_authenticated) and current_user.role in TABLE[endpoint]


def _to_login() -> AnyResponse:
    if "HX-Request" in request.headers:
        # htmx would put the login page into the middle of the old one.
        answer: Response = make_response("", 401)
        answer.headers["HX-Redirect"] = url_for("login.sign_in")
        return answer
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("login.sign_in", next=wanted if wanted != "/" else None))


def init_app(app: Flask) -> None:
    app.before_request(guard)
    app.jinja_env.globals["may"] = may
