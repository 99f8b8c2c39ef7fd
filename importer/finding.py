"""What a check found, in words that a person understands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    BLOCKING = "blocking"


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` say what and why, `hint` what to do, `server_words` what the server said, verbatim.

    `field` is the form field that mends it: source_host, source_username, source_password,
    mailbox, mailbox_password; '' when none does. Never holds a password."""

    level: Level
    code: str
    words: str
    hint: str = ""
    server_words: str = ""
    field: str = ""
