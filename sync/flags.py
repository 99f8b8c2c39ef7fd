"""Flags compared as servers mean them: without regard to case, and only those that can be kept."""

from __future__ import annotations

ANY_KEYWORD = "\\*"


def keepable(flags: frozenset[str], permanent: frozenset[str]) -> frozenset[str]:
    """The flags that a folder with these PERMANENTFLAGS (RFC 9051, section 7.1) will keep.

    An empty `permanent` says nothing: all flags are tried."""
    wanted = frozenset(flag for flag in flags if flag.lower() != "\\recent")
    if not permanent:
        return wanted
    known = {flag.lower() for flag in permanent}
    keywords = ANY_KEYWORD in permanent
    return frozenset(
        flag for flag in wanted if flag.lower() in known or (keywords and not flag.startswith("\\"))
    )


def same(one: frozenset[str], other: frozenset[str]) -> bool:
    return one == other or {f.lower() for f in one} == {f.lower() for f in other}
