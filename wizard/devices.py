"""Browsers in which somebody has signed in before: a stranger's guesses do not lock them out.

The cookie proves that and nothing else: whoever has it still needs the password, and has as few
tries as everybody.
"""

from __future__ import annotations

import secrets

from flask import Response, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

COOKIE = "mailhaul-device"
_LASTS = 180 * 24 * 3600


def remember(response: Response, user_id: int) -> None:
    """Once this answer has arrived, the browser is known for this person."""
    value = _signer().dumps([user_id, secrets.token_urlsafe(12)])
    response.set_cookie(
        COOKIE,
        value,
        max_age=_LASTS,
        path="/login",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )


def device() -> tuple[int, str] | None:
    """Whose browser this is, and its number."""
    try:
        user_id, number = _signer().loads(request.cookies.get(COOKIE, ""), max_age=_LASTS)
    except (BadData, TypeError, ValueError):
        return None
    return (user_id, number) if isinstance(user_id, int) and isinstance(number, str) else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="device")
