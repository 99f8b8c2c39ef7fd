"""Step 3: when it starts, how often, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Field,
    Form,
    IntegerField,
    RadioField,
    SelectField,
)
from wtforms.validators import Length, Optional, StopValidation, ValidationError

from importer.recipients import RecipientFault, recipients
from store.drafts import ScheduleChoice
from store.tables import Migration, now
from sync.options import Mode
from wizard.forms.fields import LineField, options, whole_number

STARTS = (
    ("now", "Now, as soon as this page is confirmed"),
    ("manual", "By hand, later"),
    ("at", "At a date and time"),
)
_PLACES = sorted(zone for zone in available_timezones() if "/" in zone and zone[:3] != "Etc")
_KNOWN = frozenset(("UTC", *_PLACES))
_ZONES = options((zone, zone) for zone in ("UTC", *_PLACES))
_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


@dataclass(frozen=True)
class WhenChosen:
    """The field counts only while another has this value; then it is needed."""

    other: str
    value: str
    words: str

    def __call__(self, form: Form, field: Field) -> None:
        if form[self.other].data != self.value:
            field.errors = []
            raise StopValidation()
        if not any(field.raw_data or ()):
            field.errors = []
            raise StopValidation(self.words)
        if field.data is None:
            raise StopValidation()


class ScheduleForm(FlaskForm):  # type: ignore[misc]
    start = RadioField("Start", choices=options(STARTS), default="now")
    start_at = DateTimeLocalField(
        "Date and time",
        [WhenChosen("start", "at", "Enter the date and time of the start.")],
        format=_FORMATS,
    )
    timezone = SelectField("Time zone", choices=_ZONES, default="UTC")
    repeat = RadioField(
        "How often",
        choices=options([("once", "One time only"), ("loop", "Repeat until a date")]),
        default="once",
    )
    loop_minutes = IntegerField("Minutes between two runs", default=20)
    loop_until = DateTimeLocalField(
        "Repeat until",
        [WhenChosen("repeat", "loop", "Enter the date on which the repeats end.")],
        format=_FORMATS,
    )
    notify = LineField("Notify", [Optional(), Length(max=255)])
    removal_confirmed = BooleanField("I have read this and want it")

    def validate_start_at(self, field: Field) -> None:
        if _utc(field.data, self.timezone.data) < now():
            raise ValidationError("This lies in the past. Choose a later time.")

    def validate_loop_minutes(self, field: Field) -> None:
        if self.repeat.data == "loop":
            whole_number(1, 43_800)(self, field)
        else:
            field.errors = []

    def validate_loop_until(self, field: Field) -> None:
        zone = self.timezone.data
        begin = self.start_at.data if self.start.data == "at" else None
        first = _utc(begin, zone) if begin is not None else now()
        if _utc(field.data, zone) <= first:
            raise ValidationError("The repeats have to end after the start.")

    def validate_notify(self, field: Field) -> None:
        try:
            field.data = "; ".join(recipients(field.data or ""))
        except RecipientFault as fault:
            raise ValidationError(str(fault)) from None

    def choice(self, migration: Migration) -> ScheduleChoice:
        loop, at = self.repeat.data == "loop", self.start.data == "at"
        zone = self.timezone.data
        return ScheduleChoice(
            start=self.start.data,
            start_at=_utc(self.start_at.data, zone) if at else None,
            timezone=zone,
            loop=loop,
            loop_minutes=self.loop_minutes.data if loop else migration.loop_minutes,
            loop_until=_utc(self.loop_until.data, zone) if loop else None,
            notify=self.notify.data or "",
            removal_confirmed=migration.mode == Mode.ALL and self.removal_confirmed.data,
        )


def filled(migration: Migration) -> dict[str, object]:
    """What is stored, in the time zone in which it was typed."""
    zone = migration.timezone
    return {
        "start": migration.start,
        "start_at": _local(migration.start_at, zone),
        "timezone": zone,
        "repeat": "loop" if migration.loop else "once",
        "loop_minutes": migration.loop_minutes,
        "loop_until": _local(migration.loop_until, zone),
        "notify": migration.notify,
        "removal_confirmed": migration.removal_confirmed,
    }


def _utc(value: datetime, zone: str) -> datetime:
    """A zone that does not exist is an error of its own field, and no reason to break here."""
    there = ZoneInfo(zone) if zone in _KNOWN else UTC
    return value.replace(tzinfo=there).astimezone(UTC).replace(tzinfo=None)


def _local(value: datetime | None, zone: str) -> datetime | None:
    if value is None:
        return None
    return value.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
