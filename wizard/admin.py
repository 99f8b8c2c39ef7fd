"""What the operator sees first: organizations, people and destinations side by side."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from store import scope
from wizard.services import services

admin = Blueprint("admin", __name__, url_prefix="/admin")


@admin.get("")
def index() -> ResponseReturnValue:
    with services().store.read() as session:
        organizations = scope.organizations(session)
        return render_template(
            "admin/index.html",
            organizations=organizations,
            users=scope.people(session),
            destinations=scope.every_destination(session),
            names={one.id: one.name for one in organizations},
            kinds={kind.name: kind.label for kind in services().kinds},
        )
