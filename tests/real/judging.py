"""What the product promises of a copy, held against what two servers hold. Knows no server's ways:
a message is where the report says it is, byte for byte, or it is named."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from enum import Enum

from imapclient.imap_utf7 import decode, encode

from sync.alteration import Alteration
from sync.errors import Code
from sync.report import FolderReport, MessageNote, Outcome, Verdict
from tests.real.moving import Boxes, Ended
from tests.real.plain import Box, Letter

_NO_COPY = (Outcome.FAILED, Outcome.SKIPPED, Outcome.VANISHED)
_ENDS = re.compile(rb"\r*\n|\r")
_ALIKE = re.compile(rb"[\r\n \t]|[^\x20-\x7e]")


class Depth(Enum):
    """How well a run has to know the copies."""

    MADE = "it, or an earlier run with this ledger, has made them"
    FOUND = "they were found, by what is listed and by their headers"
    READ = "they were found, and read"


def complaints(
    ended: Ended, source: Boxes, destination: Boxes, depth: Depth = Depth.MADE
) -> list[str]:
    """What is wrong with a run that is over. Internal dates of copies that it has not made are not
    its concern."""
    if ended.report is None:
        return [f"the account was stopped: {ended.error!r}"]
    found = list(_of_folders(ended.report.folders, source))
    notes: defaultdict[str, list[MessageNote]] = defaultdict(list)
    for note in ended.notes:
        notes[note.folder].append(note)
    for folder in ended.report.folders:
        ours = source.get(_wire(folder.source))
        theirs = destination.get(_wire(folder.destination))
        if ours is None:
            found.append(f"{folder.source!r} is told of, and is not at the source")
        elif theirs is None and (ours.letters or not folder.error):
            found.append(f"{folder.source!r} is nowhere: {folder.error} {folder.server_words}")
        elif theirs is not None:
            wrong = _of_letters(ours, theirs, notes[folder.source], depth)
            found += [f"{folder.source!r}: {one}" for one in wrong]
    found += _of_verdict(ended)
    return found


def _of_folders(reports: Sequence[FolderReport], source: Boxes) -> Iterator[str]:
    told = Counter(_wire(report.source) for report in reports)
    for name in source:
        if told[name] != 1:
            yield f"folder {name!r} is told of {told[name]} times"
    for place, number in Counter(report.destination for report in reports).items():
        if number > 1:
            yield f"{number} folders became {place!r}"
    for report in reports:
        if report.error or not report.balanced or not report.verified:
            yield f"{report.source!r} is not verified: {report.error} {report.server_words}"


def _of_verdict(ended: Ended) -> Iterator[str]:
    assert ended.report is not None
    right = Verdict.EXCEPTIONS if ended.notes else Verdict.VERIFIED
    if ended.report.verdict is not right:
        yield f"{len(ended.notes)} notes, and the verdict is {ended.report.verdict}"


def _of_letters(
    ours: Box, theirs: Box, notes: Sequence[MessageNote], depth: Depth
) -> Iterator[str]:
    """Letters without a word first, since of k that are equal some may be named."""
    named = {note.uid: note for note in notes if note.code is not Code.DATE_ALTERED}
    redated = {note.uid for note in notes if note.code is Code.DATE_ALTERED}
    stock: defaultdict[bytes, list[Letter]] = defaultdict(list)
    for letter in theirs.letters:
        stock[letter.body].append(letter)
    left: list[Letter] = []
    for letter in sorted(ours.letters, key=lambda one: one.uid in named):
        note = named.get(letter.uid)
        if note and note.outcome in _NO_COPY and note.code is not Code.ALTERED:
            if not note.server_words:
                yield f"{_short(letter)} failed without the server's words: {note.code}"
        elif twins := stock[letter.body]:
            twin = next((one for one in twins if one.instant == letter.instant), twins[0])
            twins.remove(twin)
            dated = letter.uid in redated
            if depth is not Depth.MADE:
                dated |= letter.instant != twin.instant
            yield from _of_twins(letter, twin, note, dated=dated)
        else:
            left.append(letter)
    rest = [letter for letters in stock.values() for letter in letters]
    for letter in left:
        yield from _of_altered(letter, rest, named.get(letter.uid), depth)
    yield from (f"too many: {_short(letter)}" for letter in rest)


def _of_twins(
    ours: Letter, theirs: Letter, note: MessageNote | None, *, dated: bool
) -> Iterator[str]:
    if note is not None:
        yield f"{_short(ours)} is equal, and is called {note.code} {note.server_words}"
    if dated is (ours.instant == theirs.instant):
        yield f"{_short(ours)}: {ours.instant} became {theirs.instant}, named: {dated}"
    lost = _lower(ours.flags) - _lower(theirs.flags)
    if lost and note is None:
        yield f"{_short(ours)} has lost {sorted(lost)}"


def _of_altered(
    ours: Letter, rest: list[Letter], note: MessageNote | None, depth: Depth
) -> Iterator[str]:
    """One that has no twin byte for byte: there must be a copy that is like it, and a word."""
    alike = _ALIKE.sub(b"", ours.body)
    copy = next((one for one in rest if _ALIKE.sub(b"", one.body) == alike), None)
    if copy is None:
        copy = next((one for one in rest if _crossed(one.body) == _crossed(ours.body)), None)
    if copy is not None:
        rest.remove(copy)
    if copy is None:
        yield f"missing: {_short(ours)} named {note and note.code}"
    elif note is None and not (depth is Depth.FOUND and _passes_for(ours, copy)):
        yield f"altered and not named: {_short(ours)}, became {_short(copy)}"
    elif note and (note.code is not Code.ALTERED or note.server_words == Alteration.CONTENT):
        yield f"{_short(ours)} is called {note.code} {note.server_words}"


def _passes_for(ours: Letter, copy: Letter) -> bool:
    """Whether nothing but the text and line ends tell them apart, which are not read for that."""
    heads = [_ENDS.sub(b"\n", letter.body).partition(b"\n\n")[0] for letter in (ours, copy)]
    return heads[0] == heads[1] and len(ours.body) == len(copy.body)


def _crossed(body: bytes) -> bytes:
    """Blind to what Cyrus makes of 8-bit bytes in a header."""
    return re.sub(rb"[\r\n\0]+", b"", re.sub(rb"[\x80-\xff]", b"X", body))


def differences(before: Boxes, after: Boxes) -> list[str]:
    """What one mailbox lost or got between two moments; uids tell no two messages apart."""
    found = [f"folder {name!r} is gone" for name in before if name not in after]
    found += [f"folder {name!r} is new" for name in after if name not in before]
    for name in before.keys() & after.keys():
        was, now = (Counter(map(_known, boxes[name].letters)) for boxes in (before, after))
        found += [f"{name!r}: lost {key[0][:60]!r}" for key in (was - now).elements()]
        found += [f"{name!r}: too many {key[0][:60]!r}" for key in (now - was).elements()]
    return found


def _known(letter: Letter) -> tuple[bytes, int, frozenset[bytes]]:
    return letter.body, letter.instant, _lower(letter.flags)


def _lower(flags: frozenset[bytes]) -> frozenset[bytes]:
    return frozenset(flag.lower() for flag in flags) - {b"\\recent"}


def _short(letter: Letter) -> str:
    """To know it by: Message-ID or Subject, else its first bytes."""
    known = re.search(rb"(?i)<[^>\r\n]*@odd\.test>|subject:[^\r\n]{0,40}", letter.body)
    return f"{letter.uid} {(known[0] if known else letter.body[:50])!r} of {len(letter.body)}"


def _wire(name: str) -> bytes:
    return bytes(encode(name)) if name != "INBOX" else b"INBOX"


def unicode_name(wire: bytes) -> str:
    return str(decode(wire))
