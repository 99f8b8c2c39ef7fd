"""Organizations and their domains, for the operator."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import history, people
from store.people import PeopleError
from store.tables import Organization
from wizard.forms.accounts import EmptyForm
from wizard.forms.people import DomainForm, OrganizationForm
from wizard.services import services
from wizard.session import acting

organizations = Blueprint("organizations", __name__, url_prefix="/admin/organizations")


@organizations.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = OrganizationForm()
    if form.validate_on_submit():
        try:
            with services().store.write() as session:
                made = people.add_organization(session, form.name.data)
                _tell(session, made, "organization added")
                number = made.id
        except PeopleError as error:
            form.name.errors = [error.words]
        else:
            flash("Added. Now enter the domains whose mailboxes it may fill.", "good")
            return redirect(url_for("organizations.edit", organization_id=number), 303)
    page = render_template("admin/organization.html", form=form, organization=None)
    return page, 422 if form.errors else 200


@organizations.route("/<int:organization_id>", methods=["GET", "POST"])
def edit(organization_id: int) -> ResponseReturnValue:
    try:
        with services().store.write() as session:
            organization = _find(session, organization_id)
            form = OrganizationForm(data={"name": organization.name})
            if not form.validate_on_submit():
                return _page(organization, form), 422 if form.errors else 200
            before = organization.name
            people.rename_organization(session, organization, form.name.data)
            if before != organization.name:
                note = f"name: {before} → {organization.name}."
                _tell(session, organization, "organization changed", note)
    except PeopleError as error:
        flash(error.words, "bad")
    else:
        flash("Stored.", "good")
    return _back(organization_id)


@organizations.post("/<int:organization_id>/domains")
def add_domain(organization_id: int) -> ResponseReturnValue:
    form = DomainForm()
    try:
        with services().store.write() as session:
            organization = _find(session, organization_id)
            domain = people.add_domain(session, organization_id, form.domain.data or "")
            _tell(session, organization, "domain added", domain.name)
            flash(f"{domain.name} is added.", "good")
    except PeopleError as error:
        flash(error.words, "bad")
    return _back(organization_id)


@organizations.post("/<int:organization_id>/domains/<int:domain_id>/remove")
def remove_domain(organization_id: int, domain_id: int) -> ResponseReturnValue:
    try:
        with services().store.write() as session:
            organization = _find(session, organization_id)
            name = people.remove_domain(session, organization_id, domain_id)
            _tell(session, organization, "domain removed", name)
            flash(f"{name} is removed.", "info")
    except PeopleError as error:
        flash(error.words, "bad")
    return _back(organization_id)


def _find(session: Session, organization_id: int) -> Organization:
    found = session.get(Organization, organization_id)
    return found if found is not None else abort(404)


def _page(organization: Organization, form: OrganizationForm) -> str:
    return render_template(
        "admin/organization.html",
        form=form,
        organization=organization,
        domain_form=DomainForm(formdata=None),
        button=EmptyForm(formdata=None),
    )


def _tell(session: Session, organization: Organization, kind: str, note: str = "") -> None:
    history.record(
        session,
        kind=kind,
        note=note or organization.name,
        organization_id=organization.id,
        user=acting(session),
    )


def _back(organization_id: int) -> ResponseReturnValue:
    return redirect(url_for("organizations.edit", organization_id=organization_id), 303)
