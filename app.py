"""The composition root: puts pages, store and command line together, and decides nothing."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

import cli
from jobs.queue import Bell
from provisioners import KINDS
from settings import Settings, SettingsError
from store.derived import cookie_secret
from store.engine import Store
from store.seal import KeyFileError, Sealer, load_keys
from wizard import access, failures, health, numbers, pages, safety, sizes, trail, words
from wizard.forwarded import Forwarded
from wizard.services import Services
from wizard.session import login_manager


def create_app(settings: Settings | None = None) -> Flask:
    """The web application. Its database has to be at this version's tables: store.schema."""
    try:
        chosen = settings or Settings.from_env()
        keys = load_keys(chosen.secret_keys, chosen.key_file)
    except (SettingsError, KeyFileError, OSError) as error:
        cli.refuse(error)
        raise
    app = Flask(__name__)
    _configure(app, chosen, keys[0])
    app.url_map.converters["int"] = numbers.RowNumber
    app.extensions["mailhaul"] = Services(
        settings=chosen,
        store=Store(chosen.database_url),
        sealer=Sealer(keys),
        bell=Bell(chosen.redis_url),
        kinds=tuple(KINDS.values()),
    )
    app.wsgi_app = Forwarded(app.wsgi_app, chosen.trusted_proxies)  # type: ignore[assignment]
    login_manager.init_app(app)
    # The sizes before all that reads a form. The guard before CSRF: who may not do a thing at all
    # is told that first.
    for part in (trail, sizes, access, numbers, safety, failures, words, health, pages):
        part.init_app(app)
    cli.register(app)
    return app


def _configure(app: Flask, settings: Settings, fernet_key: str) -> None:
    app.config.update(
        SECRET_KEY=cookie_secret(fernet_key),
        SESSION_COOKIE_NAME="mailhaul",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=sizes.STRANGERS[0],
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        RATELIMIT_STORAGE_URI=safety.limiter_storage(settings.redis_url),
        RATELIMIT_HEADERS_ENABLED=False,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    # Redirected to, such an address would name whatever host the client has claimed.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
