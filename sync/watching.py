"""Messages looked at while they pass to the destination: which of them hold what servers are known
to alter, so that their copies have to be read back.

What makes a copy longer or shorter shows in its size, where sizes are compared. So of a message
that begins as the RFCs have it only the header and DEPTH bytes are looked at then, and all of it
for NUL; that costs some microseconds. Where nobody looks at sizes, all of each message is.
"""

from __future__ import annotations

from collections.abc import Iterator

from sync.alteration import likely
from sync.header_fields import LONGEST, identity
from sync.matching import identity_key
from sync.oddities import Oddities
from sync.options import ProofLevel
from sync.stamps import PROBED, identity_stamp
from sync.work import Work

DEPTH = 2048


def watched(work: Work, uid: int, chunks: Iterator[bytes], *, proof: ProofLevel) -> Iterator[bytes]:
    """The same chunks. When they have ended, the message is in `work.suspect` if it is one."""
    odd = Oddities() if proof is ProofLevel.COUNTS else None
    nul, last = False, b""
    for chunk in chunks:
        if odd is None and not last and not _plain(chunk):
            odd = Oddities()
        if odd is not None:
            odd.take(chunk)
        elif b"\0" in chunk:
            nul = True
        last = chunk
        yield chunk
    if odd is None and not nul and last.endswith(b"\n"):
        return
    odd = odd or Oddities()
    odd.nul += nul
    if kinds := likely(odd, unended=not last.endswith(b"\n")):
        work.suspect[uid] = kinds


def identified(work: Work, uid: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks. Of the folder's highest messages it is remembered which these are."""
    uids = work.plan.copies.uids if work.plan else ()
    if not uids or (len(uids) > PROBED and uid < uids[-PROBED]):
        return chunks
    return _identified(work, uid, chunks) if uid in uids[-PROBED:] else chunks


def _identified(work: Work, uid: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    start = bytearray()
    for chunk in chunks:
        start += chunk[: LONGEST - len(start)]
        yield chunk
    work.identities[uid] = identity_stamp(identity_key(identity(bytes(start))))


def _plain(first: bytes) -> bool:
    """The header is whole and of ASCII, and line ends are CR LF. (NUL is looked for elsewhere.)"""
    start = first[:DEPTH]
    if len(first) > DEPTH and start.endswith(b"\r"):
        start = start[:-1]
    if not start.count(b"\r\n") == start.count(b"\n") == start.count(b"\r"):
        return False
    end = first.find(b"\n\r\n")
    return end >= 0 and first[:end].isascii()
