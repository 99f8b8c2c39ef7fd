"""Encryption of what must not be read from a stolen database, with keys that are not in it."""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_SEPARATOR = b"\0"


class SealBroken(Exception):
    """The value was not sealed with one of our keys, or not for this place."""


class KeyFileError(Exception):
    """The key file cannot be used; the text says why and what to do."""


class Sealer:
    """Seals with the newest key, opens with any. What was sealed for one place opens nowhere else.

    The place is a context such as 'migration:7:source': it is sealed in with the text, so that a
    value copied into another row is refused instead of being used there.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise KeyFileError("No key to encrypt with: set SECRET_KEYS or make the key file.")
        self._fernet = _opener(keys)

    def seal(self, text: str, context: str) -> bytes:
        place = context.encode()
        return self._fernet.encrypt(place + _SEPARATOR + text.encode("utf-8", "surrogatepass"))

    def open(self, sealed: bytes, context: str) -> str:
        """Raises SealBroken; its text holds neither the value nor the key."""
        try:
            plain = self._fernet.decrypt(bytes(sealed))
        except InvalidToken:
            raise SealBroken(f"A value of {context} cannot be decrypted.") from None
        place, _, text = plain.partition(_SEPARATOR)
        if not hmac.compare_digest(place, context.encode()):
            raise SealBroken(f"A value of {context} was sealed for another place.")
        return text.decode("utf-8", "surrogatepass")

    def rotate(self, sealed: bytes) -> bytes:
        """The same value under the newest key. Raises SealBroken."""
        try:
            return self._fernet.rotate(bytes(sealed))
        except InvalidToken:
            raise SealBroken("A value cannot be decrypted, and so not be rotated.") from None


def _opener(keys: Sequence[str]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        # The key itself must not stand in a traceback's text.
        raise KeyFileError(
            "A key in SECRET_KEYS or the key file is not a Fernet key (32 bytes, URL-safe base64)."
        ) from error


def password_context(migration_id: int, field: str) -> str:
    """`field` is 'source' or 'mailbox'."""
    return f"migration:{migration_id}:{field}"


def load_keys(secret_keys: Sequence[str], key_file: Path) -> tuple[str, ...]:
    """SECRET_KEYS if set, else the key file (one key a line, newest first), made when missing.

    Raises KeyFileError for a file that others may read, and where there is no key, or none that is
    one.
    """
    if secret_keys:
        _opener(secret_keys)
        return tuple(secret_keys)
    if not key_file.exists():
        _make_key_file(key_file)
    mode = stat.S_IMODE(key_file.stat().st_mode)
    if mode & 0o077:
        raise KeyFileError(
            f"{key_file} may be read by other users (mode {mode:04o}). "
            f"Run: chmod 600 {key_file} - and consider its keys known to those users."
        )
    keys = tuple(key_file.read_text(encoding="ascii", errors="replace").split())
    if not keys:
        raise KeyFileError(f"{key_file} holds no key. Restore it from your backup.")
    _opener(keys)
    return keys


def _make_key_file(key_file: Path) -> None:
    """All at once: two processes that start together end with one and the same key."""
    key_file.parent.mkdir(parents=True, exist_ok=True)
    draft = key_file.with_name(f".{key_file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, key_file)
        except FileExistsError:
            return
    finally:
        draft.unlink()
