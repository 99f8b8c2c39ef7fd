"""Heartbeats and pauses as they are written. Judged they are by store.judge.

Both are shown as a time of day, which nothing that matters is decided by.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement

from store.tables import Account, AccountRun, NoticeMail, now

Paused = type[AccountRun] | type[NoticeMail]


def beat(table: Paused, seconds: int) -> dict[str, Any]:
    """One heartbeat: the claim is good for so long again."""
    until = now() + timedelta(seconds=seconds)
    return {"lease": until, "beat": table.beat + 1, "lease_seconds": seconds}


def check_beat(seconds: int) -> dict[str, Any]:
    until = now() + timedelta(seconds=seconds)
    number = Account.check_beat + 1
    return {"check_lease": until, "check_beat": number, "check_lease_seconds": seconds}


def paused(seconds: float) -> dict[str, Any]:
    """Not again before so long; 0: at once."""
    if not seconds:
        return {"not_before": None, "pause_seconds": 0}
    until = now() + timedelta(seconds=seconds)
    return {"not_before": until, "pause_seconds": math.ceil(seconds)}


def is_due(table: Paused) -> ColumnElement[bool]:
    """The clock has counted its pause (store.expiry), or it has none."""
    over = table.not_before.is_(None) | (table.not_before <= now())
    return (table.pause_seconds == 0) & over
