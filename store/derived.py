"""Keys that are made from the installation's own, so that nothing more has to be kept secret."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def cookie_secret(fernet_key: str) -> bytes:
    """The key that signs cookies: not the one that seals passwords, and not to be had without it.

    All web servers of an installation have the same keys, so they read each other's cookies."""
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"mailhaul cookies")
    return derive.derive(base64.urlsafe_b64decode(fernet_key))
