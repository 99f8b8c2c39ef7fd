"""What is measured: each case a corpus, a line, what is done with it, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.corpus import Recipe
from bench.tools import Tool

MB = 1_000_000


class Phase(StrEnum):
    FIRST = "first copy"
    AGAIN = "unchanged"
    CHANGED = "1 % changed"


@dataclass(frozen=True, slots=True)
class Case:
    """`rounds` of it; each tool once a round, in turn. `tools` empty: all that are there."""

    name: str
    title: str
    recipe: Recipe
    bound: str
    """What bounds our time in it, in words."""
    phases: tuple[Phase, ...] = (Phase.FIRST,)
    rounds: int = 3
    tls: bool = False
    far: bool = False
    tools: tuple[Tool, ...] = ()


_ALL = (Phase.FIRST, Phase.AGAIN, Phase.CHANGED)
_S = Recipe("S", 2_000, 130 * MB)

CASES = (
    Case(
        "first-copy",
        "2,000 messages, 130 MB",
        _S,
        "The destination's storing and the kernel's copying; both servers and the copy share the"
        " processor. A re-run is the interpreter's start and one listing a side.",
        phases=_ALL,
    ),
    Case(
        "tls",
        "2,000 messages, 130 MB, TLS",
        _S,
        "Deciphering and enciphering: each byte is ciphered four times on the same processor.",
        phases=(Phase.FIRST, Phase.AGAIN),
        tls=True,
    ),
    Case(
        "far",
        "500 messages, 35 MB, 50 ms",
        Recipe("L", 500, 35 * MB),
        "Round trips, one folder after another: each is listed on both sides, sent, and listed"
        " again for the proof, and every one of these waits.",
        phases=_ALL,
        far=True,
    ),
    Case(
        "small",
        "20,000 messages, 82 MB",
        Recipe("small", 20_000, 82 * MB, spread=0.6),
        "The interpreter: 50 µs a message for reading, sending and counting it. Then the commits:"
        " after every 200 messages nothing is sent until the destination has answered.",
        phases=(Phase.FIRST, Phase.AGAIN),
    ),
    Case(
        "large",
        "one of 100 MB, and 50",
        Recipe("large", 50, 3 * MB, folders=("INBOX", "Sent"), large=100 * MB),
        "Memory: the interpreter and its modules, and buffers that do not grow with a message.",
        rounds=1,
    ),
    Case(
        "many",
        "100,000 messages, one folder",
        Recipe("many", 100_000, 60 * MB, spread=0.3, folders=("INBOX",)),
        "Memory: what is known of each message, on both sides. Time: after each MULTIAPPEND Dovecot"
        " reads the folder's directory and hashes its file names; 30,000 messages took 7.5 s in"
        " batches of 200, 4.4 s in batches of 1,000.",
        phases=(Phase.FIRST, Phase.AGAIN),
        rounds=1,
        tools=(Tool.LIMIT, Tool.OURS, Tool.DOVEADM),
    ),
)
ACCOUNTS = "accounts"
"""The case that is measured by accounts.py."""
NAMES = (*(case.name for case in CASES), ACCOUNTS)
