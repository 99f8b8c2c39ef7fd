"""What the person who waits is told."""

from __future__ import annotations

from collections.abc import Iterable

from bench.results import Turn


def tell(what: str, turns: Iterable[Turn]) -> None:
    """One line a round: each tool with its seconds."""
    parts = (f"{turn.tool} {turn.failure or f'{turn.sample.wall:.2f}'}" for turn in turns)
    print(f"  {what}: {', '.join(parts)}", flush=True)
