"""Answers that belong to no command."""

from __future__ import annotations

from tests.imap.conftest import Scene


def test_an_answer_with_another_tag_ends_the_line(scene: Scene) -> None:
    """Nobody waits for the right one until the time is over."""
