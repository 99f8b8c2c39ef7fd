"""Step 1: where the mail is, where it goes, and how it is brought over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wtforms import BooleanField, IntegerField, RadioField, SelectField
from wtforms.validators import DataRequired, Length, Optional

from parameters.choices import NEW_CHOICES, Choices
from store.drafts import ServerChoice
from store.tables import DestinationServer, Migration
from sync.options import Mode, Security
from wizard.forms.fields import LineField, host_name, options, whole_number
from wizard.forms.options import OptionFields, filled_options
from wizard.options import chosen
from wizard.services import Services
from wizard.words import MODES, SECURITY

GROUPS = (
    ("specific", "Only those that I choose or upload"),
    ("all", "All mailboxes of the domain"),
    ("admin", "The administrators' mailboxes of the domain"),
)


class ServerForm(OptionFields):
    name = LineField("Name", [Optional(), Length(max=120)])
    source_host = LineField(
        "IMAP server", [DataRequired("Enter the server's name."), Length(max=255), host_name]
    )
    source_security = RadioField(
        "Security",
        choices=options((s.value, SECURITY[s]) for s in Security),
        default=Security.TLS.value,
    )
    source_port = IntegerField("Port", [whole_number(1, 65535)], default=993)
    destination_id = SelectField(
        "Destination", [DataRequired("Choose a destination.")], coerce=int, choices=[]
    )
    domain = SelectField("Domain", [DataRequired("Choose a domain.")], choices=[])
    mode = RadioField(
        "What is brought over",
        choices=options((m.value, MODES[m].title) for m in Mode),
        default=Mode.FLAGS_AND_NEW.value,
    )
    dry_run = BooleanField("Dry run")
    account_group = RadioField("Accounts", choices=options(GROUPS), default="specific")
    reuse_passwords = BooleanField("Use the stored passwords again")
    reaim = BooleanField("Use the stored passwords for this server and destination")
    threads = IntegerField("Accounts at a time", [whole_number(1, 50)], default=4)

    def offer(self, destinations: Sequence[DestinationServer], domains: Iterable[str]) -> None:
        """What this organization may choose from."""
        self.destination_id.choices = options((one.id, one.name) for one in destinations)
        self.domain.choices = options((name, name) for name in domains)

    def holds(self, like: Choices) -> bool:
        """Whether it was sent and can be stored; `like` has what the form does not ask."""
        return bool(self.validate_on_submit()) and self.options_hold(like, Mode(self.mode.data))

    def choice(self) -> ServerChoice:
        return ServerChoice(
            name=self.name.data or f"{self.domain.data} from {self.source_host.data}"[:120],
            source_host=self.source_host.data,
            source_port=self.source_port.data,
            source_security=self.source_security.data,
            mode=self.mode.data,
            dry_run=self.dry_run.data,
            account_group=self.account_group.data,
            threads=self.threads.data,
            destination_id=self.destination_id.data,
            domain=self.domain.data,
        )


def prefilled(services: Services, like: Migration | None) -> dict[str, object]:
    """What a new form begins with: an older migration's choices, or the demo's server."""
    if like is not None:
        values = {name: getattr(like, name) for name in ServerChoice.__dataclass_fields__}
        # What is copied from another migration is no wish of the person who copies it.
        return filled_options(chosen(like)) | values | {"name": "", "deletion_wanted": False}
    values = filled_options(NEW_CHOICES)
    if services.demo_source is None:
        return values
    host, port, security = services.demo_source
    return values | {"source_host": host, "source_port": port, "source_security": security.value}
