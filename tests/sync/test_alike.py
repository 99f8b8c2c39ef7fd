"""Copies that are equal byte for byte at the destination: which is whose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.intent import FolderKey
from sync.memory import MemoryMessage
from tests.sync.sides import DATE, World, content, message

LATER = "18-Jul-2024 02:44:25 +0200"
LOOKS = [(DATE, ()), (DATE, ("\\Seen",)), (LATER, ("\\Seen", "\\Flagged"))]


def look(one: MemoryMessage, at: int) -> MemoryMessage:
    date, flags = LOOKS[at]
    return replace(one, internaldate=date, flags=frozenset(flags))


def odd(subject: bytes) -> MemoryMessage:
    body = message(1).body.replace(b"Subject: 1", b"Subject: " + subject)
    return replace(message(1), body=body)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize(
    "subjects",
    [(b"same",) * 3, (b"Gr\xfc\xdfe", b"GrXXe", b"Gr\xe4\xe4e"), (b"\xfc", b"\xe4", b"X")],
)
def test_each_has_the_one_with_its_own_date_and_flags(
    subjects: tuple[bytes, ...], order: tuple[int, ...]
) -> None:
    """Also where they are equal only since the destination has altered them (8-bit bytes of a
    header became X): a run without the ledger writes nothing, and no two share a copy."""
    sides = World()
    sides.fill("INBOX", *(look(odd(subject), at) for at, subject in enumerate(subjects)))
    place = sides.destination.make_folder("INBOX")
    for at in order:
        altered = bytes(byte if byte < 128 else ord("X") for byte in subjects[at])
        place.add(look(odd(altered), at))
    before = content(sides.destination)
    report = sides.run()
    assert (report.total("found"), report.total("present")) == (3, 3)
    assert sides.destination.writes == []
    assert content(sides.destination) == before
    places = [folder.uidvalidity for folder in (sides.source.content["INBOX"], place)]
    known = sides.ledger.load(FolderKey("INBOX", places[0], "INBOX", places[1]))
    assert len(set(known.pairs.values())) == 3
