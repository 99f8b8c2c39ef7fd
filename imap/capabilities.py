"""What a server offers after login, from its own words."""

from __future__ import annotations

from sync.model import Capabilities

_REV2 = (
    "ENABLE",
    "ESEARCH",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LITERAL-",
    "MOVE",
    "NAMESPACE",
    "SPECIAL-USE",
    "UIDPLUS",
)
"""Part of IMAP4rev2 without a name of their own (RFC 9051, appendix E)."""


def parse_capabilities(text: bytes) -> Capabilities:
    """From the words behind CAPABILITY."""
    names = set(text.decode("ascii", "replace").upper().split())
    if "IMAP4REV2" in names:
        names.update(_REV2)
    return Capabilities(
        literal_plus="LITERAL+" in names,
        literal_minus="LITERAL-" in names,
        uidplus="UIDPLUS" in names,
        multiappend="MULTIAPPEND" in names,
        condstore="CONDSTORE" in names or "QRESYNC" in names,
        qresync="QRESYNC" in names,
        list_status="LIST-STATUS" in names,
        special_use="SPECIAL-USE" in names,
        namespace="NAMESPACE" in names,
        compress="COMPRESS=DEFLATE" in names,
        append_limit=_limit(names, "APPENDLIMIT"),
        message_limit=_limit(names, "MESSAGELIMIT") or None,
        save_limit=_limit(names, "SAVELIMIT") or None,
        names=frozenset(names),
    )


def _limit(names: set[str], name: str) -> int | None:
    """The least that is told. Without a number it is not known: that of APPENDLIMIT (RFC 7889) then
    differs from folder to folder."""
    told = [said.partition("=")[2] for said in names if said.startswith(f"{name}=")]
    return min(
        (int(limit) for limit in told if limit.isdecimal() and len(limit) < 20), default=None
    )
