"""Usernames at the source: a domain appended or removed, and what a blank one stands for."""

from __future__ import annotations

from imap.server import Login


def append_domain(username: str, domain: str) -> str:
    """F8: 'info' becomes 'info@example.com'. One that has a domain, or is empty, stays."""
    name = username.strip()
    if not name or "@" in name or not domain:
        return name
    return f"{name}@{domain.strip().removeprefix('@')}"


def remove_domain(username: str) -> str:
    """F9: 'info@example.com' becomes 'info'. One without a domain stays."""
    name = username.strip()
    return name.rpartition("@")[0] or name.removeprefix("@") if "@" in name else name


def source_login(username: str, password: str, *, address: str, mailbox_password: str) -> Login:
    """F7: left blank, the account's own are used: the mailbox's address and its password."""
    return Login(username.strip() or address, password or mailbox_password)
