"""What the report of a folder counts beside its outcomes: columns of store.tables.FolderRow."""

from __future__ import annotations

from sqlalchemy import BigInteger
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
