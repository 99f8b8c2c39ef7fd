"""What is measured: each case a corpus, a line, what is done with it, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.corpus import Recipe

MB = 1_000_000


class Phase(StrEnum):
    FIRST = "first copy"
    AGAIN = "unchanged"
    CHANGED = "1 % changed"
    CROWD = "4 at a time"


@dataclass(frozen=True, slots=True)
class Case:
    """`rounds` of it; in each, every tool has its turn."""

    name: str
    title: str
    recipe: Recipe
    phases: tuple[Phase, ...] = (Phase.FIRST,)
    rounds: int = 3
    agains: int = 1
    """An unchanged re-run is short: how often it is measured in each round."""
    tls: bool = False
    far: bool = False
    patience: float = 300.0
    """Seconds. A tool that takes longer is ended, and the table says so."""


_ALL = (Phase.FIRST, Phase.AGAIN, Phase.CHANGED)
_S = Recipe("S", 2_000, 130 * MB)
_L = Recipe("L", 500, 35 * MB)

CASES = (
    Case("first-copy", "2,000 messages, 130 MB", _S, phases=_ALL, rounds=5, agains=2),
    Case("tls", "2,000 messages, 130 MB, TLS", _S, phases=_ALL, rounds=5, agains=2, tls=True),
    Case("far", "500 messages, 35 MB, 50 ms", _L, phases=_ALL, far=True),
    Case("far-tls", "500 messages, 35 MB, 50 ms, TLS", _L, phases=_ALL, far=True, tls=True),
    Case(
        "small",
        "20,000 messages, 82 MB",
        Recipe("small", 20_000, 82 * MB, spread=0.6),
        phases=(Phase.FIRST, Phase.AGAIN),
        agains=2,
    ),
    Case(
        "large",
        "one of 100 MB, and 50",
        Recipe("large", 50, 3 * MB, folders=("INBOX", "Sent"), large=100 * MB),
    ),
    Case(
        "many",
        "100,000 messages, one folder",
        Recipe("many", 100_000, 60 * MB, spread=0.3, folders=("INBOX",)),
        phases=(Phase.FIRST, Phase.AGAIN),
        rounds=1,
        patience=90.0,
    ),
)
ACCOUNTS = Case(
    "accounts",
    "20 accounts × 200 messages",
    Recipe("crowd", 200, 4 * MB, spread=1.0, folders=("INBOX", "Sent", "Archiv/2024")),
    phases=(Phase.CROWD,),
)
"""The case that is measured by accounts.py. The recipe is that of each account."""
NAMES = (*(case.name for case in CASES), ACCOUNTS.name)
