"""The pages that say no: what happened and what to do, never a stack trace."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Flask, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from importer.amounts import size
from store import trouble
from store.engine import StoreError
from store.hashing import Busy

log = logging.getLogger("mailhaul.web")


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


def away(error: StoreError) -> ResponseReturnValue:
    """The database cannot be used: said without asking it for anything, not even who asks. What
    it refuses for another reason is a fault of ours."""
    if not trouble.is_away(error):
        return answer(InternalServerError(original_exception=error))
    words = trouble.words(error)
    log.warning("page=unanswered database=away reason=%s", type(error).__name__)
    if "HX-Request" in request.headers:
        return _bare("failures/fragment.html", Saying("The database cannot be used", words)), 503
    page = _bare("failures/bare.html", Saying("Mailhaul cannot answer just now", words))
    return make_response(page, 503, {"Retry-After": "10"})


def _bare(template: str, saying: Saying) -> str:
    """Not render_template: what every page is given asks the database who is signed in."""
    return current_app.jinja_env.get_template(template).render(saying=saying, code=503)


def answer(error: HTTPException) -> ResponseReturnValue:
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


def answered(error: HTTPException) -> ResponseReturnValue:
    """A page that says no is made of what the database knows, too."""
    try:
        return answer(error)
    except StoreError as away_too:
        return away(away_too)


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, answered)
    app.register_error_handler(Busy, lambda _error: answered(ServiceUnavailable(retry_after=3)))
    app.register_error_handler(StoreError, away)
