"""One mailbox that is kept in step with its source: both logins, and how often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from wtforms import IntegerField, RadioField, SelectField
from wtforms.validators import DataRequired, Length

from parameters.choices import NEW_CHOICES, Choices
from parameters.faults import faults
from store.accounts import NewAccount
from store.drafts import ScheduleChoice, ServerChoice
from store.schedule import USUAL_MINUTES
from store.tables import DestinationServer
from sync.options import Mode, Security
from wizard.forms.accounts import AccountForm
from wizard.forms.fields import LineField, host_name, options, whole_number
from wizard.forms.repeats import ZONES, every_minutes
from wizard.words import SECURITY


class StandingForm(AccountForm):
    """An account's five fields with their own server, and beside them what steps 1 and 3 ask."""

    source_host = LineField(
        "IMAP server", [DataRequired("Enter the server's name."), Length(max=255), host_name]
    )
    source_security = RadioField(
        "Security",
        choices=options((one.value, SECURITY[one]) for one in Security),
        default=Security.TLS.value,
    )
    source_port = IntegerField("Port", [whole_number(1, 65535)], default=993)
    destination_id = SelectField(
        "Destination", [DataRequired("Choose a destination.")], coerce=int, choices=[]
    )
    domain = SelectField("Domain", [DataRequired("Choose a domain.")], choices=[])
    loop_minutes = IntegerField(
        "Minutes from one run to the next", [every_minutes], default=USUAL_MINUTES
    )
    timezone = SelectField("Time zone", choices=ZONES, default="UTC")
    subfolder = LineField("Put everything below this folder")
    exclude = LineField("Leave out folders whose names match", default=NEW_CHOICES.exclude)

    def offer(self, destinations: Sequence[DestinationServer], domains: Iterable[str]) -> None:
        """What this organization may choose from."""
        self.destination_id.choices = options((one.id, one.name) for one in destinations)
        self.domain.choices = options((name, name) for name in domains)

    def server(self, mailbox: str) -> ServerChoice:
        """Only new messages: people work in the mailbox that they come into."""
        return ServerChoice(
            name=f"{mailbox} from {self.source_host.data}"[:120],
            source_host=self.source_host.data,
            source_port=self.source_port.data,
            source_security=self.source_security.data,
            mode=Mode.NEW.value,
            dry_run=False,
            account_group="specific",
            threads=1,
            destination_id=self.destination_id.data,
            domain=self.domain.data,
        )

    def choices(self) -> Choices:
        return replace(NEW_CHOICES, subfolder=self.subfolder.data, exclude=self.exclude.data)

    def options_hold(self) -> bool:
        """Whether the options can be stored and run; else the fields say why they cannot."""
        found = [one for one in faults(self.choices(), Mode.NEW) if one.field in self]
        for fault in found:
            self[fault.field].errors = [*self[fault.field].errors, fault.words]
        return not found

    def account(self, mailbox: str) -> NewAccount:
        return NewAccount(
            source_username=self.source_username.data,
            mailbox=mailbox,
            source_password=self.source_password.data or "",
            mailbox_password=self.mailbox_password.data or "",
        )

    def schedule(self) -> ScheduleChoice:
        return ScheduleChoice(
            start="now",
            start_at=None,
            timezone=self.timezone.data,
            loop=True,
            loop_minutes=self.loop_minutes.data,
            loop_until=None,
            notify="",
            removal_confirmed=False,
        )
