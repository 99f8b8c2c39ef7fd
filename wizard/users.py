"""People who sign in, for the operator."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import history, people, scope
from store.people import PeopleError
from store.tables import User
from wizard import differences
from wizard.forms.people import UserForm
from wizard.services import services
from wizard.session import acting

users = Blueprint("users", __name__, url_prefix="/admin/users")


@users.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    with services().store.write() as session:
        form = UserForm()
        form.offer(scope.organizations(session))
        if form.validate_on_submit() and _added(session, form):
            flash(f"{form.email.data} may sign in now.", "good")
            return redirect(url_for("admin.index"), 303)
        page = render_template("admin/user.html", form=form, user=None)
    return page, 422 if form.errors else 200


@users.route("/<int:user_id>", methods=["GET", "POST"])
def edit(user_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        user = session.get(User, user_id) or abort(404)
        form = UserForm(
            data={
                "email": user.email,
                "role": user.role,
                "organization_id": user.organization_id or 0,
                "active": user.active,
            }
        )
        form.offer(scope.organizations(session))
        if form.validate_on_submit() and _changed(session, user, form):
            flash(f"{user.email} is stored.", "good")
            return redirect(url_for("admin.index"), 303)
        page = render_template("admin/user.html", form=form, user=user)
    return page, 422 if form.errors else 200


def _added(session: Session, form: UserForm) -> bool:
    try:
        user = people.add_user(
            session,
            email=form.email.data,
            password=form.password.data or "",
            role=form.role.data,
            organization_id=form.organization_id.data or None,
        )
    except PeopleError as error:
        return _refused(form, error)
    history.record(
        session,
        kind="person added",
        note=f"{user.email}, {user.role}.",
        organization_id=user.organization_id,
        user=acting(session),
    )
    return True


def _changed(session: Session, user: User, form: UserForm) -> bool:
    before, was_of = differences.person(user), user.organization
    try:
        people.change_user(
            session,
            user,
            role=form.role.data,
            organization_id=form.organization_id.data or None,
            active=form.active.data,
        )
        if form.password.data:
            people.set_password(user, form.password.data)
    except PeopleError as error:
        return _refused(form, error)
    session.flush()
    session.expire(user, ["organization"])
    told = history.differences(before, differences.person(user), differences.PERSON)
    changed = [told] if told else []
    if form.password.data:
        changed.append("password changed")
    differences.tell_both(
        session,
        kind="person changed",
        note=f"{user.email}: ",
        changed=changed,
        moved=("organization", was_of, user.organization),
        user=acting(session),
    )
    return True


def _refused(form: UserForm, error: PeopleError) -> bool:
    name = error.field if error.field in form.data else "email"
    form[name].errors = [error.words]
    return False
