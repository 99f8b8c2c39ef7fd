"""Headers, CSRF and rate limits that hold for every page."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFProtect

from wizard.forwarded import asker

csrf = CSRFProtect()
limiter = Limiter(key_func=asker, in_memory_fallback_enabled=True)

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
    )
)


HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Of every answer, also of those that the web server gives by itself."""


def limiter_storage(redis_url: str) -> str:
    """The same Redis, as the limits package spells a socket's address."""
    return "redis+" + redis_url if redis_url.startswith("unix://") else redis_url


def keep_here(response: Response) -> Response:
    """A redirect to this site is a path: its host would be what the client has claimed."""
    parts = urlsplit(response.headers.get("Location", ""))
    if parts.netloc and parts.netloc == request.host:
        path = "/" + parts.path.lstrip("/")
        response.headers["Location"] = urlunsplit(("", "", path, parts.query, parts.fragment))
    return response


def add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        # Pages hold names of people and of their mailboxes: no shared machine keeps them.
        response.headers["Cache-Control"] = "no-store"
    return response


def init_app(app: Flask) -> None:
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(add_headers)
    app.after_request(keep_here)
