"""Dovecot, Cyrus and Courier, each as source and as destination: a first copy, a second run, runs
without the ledger, and runs after a new UIDVALIDITY on either side. More of it by
`python -m tests.real.every`."""

from __future__ import annotations

import pytest

from tests.real.conftest import Serve
from tests.real.corpus import odd_mailbox, oddly_named
from tests.real.drawn import drawn_mailbox
from tests.real.rounds import broken

PAIRS = [
    (source, destination)
    for source in ("dovecot", "courier", "cyrus")
    for destination in ("dovecot prefix", "courier", "cyrus alternative")
]


@pytest.mark.parametrize(("source", "destination"), PAIRS)
def test_odd_mail_and_odd_names(serve: Serve, source: str, destination: str) -> None:
    """Every message is there once, byte for byte, or named with its alteration or its refusal;
    every folder ends up somewhere under a name of its own. A run that has nothing to bring writes
    nothing, and nothing is doubled, whatever is forgotten or numbered anew."""
    mailbox = odd_mailbox() | oddly_named()
    assert broken(serve(source), serve(destination), mailbox) == {}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_drawn(serve: Serve, seed: int) -> None:
    """The same of mail and names that nobody has thought of."""
    source, destination = PAIRS[seed * 4 % len(PAIRS)]
    assert broken(serve(source), serve(destination), drawn_mailbox(seed)) == {}
