"""Step 3: when it starts, how often, and who is told."""

from __future__ import annotations

from dataclasses import asdict

from wtforms import BooleanField, DateTimeLocalField, Field, IntegerField, RadioField
from wtforms.validators import Length, Optional, ValidationError

from store.drafts import ScheduleChoice
from store.obstacles import deletes, removes
from store.schedule import Moment, Rhythm
from store.tables import Migration, now
from store.wiping import LEAST_DAYS, MOST_DAYS
from wizard.forms.fields import LineField, options, whole_number
from wizard.forms.notices import LONGEST, addresses
from wizard.forms.repeats import (
    TIME_FORMATS,
    RepeatForm,
    WhenChosen,
    filled_repeats,
    in_zone,
    typed,
)
from wizard.starts import interval_words, moment_words, oddity_words

REHEARSE = ("rehearse", "First a dry run: it shows what would be removed, and writes nothing")
STARTS = (
    ("now", "Now, as soon as this page is confirmed"),
    ("manual", "By hand, later"),
    ("at", "At a date and time"),
)
DELETION_WORD = "delete"
_BEGINS = {
    "rehearse": "A dry run starts as soon as this page is confirmed.",
    "now": "The first run starts as soon as this page is confirmed.",
    "manual": "The first run starts when somebody presses Start.",
}


class ScheduleForm(RepeatForm):
    start = RadioField("Start", choices=options(STARTS), default="now")
    start_at = DateTimeLocalField(
        "Date and time",
        [WhenChosen("Enter the date and time of the start.", start="at")],
        format=TIME_FORMATS,
    )
    notify = LineField("Notify", [Optional(), Length(max=LONGEST), addresses])
    keep_days = IntegerField(
        "Days for which passwords are kept after the end", [whole_number(LEAST_DAYS, MOST_DAYS)]
    )
    removal_confirmed = BooleanField("I have read this and want it")
    deletion_word = LineField(f"Type the word {DELETION_WORD} to confirm it")

    def offer(self, migration: Migration) -> None:
        """A dry run first, where messages may be removed."""
        risky = not migration.dry_run and (removes(migration) or deletes(migration))
        self.start.choices = options((REHEARSE, *STARTS) if risky else STARTS)

    def confirms(self, migration: Migration) -> bool:
        """Whether a start that deletes in the source has been confirmed; else the field says so."""
        asked = deletes(migration) and not migration.dry_run and self.start.data in ("now", "at")
        if asked and not self._word_typed():
            self.deletion_word.errors = [
                f"Type the word {DELETION_WORD}, or start a dry run first."
            ]
            return False
        return True

    def _word_typed(self) -> bool:
        return bool(self.deletion_word.data.strip("“”\"'").lower() == DELETION_WORD)

    def first_start(self) -> Moment:
        if self.start.data != "at" or self.start_at.data is None:
            return Moment(now())
        return in_zone(self.start_at.data, self.timezone.data)

    def validate_start_at(self, field: Field) -> None:
        if in_zone(field.data, self.timezone.data).utc < now():
            raise ValidationError("This lies in the past. Choose a later time.")

    def choice(self, migration: Migration) -> ScheduleChoice:
        at = self.start.data == "at"
        return ScheduleChoice(
            start="now" if self.start.data == "rehearse" else self.start.data,
            start_at=self.first_start().utc if at else None,
            notify=self.notify.data or "",
            removal_confirmed=removes(migration) and self.removal_confirmed.data,
            deletion_confirmed=deletes(migration) and self._word_typed(),
            **asdict(self.repeats(migration)),
        )

    def told(self) -> tuple[str, ...]:
        """When it starts, in sentences; only of a form that is valid."""
        first, zone = self.first_start(), self.timezone.data
        if self.start.data == "at" and first.utc < now():
            return ("The time of the start has passed: choose a later one.",)
        if self.start.data == "at":
            odd = oddity_words(self.start_at.data, first, zone)
            begin = f"The first run starts on {moment_words(first.utc, zone)}."
            said = [begin, odd] if odd else [begin]
        else:
            said = [_BEGINS[self.start.data]]
        if self.start.data == "rehearse":
            return (
                *said,
                "When it is over, this step is open again, and nothing starts by itself.",
            )
        return (*said, *self._told_repeats(first))

    def _told_repeats(self, first: Moment) -> list[str]:
        if self.repeat.data != "loop":
            return ["It runs once."]
        minutes, until, zone = self.loop_minutes.data, self.until(), self.timezone.data
        end = f"until {moment_words(until, zone)}" if until else "for good, until it is stopped"
        said = [f"From then on it runs {interval_words(minutes)}, {end}."]
        second = Rhythm(first.utc, minutes, zone, until).after(first.utc)
        if second is None:
            said.append("The end comes before the second run, so it runs once.")
        elif self.start.data == "at":
            said.append(f"The second run starts on {moment_words(second, zone)}.")
        if minutes % 1440 == 0 and zone != "UTC":
            said.append("The time of day stays the same when summer time begins and ends.")
        return said


def filled(migration: Migration) -> dict[str, object]:
    """What is stored, in the time zone in which it was typed."""
    return filled_repeats(migration) | {
        "start": migration.start,
        "start_at": typed(migration.start_at, migration.timezone),
        "notify": migration.notify,
        "keep_days": migration.keep_days,
        "removal_confirmed": migration.removal_confirmed,
        "deletion_word": DELETION_WORD if migration.deletion_confirmed else "",
    }
