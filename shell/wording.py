"""Texts and numbers for a person at a terminal."""

from __future__ import annotations


def plain(text: str) -> str:
    """A server's text without what a terminal would obey, or could not show."""
    return "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "�" for c in text)


def size_in_words(size: float) -> str:
    """Bytes in the unit that suits them."""
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
