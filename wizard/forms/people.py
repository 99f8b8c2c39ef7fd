"""Signing in, and what an administrator sets up: organizations, people, destinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import DataRequired, Email, EqualTo, Length, Optional

from importer import policy
from provisioners.base import Kind
from store.people import LONGEST_PASSWORD, SHORTEST_PASSWORD
from store.tables import Organization, Role
from sync.options import Security
from wizard.forms.fields import LineField, SecretField, host_name, options, whole_number
from wizard.words import ROLES, SECURITY

_LONG_ENOUGH = Length(
    SHORTEST_PASSWORD,
    LONGEST_PASSWORD,
    f"At least {SHORTEST_PASSWORD} characters are needed.",
)


class LoginForm(FlaskForm):  # type: ignore[misc]
    email = LineField("E-mail address", [DataRequired("Enter your address."), Length(max=254)])
    password = SecretField("Password", [DataRequired("Enter your password.")])


class PasswordForm(FlaskForm):  # type: ignore[misc]
    old = SecretField("Present password", [DataRequired("Enter your present password.")])
    new = SecretField("New password", [_LONG_ENOUGH])
    again = SecretField(
        "New password, once more", [EqualTo("new", "The two new passwords differ.")]
    )


class OrganizationForm(FlaskForm):  # type: ignore[misc]
    name = LineField("Name", [DataRequired("Enter a name."), Length(max=120)])


class DomainForm(FlaskForm):  # type: ignore[misc]
    domain = LineField("Domain", [DataRequired("Enter a domain."), Length(max=253)])


class UserForm(FlaskForm):  # type: ignore[misc]
    """`password` is asked for a new person; in an edit an empty one keeps the old."""

    email = LineField(
        "E-mail address", [DataRequired("Enter an address."), Email(), Length(max=254)]
    )
    role = SelectField("Role", choices=options(ROLES.items()), default=Role.RESELLER.value)
    organization_id = SelectField("Organization", coerce=int, choices=[], default=0)
    password = SecretField("Password", [Optional(), _LONG_ENOUGH])
    active = BooleanField("May sign in", default=True)

    def offer(self, organizations: Sequence[Organization]) -> None:
        none = (0, "None (administrators only)")
        self.organization_id.choices = options(
            [none, *((one.id, one.name) for one in organizations)]
        )


class DestinationForm(FlaskForm):  # type: ignore[misc]
    """The settings of a provisioner are added by `with_settings`."""

    name = LineField("Name", [DataRequired("Enter a name."), Length(max=120)])
    organization_id = SelectField("Open to", coerce=int, choices=[], default=0)
    host = LineField(
        "IMAP server", [DataRequired("Enter the server's name."), Length(max=255), host_name]
    )
    security = SelectField("Security", choices=options((s.value, SECURITY[s]) for s in Security))
    port = IntegerField("Port", [whole_number(1, 65535)], default=993)
    password_policy = SelectField("Password rules", choices=[])
    provisioner = SelectField("How its mailboxes are managed", choices=[])

    def offer(self, organizations: Sequence[Organization], kinds: Sequence[Kind]) -> None:
        everyone = (0, "All organizations")
        self.organization_id.choices = options(
            [everyone, *((one.id, one.name) for one in organizations)]
        )
        self.provisioner.choices = options((kind.name, kind.label) for kind in kinds)
        self.password_policy.choices = options(
            (name, rule.label) for name, rule in policy.POLICIES.items()
        )

    def config(self, kind: Kind) -> dict[str, Any]:
        """The provisioner's own settings, as typed."""
        return {s.name: self[field_name(kind, s.name)].data for s in kind.settings}


def field_name(kind: Kind, setting: str) -> str:
    return f"{kind.name}__{setting}"


def with_settings(kinds: Sequence[Kind]) -> type[DestinationForm]:
    """The form with a field for every setting of every provisioner."""
    fields = {
        field_name(kind, setting.name): LineField(
            setting.label,
            [Optional(), Length(max=500)],
            description=setting.hint,
            default=setting.default,
        )
        for kind in kinds
        for setting in kind.settings
    }
    return type("DestinationForm", (DestinationForm,), fields)
