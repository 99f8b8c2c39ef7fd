"""Signing in and out, and a person's own password."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar, cast
from urllib.parse import urlsplit

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests

from importer.amounts import count
from store import history, people
from store.people import PeopleError
from store.tables import User
from wizard import failures
from wizard.devices import device, remember
from wizard.forms.people import LoginForm, PasswordForm
from wizard.forwarded import asker
from wizard.safety import limiter
from wizard.services import services
from wizard.session import Person, acting, begin, end

login = Blueprint("login", __name__)

_WRONG = "This address and password do not belong together. Check both and try again."


_View = TypeVar("_View", bound=Callable[..., ResponseReturnValue])

_TRIES = "10 per 15 minutes"


def _email() -> str:
    return (request.form.get("email") or "").strip().lower()[:254]


def _account() -> str:
    return f"login:{_email()}"


def _account_here() -> str:
    return f"login:{_email()}:{asker()}"


def _device() -> str:
    return f"login:{_email()}:device:{_known()}"


def _known() -> str:
    """The number of the browser that this person has signed in with before, or nothing."""
    found = device()
    if found is None:
        return ""
    with services().store.read() as read:
        user = read.get(User, found[0])
        return found[1] if user is not None and user.email == _email() else ""


def _is_known() -> bool:
    return bool(_known())


def _is_new() -> bool:
    return not _known()


def _failed(response: object) -> bool:
    return getattr(response, "status_code", 200) == 401


def _failures(
    limit: str, key: Callable[[], str], *, exempt_when: Callable[[], bool]
) -> Callable[[_View], _View]:
    """So many wrong tries. Tight for an account from one address, wide for it from everywhere,
    and neither for a browser that is known: a stranger's tries lock nobody out of it."""
    decorator = limiter.limit(
        limit, key_func=key, methods=["POST"], deduct_when=_failed, exempt_when=exempt_when
    )
    return cast("Callable[[_View], _View]", decorator)


@login.route("/login", methods=["GET", "POST"])
@_failures("30 per minute;200 per hour", asker, exempt_when=_is_known)
@_failures(_TRIES, _account_here, exempt_when=_is_known)
@_failures("100 per hour", _account, exempt_when=_is_known)
@_failures(_TRIES, _device, exempt_when=_is_new)
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(url_for("overview.index"))
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("login/sign_in.html", form=form, wrong="")
    known = device()
    with services().store.read() as read:
        user = people.authenticate(
            read, form.email.data, form.password.data, device_of=known[0] if known else None
        )
        person = None if user is None else Person.of(user)
    if person is None:
        with services().store.write() as write:
            history.refused_sign_in(write, form.email.data)
        return render_template("login/sign_in.html", form=form, wrong=_WRONG), 401
    is_new = known is None or known[0] != person.id
    with services().store.write() as write:
        told = "In a browser that is new." if is_new else "In a browser that is known."
        user = write.get_one(User, person.id)
        _tell(write, user, "signed in", told)
    begin(person)
    onward = relative(request.args.get("next")) or url_for("overview.index")
    response = make_response(redirect(onward, 303))
    if is_new:
        remember(response, person.id)
    return response


@login.errorhandler(TooManyRequests)
def too_many(error: TooManyRequests) -> ResponseReturnValue:
    """Whoever waits does so at the form, and is told how long."""
    if request.endpoint != "login.sign_in":
        return failures.answered(error)
    limit = limiter.current_limit
    seconds = 60.0 if limit is None else limit.reset_at - time.time()
    wait = count(max(1, -int(-seconds // 60)), "minute")
    words = f"Too many attempts. Wait {wait}, then try again."
    page = render_template("login/sign_in.html", form=LoginForm(), wrong=words)
    return page, 429, {"Retry-After": str(max(1, int(seconds)))}


@login.post("/logout")
def sign_out() -> ResponseReturnValue:
    end()
    return redirect(url_for("login.sign_in"), 303)


@login.route("/password", methods=["GET", "POST"])
@limiter.limit(_TRIES, key_func=lambda: f"password:{current_user.get_id()}", methods=["POST"])
def password() -> ResponseReturnValue:
    form = PasswordForm()
    if not form.validate_on_submit():
        return render_template("login/password.html", form=form), 422 if form.errors else 200
    with services().store.write() as write:
        user = acting(write)
        if not people.verify_password(user.password_hash, form.old.data, known=True):
            history.record_again(
                write,
                kind="password refused",
                note="The present password was wrong.",
                organization_id=user.organization_id,
                user=user,
            )
            form.old.errors = ["This is not your present password."]
            return render_template("login/password.html", form=form), 422
        try:
            people.set_password(user, form.new.data)
        except PeopleError as error:
            form.new.errors = [error.words]
            return render_template("login/password.html", form=form), 422
        _tell(write, user, "password", "Sessions on other devices have ended.")
        person = Person.of(user)
    begin(person)
    flash("Your password is changed. Sessions on other devices have ended.", "good")
    return redirect(url_for("overview.index"), 303)


def _tell(session: Session, user: User, kind: str, note: str) -> None:
    history.record(session, kind=kind, note=note, organization_id=user.organization_id, user=user)


def relative(target: str | None) -> str | None:
    """A place on this site, or None: `next` comes from outside."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(sign) < 32 for sign in target):
        return None
    return target
