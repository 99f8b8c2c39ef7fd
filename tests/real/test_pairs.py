"""Dovecot, Cyrus and Courier, each as source and as destination: a first copy, a second run, a run
without the ledger, and runs after a new UIDVALIDITY on either side."""

from __future__ import annotations

import pytest

from tests.real.conftest import Serve
from tests.real.corpus import oddly_named, usual_mailbox
from tests.real.rounds import broken

PAIRS = [
    (source, destination)
    for source in ("dovecot", "courier", "cyrus")
    for destination in ("dovecot prefix", "courier", "cyrus alternative")
]


@pytest.mark.parametrize(("source", "destination"), PAIRS)
def test_usual_mail(serve: Serve, source: str, destination: str) -> None:
    """Is the same on both sides, and stays so whatever is forgotten or numbered anew; nothing is
    sent a second time."""
    assert broken(serve(source), serve(destination), usual_mailbox()) == {}


@pytest.mark.parametrize(("source", "destination"), PAIRS)
def test_odd_names(serve: Serve, source: str, destination: str) -> None:
    """Each folder ends up somewhere, under a name of its own, with its mail; what was refused
    is not asked for again."""
    assert broken(serve(source), serve(destination), oddly_named()) == {}
