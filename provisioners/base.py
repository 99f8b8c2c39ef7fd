"""What the product asks of a system that holds mailboxes: list, ensure, remove nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Mailbox:
    address: str
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a provisioner: forms and the command line are made from these."""

    name: str
    label: str
    hint: str = ""
    required: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class Ensured:
    created: bool


class ProvisionError(Exception):
    """The system said no. `words` are for a person; `server_words` are the system's own."""

    def __init__(self, words: str, server_words: str = "", *, retry: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.server_words = server_words
        self.retry = retry


class Provisioner(Protocol):
    """A system with mailboxes. Made by provisioners.open_provisioner(kind, config)."""

    def mailboxes(self, domain: str) -> Sequence[Mailbox]:
        """All mailboxes of one domain, sorted by address. Raises ProvisionError."""
        ...

    def exists(self, address: str) -> bool | None:
        """None when this system cannot tell."""
        ...

    @property
    def can_create(self) -> bool: ...

    def ensure(self, address: str, password: str) -> Ensured:
        """The mailbox exists afterwards; the password is set only on one that was made now.
        Safe to repeat, and by several processes at once. Raises ProvisionError."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A provisioner as the operator chooses it."""

    name: str
    label: str
    settings: tuple[Setting, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
