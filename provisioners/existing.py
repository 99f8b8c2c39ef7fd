"""A destination whose mailboxes are made elsewhere: nothing is listed, nothing is created."""

from __future__ import annotations

from collections.abc import Sequence

from provisioners.base import Ensured, Kind, Mailbox, NewMailbox, Refusal

KIND = Kind("existing", "Mailboxes exist already; nothing is created")


class Existing:
    """Whether a mailbox exists shows only when somebody logs in to it."""

    can_create = False

    def mailboxes(self, domain: str) -> Sequence[Mailbox]:
        return ()

    def exists(self, address: str) -> bool | None:
        return None

    def refusals(self, new: NewMailbox) -> Sequence[Refusal]:
        return ()

    def ensure(self, address: str, password: str) -> Ensured:
        return Ensured(created=False)
