"""How many connections a source server bears, for the operator."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import Length

from store.limits import HIGHEST, LOWEST
from wizard.forms.fields import LineField, host_name, whole_number


class LimitForm(FlaskForm):  # type: ignore[misc]
    """`host` empty: any server that has no limit of its own."""

    host = LineField("Source server", [Length(max=255), host_name])
    connections = IntegerField("Connections at most", [whole_number(LOWEST, HIGHEST)])
