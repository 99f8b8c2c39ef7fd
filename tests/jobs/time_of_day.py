"""Processes whose time of day a test sets, while time goes on as it does."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from pathlib import Path

_SOURCE = Path(__file__).with_name("time_of_day.c")


class TimeOfDay:
    """Of the processes that are started with `environment`: the machine's, until it is set."""

    def __init__(self, library: Path, name: str) -> None:
        self._file = library.with_name(name)
        self._file.write_bytes(struct.pack("l", 0))
        self._file.chmod(0o644)
        self.environment = {"LD_PRELOAD": str(library), "TIME_OF_DAY": str(self._file)}

    def set(self, ahead: int) -> None:
        """So many seconds ahead of the machine's, from now on."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("l", ahead))


def built() -> Path:
    """The library, in a directory of its own that is to be removed."""
    directory = Path(tempfile.mkdtemp(prefix="mh-time-"))
    directory.chmod(0o755)
    library = directory / "time_of_day.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE)]
    subprocess.run(command, check=True)
    return library
