"""`python -m tests.real.every`: every kind of server as source and as destination, with all odd
mail and all odd names, with mail and names drawn by seeds, and restored from backups.

Takes many minutes, and so is not among the tests that run by themselves: those try some of it. More
seeds: `SEEDS=100-160 python -m tests.real.every -k drawn`.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.real.conftest import DESTINATIONS, SOURCES, Serve
from tests.real.corpus import odd_mailbox, oddly_named, usual_mailbox
from tests.real.drawn import drawn_mailbox
from tests.real.restored import (
    test_a_destination_from_a_backup,
    test_a_source_from_a_backup,
    test_both_from_one_backup,
)
from tests.real.rounds import broken

__all__ = (
    "test_a_destination_from_a_backup",
    "test_a_source_from_a_backup",
    "test_both_from_one_backup",
)
PAIRS = [(source, destination) for source in SOURCES for destination in DESTINATIONS]
MAILBOXES = {"usual": usual_mailbox, "mail": odd_mailbox, "names": oddly_named}


def seeds() -> range:
    first, _, last = os.environ.get("SEEDS", "1-20").partition("-")
    return range(int(first), int(last or first) + 1)


@pytest.mark.parametrize("mailbox", MAILBOXES)
@pytest.mark.parametrize(("source", "destination"), PAIRS)
def test_pair(serve: Serve, source: str, destination: str, mailbox: str) -> None:
    """All that was thought of."""
    assert broken(serve(source), serve(destination), MAILBOXES[mailbox]()) == {}


@pytest.mark.parametrize("seed", seeds())
def test_drawn(serve: Serve, seed: int) -> None:
    """What nobody has thought of; each seed has a pair of its own."""
    source, destination = PAIRS[seed % len(PAIRS)]
    assert broken(serve(source), serve(destination), drawn_mailbox(seed)) == {}


if __name__ == "__main__":
    words = ["-n2", "--timeout=600", "-q", __file__, *sys.argv[1:]]
    raise SystemExit(pytest.main(words))
