"""From a file's bytes to its text. Nothing is guessed that could change a password unseen."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

from importer.rows import FileFault

_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
"""UTF-32 stands before UTF-16: its little-endian mark begins with the other's."""

_FILES = (
    (b"PK\x03\x04", "an Excel or ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF file"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
ENCODINGS = {
    "utf-8": ("utf-8-sig", "UTF-8"),
    "utf-8-twice": ("utf-8-sig", "UTF-8, encoded twice"),
    "utf-16": ("utf-16", "UTF-16"),
    "windows-1252": ("cp1252", "Windows-1252"),
    "windows-1250": ("cp1250", "Windows-1250"),
    "mac-roman": ("mac_roman", "Mac Roman"),
    "cp850": ("cp850", "CP850 (DOS)"),
    "cp437": ("cp437", "CP437 (DOS)"),
    "iso-8859-1": ("iso8859-1", "ISO 8859-1"),
    "iso-8859-15": ("iso8859-15", "ISO 8859-15"),
}
"""What a person may choose: Python's codec, and the name for a person."""

_PROBE = 8192
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x19\x1b-\x1f\x7f]")
_SAVE_AS_CSV = "Open it in your spreadsheet and save it as CSV (UTF-8), with semicolons."


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text without its byte order mark, and the name of its encoding for a person. `guessed`:
    neither the file nor a person says it, and other bytes would have been taken as well."""

    text: str
    encoding: str
    guessed: bool = False


def decode(data: bytes, chosen: str = "") -> Decoded:
    """`chosen` is one of ENCODINGS; '' tells it by the bytes.

    Raises FileFault when it is empty, is no text, or its encoding cannot be told."""
    if not data.strip():
        raise FileFault("file_empty", "The file is empty.", "Choose a file with accounts in it.")
    _refuse_known_files(data)
    found = _as_chosen(data, chosen) if chosen else _decoded(data)
    text = found.text
    if "\x00" in text or len(_CONTROLS.findall(text[:_PROBE])) * 50 > min(len(text), _PROBE):
        raise _binary("a file that is not text")
    return replace(found, text=text.rstrip("\x1a"))


def _as_chosen(data: bytes, chosen: str) -> Decoded:
    codec, name = ENCODINGS[chosen]
    text = _strict(data, codec, name)
    return Decoded(_decoded_again(text) if chosen == "utf-8-twice" else text, name)


def _decoded_again(text: str) -> str:
    """Line by line, since those that were encoded once hold no UTF-8 in their characters."""
    return "".join(_once_less(line) for line in text.splitlines(keepends=True))


def _once_less(line: str) -> str:
    try:
        return b"".join(map(_byte, line)).decode("utf-8")
    except UnicodeError:
        return line


def _byte(char: str) -> bytes:
    """As the program read it that took UTF-8 for something else; five bytes are none of
    Windows-1252."""
    try:
        return char.encode("cp1252")
    except UnicodeEncodeError:
        return char.encode("iso8859-1")


def _decoded(data: bytes) -> Decoded:
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            return Decoded(_strict(data[len(mark) :], codec, name), name)
    if codec := _utf16_without_mark(data):
        return Decoded(_strict(data, codec, "UTF-16"), "UTF-16", guessed=True)
    if b"\x00" in data:
        raise _binary("a file that is not text")
    try:
        return Decoded(data.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError:
        return Decoded(_windows(data), "Windows-1252", guessed=True)


def _strict(data: bytes, codec: str, name: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise _undecodable(data[: error.start].count(b"\n") + 1, name) from None


def _utf16_without_mark(data: bytes) -> str:
    """CSV is mostly ASCII, so that every second byte of UTF-16 is zero."""
    probe = data[:_PROBE]
    half = len(probe) // 2
    if len(data) % 2 or not half:
        return ""
    even, odd = probe[::2].count(0), probe[1::2].count(0)
    if odd * 3 > half and even * 20 < half:
        return "utf-16-le"
    return "utf-16-be" if even * 3 > half and odd * 20 < half else ""


def _windows(data: bytes) -> str:
    """Windows-1252, unless the file holds UTF-8 as well: then no reading of it would be right."""
    mixed = data.decode("utf-8", errors="surrogateescape")
    for number, line in enumerate(mixed.split("\n"), start=1):
        if not line.isascii() and any(map(_is_real, line)):
            raise FileFault(
                "file_mixed_encodings",
                f"The file mixes two encodings: line {number} is UTF-8, other lines are not.",
                "Open it in an editor, check the umlauts, and save it as UTF-8.",
            )
    return _strict(data, "cp1252", "Windows-1252")


def _is_real(char: str) -> bool:
    """Beyond ASCII, and decoded as UTF-8 rather than escaped to a surrogate."""
    return "\x7f" < char < "\ud800" or char >= "\ue000"


def _refuse_known_files(data: bytes) -> None:
    for mark, name in _FILES:
        if data.startswith(mark):
            raise _binary(name)


def _binary(name: str) -> FileFault:
    return FileFault("file_binary", f"This is {name}, not a CSV file.", _SAVE_AS_CSV)


def _undecodable(line: int, name: str) -> FileFault:
    return FileFault(
        "file_undecodable",
        f"Line {line} holds bytes that are not {name} text, so the file cannot be read safely.",
        "Choose another encoding beside the file, or open it in an editor and save it as UTF-8.",
    )
