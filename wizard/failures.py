"""The pages that say no: what happened and what to do, never a stack trace."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from importer.amounts import size
from store.hashing import Busy


@dataclass(frozen=True, slots=True)
class Saying:
    title: str
    words: str


SAYINGS = {
    400: Saying(
        "That request could not be read",
        "Something in it was missing or wrong. Go back, reload the page and try again.",
    ),
    401: Saying("Please sign in", "Your session is over. Sign in to go on."),
    403: Saying(
        "That is not open to you",
        "Your role does not include this page. If you need it, ask your administrator.",
    ),
    404: Saying(
        "There is nothing here",
        "The page was moved or removed, or the address has a typing mistake.",
    ),
    405: Saying("That cannot be done here", "Go back and use the button on the page."),
    413: Saying("That upload is too large", "Split the file into smaller ones."),
    429: Saying(
        "Too many attempts",
        "To protect your account, wait a few minutes before you try again.",
    ),
    503: Saying(
        "Too many people are signing in at once",
        "Nothing is wrong with your password. Wait a few seconds and try again.",
    ),
    500: Saying(
        "Something went wrong on our side",
        "Nothing that was copied is lost. Try again; if it comes back, tell your administrator "
        "what you did and when.",
    ),
}
_EXPIRED = Saying(
    "This page was open for too long",
    "For your safety its forms have expired. Go back, reload the page and send it again.",
)


def answer(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    saying = SAYINGS.get(code, SAYINGS[500 if code >= 500 else 400])
    if isinstance(error, CSRFError):
        saying = _EXPIRED
    if code == 413:
        limit = size(request.max_content_length or 0)
        saying = Saying(saying.title, f"At most {limit} are taken at once. {saying.words}")
    fragment = "HX-Request" in request.headers
    template = "failures/fragment.html" if fragment else "failures/page.html"
    return render_template(template, code=code, saying=saying), code


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(Busy, lambda _error: answer(ServiceUnavailable(retry_after=3)))
