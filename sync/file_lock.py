"""A lock on one mailbox of a ledger's file, held as long as the process lives."""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from pathlib import Path

from sync.errors import Code, RunError

_FLOCK = struct.Struct("hh4xqqi4x")
"""struct flock of 64-bit Linux: type, whence, start, length, process."""


class LedgerInUse(RunError):
    """Another process works on the same mailbox with the same ledger."""


class FileLock:
    """Locks one byte of the file, which the subject chooses. Raises LedgerInUse.

    The lock belongs to the open file and not to the process (F_OFD_SETLK), so that it holds
    between two in one process too; the kernel takes it away when the process ends, however."""

    def __init__(self, path: Path, subject: str) -> None:
        digest = hashlib.blake2b(subject.encode("utf-8", "surrogatepass"), digest_size=7).digest()
        place = int.from_bytes(digest, "little")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            wanted = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0)
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, wanted)
        except (BlockingIOError, PermissionError) as error:
            os.close(self._file)
            reason = f"another process is working on this mailbox with {path}"
            raise LedgerInUse(Code.DESTINATION_BUSY, reason, where=str(path)) from error
        except BaseException:
            os.close(self._file)
            raise

    def release(self) -> None:
        os.close(self._file)
