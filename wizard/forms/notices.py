"""Who is told by mail."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import Field, Form
from wtforms.validators import Length, Optional, ValidationError

from importer.recipients import RecipientFault, recipients
from wizard.forms.fields import LineField

LONGEST = 255


def addresses(_form: Form, field: Field) -> None:
    """F14: each is checked, and the field keeps them as they are stored."""
    try:
        found = recipients(field.data or "")
    except RecipientFault as fault:
        raise ValidationError(str(fault)) from None
    spaced, tight = "; ".join(found), ";".join(found)
    field.data = spaced if len(spaced) <= LONGEST else tight


class NotifyForm(FlaskForm):  # type: ignore[misc]
    notify = LineField("Notify", [Optional(), Length(max=LONGEST), addresses])
