"""What is known of a destination's mail server from earlier runs, in words for the check."""

from __future__ import annotations

from collections.abc import Mapping

from importer.amounts import number
from importer.finding import Finding, Level
from sync.alteration import Alteration

_NOTICED = frozenset(
    {Alteration.EIGHT_BIT, Alteration.NUL, Alteration.HEADER, Alteration.LONG_LINES}
)
"""What people may see in a message. The rest is how it is written down."""
_EIGHT_BIT = (
    "Subjects and names in old messages may be hard to read afterwards. A Cyrus does so with its "
    "setting munge8bit: ask the server's operator to switch it off before the migration starts."
)
_OTHERS = "Nothing has to be done: the text that people read stays the same."


def habit_found(host: str, copied: int, altered: Mapping[Alteration, int]) -> tuple[Finding, ...]:
    """One finding for all that the server does; none where nothing is known."""
    if not altered:
        return ()
    words = (
        f"The destination's mail server {host} alters some messages when it stores them: "
        f"{told(altered)}, of {number(copied)} messages that were copied to it so far."
    )
    hint = _EIGHT_BIT if Alteration.EIGHT_BIT in altered else _OTHERS
    level = Level.WARNING if _NOTICED & altered.keys() else Level.OK
    return (
        Finding(
            level,
            "destination_alters",
            words,
            f"{hint} Each message of the kind is read back and named in the report.",
        ),
    )


def told(altered: Mapping[Alteration, int]) -> str:
    """'NUL characters replaced (3), line ends (12)', the most frequent first."""
    ordered = sorted(altered.items(), key=lambda one: -one[1])
    return ", ".join(f"{kind} ({number(messages)})" for kind, messages in ordered)
