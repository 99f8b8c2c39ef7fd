"""New passwords that nothing proves: a mailbox is made with what the file is read as, whether or
not that is what people were given. What looks doubtful is named, with one character of it.

    begins or ends with a blank, a quotation mark, = or '     a slip of the hand, or of a program
    holds characters that cannot be seen                      copied along from a page
    looks like UTF-8 that was read as something else          saved in a wrong encoding before
    holds characters beyond ASCII, in a file whose            read in a wrong encoding now
    encoding was guessed
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from importer.finding import Finding, Level

_ENDS = frozenset("\"'=`´\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}“”„‚«»‹›＝")
_MISREAD = ("cp1252", "iso8859-1", "mac_roman", "cp850", "cp437", "iso8859-15")
"""What UTF-8 is often taken for by programs that do not ask."""
_UNSEEN = ("Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Mn")
_PROVEN_LATER = (
    "Compare it with the password that the mailbox's owner was given: a new password can't be "
    "tested, and the mailbox is created with exactly this one."
)


def doubts(password: str, *, line: int | None, guessed: str = "") -> tuple[Finding, ...]:
    """One warning for each reason. `line` is the file's; `guessed` its encoding, if it was."""
    where = f"Line {line} of the file, column Password" if line else "The mailbox's password"
    found = [*_ends(password), *_characters(password, guessed)]
    return tuple(
        Finding(
            Level.WARNING,
            "password_doubtful",
            f"{where}: {words}",
            hint if number < len(found) else f"{hint} {_PROVEN_LATER}".strip(),
            field="mailbox_password",
        )
        for number, (words, hint) in enumerate(found, start=1)
    )


def _ends(password: str) -> Iterator[tuple[str, str]]:
    for place, verb in ((0, "begins"), (len(password) - 1, "ends")):
        if not password or (place == 0 and verb == "ends"):
            return
        char = password[place]
        if char.isspace() or char in _ENDS or _unseen(char):
            hint = "If the character doesn't belong there, enter the mailbox's password again."
            yield f"the new password {verb} with {_named(char)}.", hint


def _characters(password: str, guessed: str) -> Iterator[tuple[str, str]]:
    if (place := _first(password[1:-1], _unseen)) is not None:
        yield (
            f"character {place + 2} of the new password is {_named(password[place + 1])}, which "
            "keyboards do not send like this.",
            "",
        )
    place = _first(password, lambda char: char > "\x7f")
    if place is None:
        return
    character = f"character {place + 1} of the new password is {_named(password[place])}"
    hint = (
        "If that is wrong, choose the file's encoding and upload the file again, so that it "
        "replaces these accounts."
    )
    if _misread(password):
        yield f"{character}, and it looks as if it had been saved in a wrong encoding.", hint
    elif guessed:
        yield f"{character}, if the file is {guessed}: it does not say so, that is a guess.", hint


def _misread(password: str) -> bool:
    if any("\x80" <= char <= "\x9f" or char == "\ufffd" for char in password):
        return True
    return any(_is_utf8(password, codec) for codec in _MISREAD)


def _is_utf8(text: str, codec: str) -> bool:
    try:
        text.encode(codec).decode("utf-8")
    except UnicodeError:
        return False
    return True


def _first(text: str, which: Callable[[str], bool]) -> int | None:
    return next((place for place, char in enumerate(text) if which(char)), None)


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN or (char.isspace() and char != " ")


def _named(char: str) -> str:
    """The character beside its code, and its name where it has one."""
    name = unicodedata.name(char, "").lower()
    code = f"U+{ord(char):04X}" + (f", {name}" if name else "")
    if _unseen(char):
        return code
    return f"“{char}” ({code})"
