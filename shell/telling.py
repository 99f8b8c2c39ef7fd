"""The end, told: as one JSON object for programs, or in lines for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from importer.diagnosis import explain, said
from importer.omissions import lines
from shell.exits import Exit
from shell.order import NUMBERS, Order, Place
from shell.record import Record
from shell.wording import plain, size_in_words
from sync.errors import Code, Side, SyncError
from sync.report import FolderReport, Omission, Omitted, Outcome

SHOWN = 50
"""More exceptions than this are for --json."""
_COUNTERS = (
    *(str(outcome) for outcome in Outcome),
    "flags_changed",
    "removed",
    "duplicates_removed",
    "read_back",
    "altered",
    "deleted_at_source",
)
_WOULD = (Outcome.COPIED, "flags_changed", "removed", "duplicates_removed", "deleted_at_source")
_HINTS = {
    Code.TLS_NOT_SPOKEN: "This port does not speak TLS from the start: try --tls{0}.",
    Code.STARTTLS_MISSING: "Only --nossl{0} with --notls{0} goes on without encryption.",
    Code.CERTIFICATE_EXPIRED: "--insecure{0} takes any certificate.",
    Code.CERTIFICATE_NAME: "--insecure{0} takes any certificate.",
    Code.CERTIFICATE_UNTRUSTED: "--sslargs{0} SSL_ca_file=FILE trusts more authorities;"
    " --insecure{0} takes any certificate.",
    Code.DELETION_REFUSED: "Look with --dry --json at what --delete2 would remove;"
    " --allowremoval lets it.",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """How it went. `verdict` is the engine's, or what came instead of one."""

    status: Exit
    verdict: str
    error: SyncError | None = None
    seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())
    left_out: tuple[Omitted, ...] = ()
    """Folders of the source that were not looked at."""


def as_json(order: Order, record: Record, ending: Ending) -> str:
    """One object. Sizes are bytes; `found` is the sum of the five outcomes in each folder. Of a dry
    run `copied` is what would be copied, under that name, too, and nothing is verified."""
    said = {
        "verdict": ending.verdict,
        "exit": int(ending.status),
        "exit_name": ending.status.imapsync_name,
        "dry": order.options.dry_run,
        "dry_run": order.options.dry_run,
        "mode": str(order.options.mode),
        "proof": str(order.options.proof),
        "seconds": round(ending.seconds, 3),
        "source": _server(order.source),
        "destination": _server(order.destination),
        "total": _planned(_total(record), dry_run=order.options.dry_run),
        "folders": [
            _planned(asdict(report), dry_run=order.options.dry_run) for report in record.folders
        ],
        "left_out": [one.name for one in _left_out(ending)],
        "not_looked_at": [asdict(one) for one in ending.left_out],
        "exceptions": [asdict(note) for note in record.notes],
        "not_chosen": [asdict(note) for note in record.chosen],
        "error": _error(order, ending.error) if ending.error else None,
        "notes": list(ending.notes),
    }
    return json.dumps(said) + "\n"


def _planned(numbers: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    if not dry_run:
        return numbers
    proven = {"verified": None} if "verified" in numbers else {}
    return numbers | proven | {"would_copy": numbers["copied"]}


def _left_out(ending: Ending) -> list[Omitted]:
    return [one for one in ending.left_out if one.reason is not Omission.MISSING]


def as_text(order: Order, record: Record, ending: Ending) -> Iterator[str]:
    """Lines. The last one is imapsync's, which programs look for."""
    for report in record.folders:
        if line := _folder(report, dry_run=order.options.dry_run):
            yield line
    for note in record.notes[:SHOWN]:
        subject = f" {note.subject!r}" if note.subject else ""
        said = f": {note.server_words}" if note.server_words else ""
        line = f"{note.folder} message {note.uid}{subject} {note.outcome}, {note.code}{said}"
        yield plain(line)
    if len(record.notes) > SHOWN:
        yield f"and {len(record.notes) - SHOWN} more exceptions; --json has them"
    if left_out := _left_out(ending):
        more = len(left_out) - SHOWN
        behind = f", and {more} more; --json has them" if more > 0 else ""
        yield plain(f"Left out: {', '.join(one.name for one in left_out[:SHOWN])}{behind}")
        for folder in lines((), [asdict(one) for one in left_out[:SHOWN]]):
            yield plain(f"  {folder.words}")
    if ending.error is not None:
        yield from error_lines(order, ending.error)
    if record.folders:
        yield _sum(order, record, ending)
    yield f"Result: {ending.verdict}."
    yield f"Exiting with return value {ending.status:d} ({ending.status.imapsync_name})"


def error_lines(order: Order, error: SyncError) -> Iterator[str]:
    """What happened, what the server said, and what helps."""
    told = _error(order, error)
    yield plain(str(told["words"]))
    if told["server_words"]:
        yield plain(f"{said(error.code)}: {told['server_words']}")
    if told["hint"]:
        yield plain(str(told["hint"]))


def _error(order: Order, error: SyncError) -> dict[str, str]:
    place = order.destination if error.side is Side.DESTINATION else order.source
    finding = explain(
        error.code,
        side=error.side,
        host=place.server.host,
        server_words=error.server_words,
        username=place.username,
    )
    hint = finding.hint
    if error.side is not None and error.code in _HINTS:
        hint = _HINTS[error.code].format(NUMBERS[error.side])
    return {
        "code": str(error.code),
        "side": str(error.side or ""),
        "where": error.where,
        "words": finding.words,
        "hint": hint,
        "server_words": error.server_words,
    }


def _server(place: Place) -> dict[str, str | int]:
    server = place.server
    return {
        "host": server.host,
        "port": server.port,
        "security": str(server.security),
        "user": place.username,
    }


def _total(record: Record) -> dict[str, int]:
    names = ("found", *_COUNTERS, "size_copied", "size_read_back")
    return {name: sum(getattr(report, name) for report in record.folders) for name in names}


def _folder(report: FolderReport, *, dry_run: bool) -> str:
    """Nothing, when nothing happened in it."""
    numbers = [
        f"{getattr(report, name)} {_done(name, dry_run=dry_run)}"
        for name in _COUNTERS
        if getattr(report, name) and name != Outcome.PRESENT
    ]
    if report.folder_removed:
        numbers.append("folder would be removed" if dry_run else "folder removed")
    if report.error:
        numbers.append(f"{report.error} {report.server_words}".rstrip())
    if not numbers:
        return ""
    way = f"{report.source} → {report.destination}" if report.source else report.destination
    return plain(f"{way}: {', '.join(numbers)}")


def _done(name: str, *, dry_run: bool) -> str:
    """What a dry run has not done, it would do."""
    would = "would be " if dry_run and name in _WOULD else ""
    return f"{would}{name.replace('_', ' ')}"


def _sum(order: Order, record: Record, ending: Ending) -> str:
    total = _total(record)
    dry = order.options.dry_run
    parts = ", ".join(f"{total[str(one)]} {_done(one, dry_run=dry)}" for one in Outcome)
    rehearsed = " It was a rehearsal: nothing was changed." if dry else ""
    size = size_in_words(total["size_copied"]) + (" to copy" if dry else "")
    proof = size_in_words(total["size_read_back"]) if total["read_back"] else ""
    read = f" and {proof} read back" if proof else ""
    return (
        f"{total['found']} messages in {len(record.folders)} folders: {parts};"
        f" {size}{read} in {ending.seconds:.1f} s.{rehearsed}"
    )
