"""From a file's bytes to its text. Nothing is guessed that could change a password unseen."""

from __future__ import annotations

import codecs
import re

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
_PROBE = 8192
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x19\x1b-\x1f\x7f]")
_SAVE_AS_CSV = "Open it in your spreadsheet and save it as CSV (UTF-8), with semicolons."


def decode(data: bytes) -> tuple[str, str]:
    """The text without its byte order mark, and the name of its encoding.

    Raises FileFault when it is empty, is no text, or its encoding cannot be told."""
    if not data.strip():
        raise FileFault("file_empty", "The file is empty.", "Choose a file with accounts in it.")
    _refuse_known_files(data)
    text, name = _decoded(data)
    if "\x00" in text or len(_CONTROLS.findall(text[:_PROBE])) * 50 > min(len(text), _PROBE):
        raise _binary("a file that is not text")
    return text.rstrip("\x1a"), name


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], codec, name), name
    if codec := _utf16_without_mark(data):
        return _strict(data, codec, "UTF-16"), "UTF-16"
    if b"\x00" in data:
        raise _binary("a file that is not text")
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _windows(data), "Windows-1252"


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
        "Open it in an editor and save it as UTF-8.",
    )
