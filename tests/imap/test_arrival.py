"""Logging in on both sides at the same time."""

from __future__ import annotations

import threading

import pytest

from imap.arrival import arrive
from sync.errors import AuthenticationFailed, Code, Side


def refusing(side: Side) -> None:
    raise AuthenticationFailed(Code.LOGIN_REFUSED, side=side)


def test_each_waits_for_its_own_server_only() -> None:
    """Neither ends before the other has begun."""
    both = threading.Barrier(2, timeout=10)
    arrive(both.wait, both.wait)  # type: ignore[arg-type]


@pytest.mark.parametrize("together", [True, False])
def test_the_sources_failure_is_told_first(together: bool) -> None:
    """Whichever came sooner."""
    with pytest.raises(AuthenticationFailed) as raised:
        arrive(lambda: refusing(Side.SOURCE), lambda: refusing(Side.DESTINATION), together=together)
    assert raised.value.side is Side.SOURCE


def test_what_nobody_foresaw_is_not_lost_in_a_thread() -> None:
    """It is raised where the caller waits."""

    def broken() -> None:
        raise LookupError("database")

    with pytest.raises(LookupError):
        arrive(broken, lambda: None)


def test_one_after_the_other_where_a_limit_is_shared() -> None:
    """The source first, in the caller's own thread."""
    seen: list[tuple[str, int]] = []
    arrive(
        lambda: seen.append(("source", threading.get_ident())),
        lambda: seen.append(("destination", threading.get_ident())),
        together=False,
    )
    own = threading.get_ident()
    assert seen == [("source", own), ("destination", own)]
