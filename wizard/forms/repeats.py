"""How often a migration runs: once, or again and again until a date or for good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, Field, Form, IntegerField, RadioField, SelectField
from wtforms.validators import StopValidation, ValidationError

from store.schedule import LEAST_MINUTES, MOST_MINUTES, USUAL_MINUTES, Moment, local, moment
from store.scheduling import RepeatChoice
from store.tables import Migration, now
from wizard.forms.fields import options, whole_number

_PLACES = sorted(zone for zone in available_timezones() if "/" in zone and zone[:3] != "Etc")
_KNOWN = frozenset(("UTC", *_PLACES))
ZONES = options((zone, zone) for zone in ("UTC", *_PLACES))

TIME_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]

every_minutes = whole_number(LEAST_MINUTES, MOST_MINUTES)


class WhenChosen:
    """The field counts only while others have these values; then it is needed."""

    def __init__(self, words: str, **others: str) -> None:
        self._words = words
        self._others: Mapping[str, str] = others

    def __call__(self, form: Form, field: Field) -> None:
        if any(form[name].data != value for name, value in self._others.items()):
            field.errors = []
            raise StopValidation()
        if not any(field.raw_data or ()):
            field.errors = []
            raise StopValidation(self._words)
        if field.data is None:
            raise StopValidation()


class RepeatForm(FlaskForm):  # type: ignore[misc]
    timezone = SelectField("Time zone", choices=ZONES, default="UTC")
    repeat = RadioField(
        "How often",
        choices=options([("once", "One time only"), ("loop", "Again and again")]),
        default="once",
    )
    loop_minutes = IntegerField("Minutes from one start to the next", default=USUAL_MINUTES)
    loop_end = RadioField(
        "Until when",
        choices=options([("until", "Until a date"), ("ever", "For good, until it is stopped")]),
        default="until",
    )
    loop_until = DateTimeLocalField(
        "Last date and time",
        [WhenChosen("Enter when the repeats end.", repeat="loop", loop_end="until")],
        format=TIME_FORMATS,
    )

    def first_start(self) -> Moment:
        """Of what the repeats have to be later than."""
        return Moment(now())

    def validate_loop_minutes(self, field: Field) -> None:
        if self.repeat.data == "loop":
            every_minutes(self, field)
        else:
            field.errors = []

    def validate_loop_until(self, field: Field) -> None:
        if in_zone(field.data, self.timezone.data).utc <= self.first_start().utc:
            raise ValidationError("The repeats have to end after the start.")

    def until(self) -> datetime | None:
        """In UTC; None: once, or for good."""
        if self.repeat.data != "loop" or self.loop_end.data != "until":
            return None
        return in_zone(self.loop_until.data, self.timezone.data).utc

    def repeats(self, migration: Migration) -> RepeatChoice:
        loop = self.repeat.data == "loop"
        return RepeatChoice(
            loop=loop,
            loop_minutes=self.loop_minutes.data if loop else migration.loop_minutes,
            loop_until=self.until(),
            timezone=self.timezone.data,
        )


def filled_repeats(migration: Migration) -> dict[str, object]:
    """What is stored, in the time zone in which it was typed."""
    return {
        "timezone": migration.timezone,
        "repeat": "loop" if migration.loop else "once",
        "loop_minutes": migration.loop_minutes,
        "loop_end": "ever" if migration.loop and migration.loop_until is None else "until",
        "loop_until": typed(migration.loop_until, migration.timezone),
    }


def in_zone(value: datetime, zone: str) -> Moment:
    """A zone that does not exist is an error of its own field, and no reason to break here."""
    return moment(value, zone if zone in _KNOWN else "UTC")


def typed(value: datetime | None, zone: str) -> datetime | None:
    return None if value is None else local(value, zone)
