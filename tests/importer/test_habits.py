"""What is known of a destination's server, as the check tells it."""

from __future__ import annotations

import pytest

from importer.finding import Level
from importer.habits import habit_found
from sync.alteration import Alteration


def test_nothing_is_said_where_nothing_is_known() -> None:
    """A server that alters nothing has no finding."""
    assert habit_found("mx.test", 5000, {}) == ()


def test_eight_bit_headers() -> None:
    """What people may see is a warning, with numbers, and what the server's operator can do."""
    altered = {Alteration.LAST_END: 3, Alteration.EIGHT_BIT: 179}
    (finding,) = habit_found("mx.test", 4665, altered)
    assert finding.level is Level.WARNING
    assert (
        "8-bit characters in the header replaced (179), line ends at the very end" in finding.words
    )
    assert "of 4\u202f665 messages" in finding.words
    assert "munge8bit" in finding.hint


@pytest.mark.parametrize("kind", [Alteration.BARE_LF, Alteration.CR_CR_LF, Alteration.ADDED])
def test_what_nobody_sees_is_no_warning(kind: Alteration) -> None:
    """Line ends are told, and hold nobody up."""
    (finding,) = habit_found("mx.test", 10, {kind: 1})
    assert finding.level is Level.OK
