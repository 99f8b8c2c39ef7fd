"""What a server has altered in a message that it stored, told from both fingerprints. Pure.

Each known way of servers by its name, several at once where several were met. A way that needs a
cause is only believed where the source's message has it: no NUL, nothing was replaced for one.
Anything else is another content.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum

from sync.fingerprint import Fingerprint, field_marks
from sync.oddities import Oddities


class Alteration(StrEnum):
    """In words that stand beside the message in a report."""

    BARE_LF = "line feeds alone made CR LF"
    BARE_CR = "carriage returns alone replaced"
    CR_CR_LF = "CR CR LF made another line end"
    LAST_END = "line ends at the very end added or taken out"
    LINE_ENDS = "line ends"
    BLANK_LINES = "empty lines added or taken out"
    BLANKS = "blanks at line ends added or taken out"
    NUL = "NUL characters replaced"
    EIGHT_BIT = "8-bit characters in the header replaced"
    LONG_LINES = "long lines broken"
    FOLDED = "header lines broken in other places"
    ORDER = "header fields in another order"
    FROM_LINE = "From line at the beginning added or taken out"
    MAILBOX_FIELDS = "header fields of a mailbox file (Status, X-UID) added or taken out"
    ADDED = "header fields added"
    HEADER = "header rewritten, text the same"
    SIZE = "another size, not read back"
    CONTENT = "the content is another"

    @property
    def known(self) -> bool:
        """Servers do so when they store a message, and the text that people read is the same."""
        return self is not Alteration.CONTENT


CAUSED = frozenset(
    {
        *(Alteration.BARE_LF, Alteration.BARE_CR, Alteration.CR_CR_LF, Alteration.LINE_ENDS),
        *(Alteration.LAST_END, Alteration.NUL, Alteration.EIGHT_BIT, Alteration.LONG_LINES),
    }
)
"""Of messages that hold something for which servers do it (`likely`)."""

Alterations = tuple[Alteration, ...]
"""None at all: equal byte for byte."""


def alterations(before: Fingerprint, after: Fingerprint) -> Alterations:
    """From the source's message to its copy, in the order of Alteration; CONTENT is alone."""
    if before.exact == after.exact:
        return ()
    if before.lines == after.lines:
        return tuple(_line_ends(before, after)) or (Alteration.LINE_ENDS,)
    kinds = set(_line_ends(before, after))
    if before.even != after.even:
        text, head = _text(before, after), set(_head(before, after))
        if text is None or (Alteration.HEADER in head and not before.text):
            # What was taken out may have moved the header's end.
            text, head = _text(before, after, whole=True), set()
        if text is None:
            return (Alteration.CONTENT,)
        kinds |= head.union(text)
    if not kinds - {Alteration.LAST_END}:
        moved = before.blanks != after.blanks
        kinds.add(Alteration.BLANKS if moved else Alteration.BLANK_LINES)
    return tuple(kind for kind in Alteration if kind in kinds)


def words(kinds: Iterable[Alteration]) -> str:
    """As they stand beside the message in a report."""
    return "; ".join(kinds)


def named(words: str) -> Alterations:
    """What `words` were made of; what is not known any more is left out."""
    parts = words.split("; ")
    return tuple(kind for kind in Alteration if kind in parts)


def known(kinds: Iterable[Alteration]) -> bool:
    return all(kind.known for kind in kinds)


def likely(odd: Oddities, *, unended: bool) -> Alterations:
    """What servers are known to make of a message with these; `unended` is one that does not end
    with a line end."""
    found = (
        (odd.bare_lf, Alteration.BARE_LF),
        (odd.bare_cr, Alteration.BARE_CR),
        (odd.cr_cr_lf, Alteration.CR_CR_LF),
        (unended, Alteration.LAST_END),
        (odd.nul, Alteration.NUL),
        (odd.high, Alteration.EIGHT_BIT),
        (odd.long, Alteration.LONG_LINES),
    )
    return tuple(kind for count, kind in found if count)


def is_copy(before: Fingerprint, after: Fingerprint) -> bool:
    """Whether `after` is what a server may have made of `before` when it stored it: what is in the
    header is all there still."""
    kinds = alterations(before, after)
    return known(kinds) and Alteration.HEADER not in kinds


def contained(before: Fingerprint, after: Fingerprint) -> bool:
    """Whether all header fields of `before` are in the header of `after`. An empty message has
    none, and nothing else by which it could be told from another one."""
    if before.fields == after.fields:
        return True
    if before.empty:
        return not after.text
    if len(before.fields) >= len(after.fields) or not before.fields:
        return False
    lacking = Counter(field_marks(before.fields))
    lacking.subtract(field_marks(after.fields))
    return max(lacking.values()) <= 0


def _line_ends(before: Fingerprint, after: Fingerprint) -> Iterator[Alteration]:
    if before.bare_lf > after.bare_lf:
        yield Alteration.BARE_LF
    if before.bare_cr > after.bare_cr:
        yield Alteration.BARE_CR
    if before.cr_cr_lf > after.cr_cr_lf:
        yield Alteration.CR_CR_LF
    if before.last_ends != after.last_ends:
        yield Alteration.LAST_END


def _text(before: Fingerprint, after: Fingerprint, *, whole: bool = False) -> Alterations | None:
    """None: it is another. `whole`: of the header and the text in one."""
    if before.text == after.text and not whole:
        return ()
    loose = before.loose == after.loose if whole else before.loose_text == after.loose_text
    if not before.odd or not loose:
        return None
    if before.nul > after.nul:
        return (Alteration.NUL,)
    if before.bare_cr > after.bare_cr:
        return (Alteration.BARE_CR,)
    return (Alteration.LONG_LINES,) if before.long else None


def _head(before: Fingerprint, after: Fingerprint) -> Iterator[Alteration]:
    if before.head == after.head:
        return
    replaced = before.high > after.high or before.nul > after.nul
    if before.high > after.high:
        yield Alteration.EIGHT_BIT
    if before.nul > after.nul:
        yield Alteration.NUL
    if before.from_line != after.from_line:
        yield Alteration.FROM_LINE
    if before.mailbox_fields != after.mailbox_fields:
        yield Alteration.MAILBOX_FIELDS
    elif before.loose_head == after.loose_head:
        if not replaced and before.from_line == after.from_line:
            yield Alteration.FOLDED
    elif before.fields == after.fields:
        yield Alteration.ORDER
    if before.fields != after.fields:
        yield Alteration.ADDED if contained(before, after) else Alteration.HEADER
