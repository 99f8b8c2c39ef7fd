"""A run that makes folders, and looks at no message."""

from __future__ import annotations

from sync.errors import Code
from sync.options import SyncOptions
from sync.ports import Progress
from sync.prepare import Prepared, told
from sync.report import FolderReport, MailboxReport, Verdict


def tell_folders(prepared: Prepared, progress: Progress, options: SyncOptions) -> MailboxReport:
    """Nothing is claimed of what is in them."""
    reports = []
    for pair in prepared.pairs:
        refusal = prepared.refused.get(pair.destination.name)
        report = FolderReport(
            source=pair.source.name,
            destination=pair.destination.name,
            created=pair.destination.name in prepared.created,
            error=Code.FOLDER_REFUSED if refusal else None,
            server_words=refusal.server_words if refusal else "",
        )
        reports.append(report)
        progress.folder_done(report)
    verdict = Verdict.DRY_RUN if options.dry_run else Verdict.FOLDERS_ONLY
    return told(prepared, reports, verdict)
