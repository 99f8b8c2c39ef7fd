"""Columns of store.tables.FolderRow and AccountRun beside the outcomes that they count."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlalchemy.orm import Mapped, mapped_column


class MoreCounters:
    """As in sync.report.FolderReport; mostly 0."""

    refiled: Mapped[int] = mapped_column(default=0)
    bodies_spared: Mapped[int] = mapped_column(default=0)
    size_spared: Mapped[int] = mapped_column(BigInteger, default=0)
    read_back: Mapped[int] = mapped_column(default=0)
    altered: Mapped[int] = mapped_column(default=0)
    duplicates_removed: Mapped[int] = mapped_column(default=0)
    deleted_at_source: Mapped[int] = mapped_column(default=0)
    folder_removed: Mapped[bool] = mapped_column(default=False)


class Course:
    """Of an account run, beside its counters."""

    omitted: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """The folders in `left_out` with why and how many messages: sync.report.Omitted, field for
    field. None: an earlier version has not written it down."""
    reached: Mapped[int] = mapped_column(default=0, server_default="0")
    """How far it has come, in thousandths: never less than before, and 990 at most."""
