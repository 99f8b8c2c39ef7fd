"""Signing in and out, and a person's own password."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from store import history, people
from store.people import PeopleError
from wizard.forms.people import LoginForm, PasswordForm
from wizard.safety import limiter
from wizard.services import services
from wizard.session import Person, acting

login = Blueprint("login", __name__)

_WRONG = "This address and password do not belong together. Check both and try again."


def _account() -> str:
    return "login:" + (request.form.get("email") or "").strip().lower()[:254]


def _failed(response: object) -> bool:
    return getattr(response, "status_code", 200) == 401


@login.route("/login", methods=["GET", "POST"])
@limiter.limit("30 per minute;200 per hour", methods=["POST"], deduct_when=_failed)
@limiter.limit("10 per 15 minutes", key_func=_account, methods=["POST"], deduct_when=_failed)
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(url_for("overview.index"))
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("login/sign_in.html", form=form, wrong="")
    with services().store.read() as read:
        user = people.authenticate(read, form.email.data, form.password.data)
        person = None if user is None else Person.of(user)
    if person is None:
        return render_template("login/sign_in.html", form=form, wrong=_WRONG), 401
    # A session begun before the login ends here: nothing planted in it survives.
    session.clear()
    session.permanent = True
    login_user(person)
    return redirect(relative(request.args.get("next")) or url_for("overview.index"), 303)


@login.post("/logout")
def sign_out() -> ResponseReturnValue:
    logout_user()
    session.clear()
    return redirect(url_for("login.sign_in"), 303)


@login.route("/password", methods=["GET", "POST"])
@limiter.limit("10 per 15 minutes", methods=["POST"])
def password() -> ResponseReturnValue:
    form = PasswordForm()
    if not form.validate_on_submit():
        return render_template("login/password.html", form=form), 422 if form.errors else 200
    with services().store.write() as write:
        user = acting(write)
        if not people.verify_password(user.password_hash, form.old.data):
            form.old.errors = ["This is not your present password."]
            return render_template("login/password.html", form=form), 422
        try:
            people.set_password(user, form.new.data)
        except PeopleError as error:
            form.new.errors = [error.words]
            return render_template("login/password.html", form=form), 422
        history.record(write, kind="password", organization_id=user.organization_id, user=user)
        person = Person.of(user)
    session.clear()
    session.permanent = True
    login_user(person)
    flash("Your password is changed. Sessions on other devices have ended.", "good")
    return redirect(url_for("overview.index"), 303)


def relative(target: str | None) -> str | None:
    """A place on this site, or None: `next` comes from outside."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(sign) < 32 for sign in target):
        return None
    return target
