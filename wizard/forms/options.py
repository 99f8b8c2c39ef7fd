"""The options of step 1: what is chosen beside the server, the mode and the dry run."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import Optional, ValidationError

from parameters import choices as limits
from parameters.choices import Choices, Unit
from parameters.faults import faults
from sync.options import FASTEST, Mode, ProofLevel, Refiling, SourceDeletion
from wizard.forms.fields import LineField, options, whole_number
from wizard.options import DELETIONS, PROOFS, REFILINGS, UNITS

_SIZE = re.compile(r"(\d+(?:[.,]\d+)?)\s*([kmgt]?)b?(?:ytes?)?", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_DAYS = whole_number(0, limits.MOST_DAYS)
_SECONDS = whole_number(1, limits.LONGEST_TIMEOUT)
CONFIRM_DELETION = (
    "Mail would be removed at the old provider. Tick that you want this, or choose “Never”."
)


class SizeField(LineField):
    """An amount of bytes as people write it: 25 MB. Empty is 0; no amount at all is -1."""

    @property
    def amount(self) -> int:
        if not self.data:
            return 0
        found = _SIZE.fullmatch(self.data)
        if found is None:
            return -1
        return round(float(found[1].replace(",", ".")) * _UNITS[found[2].lower()])

    def pre_validate(self, _form: Any) -> None:
        if not 0 <= self.amount <= limits.LARGEST_SIZE:
            raise ValidationError("Write a size such as 25 MB, or leave this empty for no limit.")


class OptionFields(FlaskForm):  # type: ignore[misc]
    """The fields have the names of `Choices`, and two more that say that a person knows."""

    subfolder = LineField("Put everything below this folder")
    exclude = LineField("Leave out folders whose names match")
    automap = BooleanField("Find the fitting folder for Sent, Drafts, Trash and the like")
    subscribe_all = BooleanField("Subscribe all folders")
    skip_empty = BooleanField("Do not make folders that are empty")
    max_age_days = IntegerField("Maximum age in days", [_DAYS], default=0)
    min_age_days = IntegerField("Minimum age in days", [_DAYS], default=0)
    since = DateField("Only messages since", [Optional()])
    max_size = SizeField("Maximum size of a message")
    min_size = SizeField("Minimum size of a message")
    once = BooleanField("Copy a message that stands in several folders only once")
    bytes_per_second = IntegerField("Bytes a second", [whole_number(0, FASTEST)], default=0)
    bytes_per_second_total = IntegerField(
        "Bytes a second, all accounts together", [whole_number(0, FASTEST)], default=0
    )
    timeout_source = IntegerField(
        "Seconds to wait for the source", [_SECONDS], default=limits.USUAL_TIMEOUT
    )
    timeout_destination = IntegerField(
        "Seconds to wait for the destination", [_SECONDS], default=limits.USUAL_TIMEOUT
    )
    delete_duplicates = BooleanField("Delete duplicates at the destination")
    source_deletion = RadioField(
        "Remove messages from the source",
        choices=options((one.value, DELETIONS[one]) for one in SourceDeletion),
        default=SourceDeletion.NEVER.value,
    )
    source_deletion_amount = IntegerField("How long ago", [_DAYS], default=0)
    source_deletion_unit = SelectField(
        "Unit", choices=options((one.value, UNITS[one]) for one in Unit), default=Unit.DAYS.value
    )
    deletion_wanted = BooleanField("Yes, messages shall be removed at the source")
    proof = RadioField(
        "How each copy is proven",
        choices=options((one.value, PROOFS[one][0]) for one in ProofLevel),
        default=ProofLevel.METADATA.value,
    )
    proof_sample = IntegerField(
        "Messages of a folder", [whole_number(0, limits.MOST_SAMPLES)], default=0
    )
    refiling = RadioField(
        "Mail that the destination holds already, in other folders",
        choices=options((one.value, REFILINGS[one]) for one in Refiling),
        default=Refiling.NO.value,
    )
    refile_from = LineField("The folder that holds it")
    copy_unfiled = BooleanField("Copy what is not found there")
    custom = TextAreaField("Custom parameters")

    def choices(self, like: Choices) -> Choices:
        """What is typed; what the form does not ask is as in `like`. Only of a form whose fields
        could be read."""
        values = {name: self[name].data for name in _PLAIN if name in self}
        values |= {name: self[name].amount for name in ("max_size", "min_size")}
        values |= {name: self[name].data or "" for name in _TEXTS}
        return replace(
            like,
            **values,
            source_deletion=SourceDeletion(self.source_deletion.data),
            source_deletion_unit=Unit(self.source_deletion_unit.data),
            proof=ProofLevel(self.proof.data),
            refiling=Refiling(self.refiling.data),
        )

    def options_hold(self, like: Choices, mode: Mode) -> bool:
        """Whether what is typed can be stored and run; else the fields say why it cannot."""
        for fault in faults(self.choices(like), mode):
            field = self[fault.field if fault.field in self else "custom"]
            field.errors = [*field.errors, fault.words]
        deletes = self.source_deletion.data != SourceDeletion.NEVER
        if deletes and not self.deletion_wanted.data:
            self.deletion_wanted.errors = [CONFIRM_DELETION]
        return not self.errors

    @property
    def options_wrong(self) -> bool:
        """Whether one of these fields has something to say."""
        return any(self[name].errors for name in _NAMES if name in self)


_TEXTS = ("subfolder", "exclude", "refile_from", "custom")
_APART = (*_TEXTS, "places", "max_size", "min_size", "source_deletion", "source_deletion_unit",
          "proof", "refiling")  # fmt: skip
_PLAIN = tuple(field.name for field in fields(Choices) if field.name not in _APART)
_NAMES = (*(field.name for field in fields(Choices)), "deletion_wanted")


def filled_options(choices: Choices) -> dict[str, object]:
    """What a form begins with."""
    values = {field.name: getattr(choices, field.name) for field in fields(Choices)}
    for name in ("source_deletion", "source_deletion_unit", "proof", "refiling"):
        values[name] = str(values[name])
    for name in ("max_size", "min_size"):
        values[name] = written_size(values[name])
    return values | {"deletion_wanted": choices.source_deletion is not SourceDeletion.NEVER}


def written_size(amount: int) -> str:
    """25 MB where it is just that, else the number of bytes; '' for no limit."""
    for unit in ("t", "g", "m", "k"):
        if amount and amount % _UNITS[unit] == 0:
            return f"{amount // _UNITS[unit]} {unit.upper() if unit != 'k' else unit}B"
    return str(amount) if amount else ""
