"""The systems that mail is brought to, for the operator."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import destinations as stored
from store import history, scope
from store.tables import DestinationServer, Organization
from wizard import differences
from wizard.forms.people import DestinationForm, field_name, with_settings
from wizard.services import services
from wizard.session import acting

destinations = Blueprint("destinations", __name__, url_prefix="/admin/destinations")

_OWN = ("name", "host", "port", "security", "password_policy", "provisioner")


@destinations.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    with services().store.write() as session:
        form = _form(session, {})
        if form.validate_on_submit() and _complete(session, form, None):
            made = stored.add(session, **_values(form))
            labels = differences.destination_labels(services().kind(made.provisioner))
            owner = _owner(session, made)
            history.record(
                session,
                kind="destination added",
                note=f"{differences.first(differences.destination(made), labels)}; "
                f"open to: {owner.name if owner else 'all organizations'}.",
                organization_id=made.organization_id,
                user=acting(session),
            )
            flash(f"{made.name} is added.", "good")
            return redirect(url_for("admin.index"), 303)
        return _page(form, None)


@destinations.route("/<int:destination_id>", methods=["GET", "POST"])
def edit(destination_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        found = session.get(DestinationServer, destination_id) or abort(404)
        form = _form(session, _stored(found))
        before, was_of = differences.destination(found), _owner(session, found)
        if form.validate_on_submit() and _complete(session, form, found):
            for name, value in _values(form).items():
                setattr(found, name, value)
            differences.tell_both(
                session,
                kind="destination changed",
                note=f"{found.name}: ",
                changed=_differences(before, found),
                moved=("open to", was_of, _owner(session, found)),
                user=acting(session),
                nobody="all organizations",
            )
            flash(f"{found.name} is stored.", "good")
            return redirect(url_for("admin.index"), 303)
        return _page(form, found)


def _form(session: Session, values: dict[str, Any]) -> DestinationForm:
    form = with_settings(services().kinds)(data=values)
    form.offer(scope.organizations(session), services().kinds)
    return form


def _stored(found: DestinationServer) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(found, name) for name in _OWN}
    kind = services().kind(found.provisioner)
    settings = {} if kind is None else {field_name(kind, k): v for k, v in found.config.items()}
    return values | settings | {"organization_id": found.organization_id or 0}


def _values(form: DestinationForm) -> dict[str, Any]:
    kind = services().kind(form.provisioner.data) or abort(400)
    values = {name: form[name].data for name in _OWN}
    organization = form.organization_id.data or None
    return values | {"config": form.config(kind), "organization_id": organization}


def _complete(session: Session, form: DestinationForm, found: DestinationServer | None) -> bool:
    """The name is free, and the chosen provisioner has all that it needs."""
    kind = services().kind(form.provisioner.data) or abort(400)
    whole = True
    for setting in kind.settings:
        field = form[field_name(kind, setting.name)]
        if setting.required and not field.data:
            field.errors = ["This is needed."]
            whole = False
    others = [one for one in scope.every_destination(session) if one is not found]
    if any(one.name == form.name.data for one in others):
        form.name.errors = ["A destination has this name already."]
        whole = False
    return whole


def _page(form: DestinationForm, found: DestinationServer | None) -> ResponseReturnValue:
    page = render_template(
        "admin/destination.html",
        form=form,
        destination=found,
        kinds=services().kinds,
        field_name=field_name,
    )
    return page, 422 if form.errors else 200


def _owner(session: Session, found: DestinationServer) -> Organization | None:
    number = found.organization_id
    return None if number is None else session.get_one(Organization, number)


def _differences(before: dict[str, object], found: DestinationServer) -> list[str]:
    """Settings of a provisioner that was chosen before have no more labels, and stay unsaid."""
    labels = differences.destination_labels(services().kind(found.provisioner))
    told = history.differences(before, differences.destination(found), labels)
    return [told] if told else []
