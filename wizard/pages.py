"""All blueprints, and what every template may name."""

from __future__ import annotations

from typing import Any

from flask import Flask, request, url_for
from flask_login import current_user

from importer.diagnosis import said
from wizard.accounts import accounts
from wizard.adding import adding
from wizard.admin import admin, connections_to, refusals_of
from wizard.audit import audit
from wizard.beside import beside, of_folder
from wizard.braked import braked, refused_logins
from wizard.bulk import bulk
from wizard.chart import chart, clock
from wizard.control import control
from wizard.destinations import destinations
from wizard.details import details
from wizard.folders import folders
from wizard.health import health
from wizard.login import login
from wizard.metrics import metrics
from wizard.notices import notices
from wizard.organizations import organizations
from wizard.overview import overview
from wizard.pace import each_second
from wizard.removals import removals
from wizard.reports import reports
from wizard.schedule import schedule
from wizard.server import server
from wizard.standing import standing
from wizard.starts import interval_words, moment_words
from wizard.users import users

BLUEPRINTS = (
    login,
    overview,
    server,
    standing,
    accounts,
    adding,
    bulk,
    folders,
    schedule,
    details,
    chart,
    braked,
    control,
    notices,
    removals,
    reports,
    audit,
    admin,
    organizations,
    users,
    destinations,
    health,
    metrics,
)


_WHOLE = {"details.live": "details.page", "details.history": "details.page"}
"""Parts of a page that are asked for by themselves: their links lead to the whole."""


def here(**changes: Any) -> str:
    """This page's own address with some of its questions changed; None takes one away."""
    kept = {**request.args.to_dict(), **changes}
    wanted = {key: value for key, value in kept.items() if value is not None}
    endpoint = str(request.endpoint)
    return url_for(_WHOLE.get(endpoint, endpoint), **{**(request.view_args or {}), **wanted})


def init_app(app: Flask) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        refused_logins=refused_logins,
        here=here,
        connections_to=connections_to,
        refusals_of=refusals_of,
        beside=beside,
        of_folder=of_folder,
        said=said,
    )
    app.jinja_env.filters.update(
        moment=moment_words, interval=interval_words, each_second=each_second, clock=clock
    )
    app.context_processor(lambda: {"me": current_user})
