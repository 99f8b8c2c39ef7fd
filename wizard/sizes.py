"""How much a request may bring: little before the login, little with a form, more in an upload."""

from __future__ import annotations

from typing import cast

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from flask_login import current_user
from itsdangerous import BadData
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cookie
from werkzeug.routing import RequestRedirect

from wizard.services import services

STRANGERS = (16_384, 40)
"""Bytes and parts of what somebody sends who has not signed in."""
FORMS = (262_144, 1_000)
_UPLOAD_PARTS = 200_000
_MULTIPART = 65_536
"""What a form adds around its file."""
UPLOADS = frozenset({"adding.csv", "adding.choose"})


def largest_body(app: Flask, method: str, target: str, cookie: str) -> int:
    """For the web server, which has to know before it takes a body: see launch/gathering.py."""
    if not _signed(app, cookie):
        return STRANGERS[0]
    path = target.partition("?")[0]
    try:
        endpoint, _ = app.url_map.bind("").match(path, method)
    except (HTTPException, RequestRedirect, ValueError):
        return FORMS[0]
    if endpoint in UPLOADS:
        return int(app.extensions["mailhaul"].settings.upload_limit) + _MULTIPART
    return FORMS[0]


def _signed(app: Flask, cookie: str) -> bool:
    """Whether the cookie is one of ours, of somebody who has signed in. Who it is, and whether the
    session goes on, is asked later."""
    serializer = cast(SecureCookieSessionInterface, app.session_interface).get_signing_serializer(
        app
    )
    value = parse_cookie(cookie).get(str(app.config["SESSION_COOKIE_NAME"]))
    if serializer is None or not value:
        return False
    lasts = int(app.permanent_session_lifetime.total_seconds())
    try:
        return "_user_id" in serializer.loads(value, max_age=lasts)
    except BadData:
        return False


def bound() -> None:
    """Before anything reads the form. Without a body nobody has to be asked for."""
    size, parts = STRANGERS
    if request.method == "POST" and current_user.is_authenticated:
        uploads = request.endpoint in UPLOADS
        size, parts = (services().settings.upload_limit, _UPLOAD_PARTS) if uploads else FORMS
    request.max_content_length = size
    request.max_form_memory_size = size
    request.max_form_parts = parts


def init_app(app: Flask) -> None:
    app.before_request(bound)
