"""What the product asks of a system that holds mailboxes: list, ensure, remove nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
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


@dataclass(frozen=True, slots=True)
class NewMailbox:
    """One that is to be made: its whole address, and the password exactly as it was typed."""

    address: str
    password: str = field(repr=False)


class About(StrEnum):
    ADDRESS = "address"
    PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a mailbox could not be made, or not be logged in to afterwards. `words` never hold the
    password."""

    about: About
    words: str
    hint: str = ""


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

    def refusals(self, new: NewMailbox) -> Sequence[Refusal]:
        """What `ensure`, or the server that it makes the mailbox for, would refuse. Nothing is
        changed by asking. Raises ProvisionError."""
        ...

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
