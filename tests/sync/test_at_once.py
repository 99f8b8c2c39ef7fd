"""Both sides asked at the same time."""

from __future__ import annotations

import threading

import pytest

from sync.at_once import both
from sync.errors import AuthenticationFailed, Code, Side


def refusing(side: Side) -> None:
    raise AuthenticationFailed(Code.LOGIN_REFUSED, side=side)


def test_each_waits_for_its_own_server_only() -> None:
    """Neither ends before the other has begun."""
    barrier = threading.Barrier(2, timeout=10)
    both(barrier.wait, barrier.wait)


@pytest.mark.parametrize("together", [True, False])
def test_the_sources_failure_is_told_first(together: bool) -> None:
    """Whichever came sooner."""
    with pytest.raises(AuthenticationFailed) as raised:
        both(lambda: refusing(Side.SOURCE), lambda: refusing(Side.DESTINATION), together=together)
    assert raised.value.side is Side.SOURCE


def test_what_nobody_foresaw_is_not_lost_in_a_thread() -> None:
    """It is raised where the caller waits."""

    def broken() -> None:
        raise LookupError("database")

    with pytest.raises(LookupError):
        both(broken, lambda: None)


def test_one_after_the_other_where_a_limit_is_shared() -> None:
    """The source first, in the caller's own thread."""
    seen: list[tuple[str, int]] = []
    both(
        lambda: seen.append(("source", threading.get_ident())),
        lambda: seen.append(("destination", threading.get_ident())),
        together=False,
    )
    own = threading.get_ident()
    assert seen == [("source", own), ("destination", own)]
