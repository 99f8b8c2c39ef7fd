"""The end of a folder, told: its exceptions by name, then its numbers."""

from __future__ import annotations

from dataclasses import replace
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from sync.errors import ConnectionLost, FolderError, SyncError
from sync.ports import Reader
from sync.report import FolderReport
from sync.tally import Tally


def conclude(tally: Tally, source: Reader | None) -> tuple[FolderReport, int]:
    """The folder's report, and how many exceptions it has; without a source they are named
    without their subjects."""
    return _tell(tally, _subjects(tally, source)), tally.exceptions


def abandon(tally: Tally, error: SyncError) -> None:
    """The account stops here: its report says so for every message that was left."""
    tally.fail_open(error)
    _tell(tally, {})


def readable(subject: str) -> str:
    """A subject with its encoded words (RFC 2047) decoded, as far as that goes."""
    try:
        return str(make_header(decode_header(subject)))
    except (HeaderParseError, LookupError, ValueError):
        return subject


def _tell(tally: Tally, subjects: dict[int, str]) -> FolderReport:
    for note in (*tally.notes, *tally.chosen):
        tally.progress.note(replace(note, subject=subjects.get(note.uid, "")))
    report = tally.report()
    tally.progress.folder_done(report)
    return report


def _subjects(tally: Tally, source: Reader | None) -> dict[int, str]:
    """The subjects of the exceptions. They help a person, and never cost the folder."""
    uids = sorted({note.uid for note in (*tally.notes, *tally.chosen) if note.uid})
    if not uids or source is None:
        return {}
    try:
        identities = source.identities(tally.pair.source, uids)
    except (FolderError, ConnectionLost):
        return {}
    return {
        uid: readable(identity.shown or identity.subject) for uid, identity in identities.items()
    }
