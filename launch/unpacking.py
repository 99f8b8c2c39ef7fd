"""Servers that only the tests run, unpacked from Debian's packages and never installed.

Debian lets only one IMAP server be installed: `apt-get install cyrus-imapd` would remove Dovecot.
So the packages are downloaded, with those libraries that the machine lacks, and unpacked below a
directory of our own, where later runs find them. What is installed is not touched, and where apt's
lists are there already none of it needs root.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

SHARED = Path("/var/cache/mailhaul")
"""Where root unpacks, so that the user whom the servers run as can read it."""
_NEW_LIBRARY = re.compile(r"^Inst (lib\S+) \(", re.MULTILINE)
"""In what apt would do; one that is installed already has its version in [] before the '('."""


class UnpackingFailed(Exception):
    """Which command failed, and its last words."""


def room() -> Path:
    """The directory for all of them."""
    if not os.getuid():
        return SHARED
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "mailhaul"


def library_path(unpacked: Path) -> str:
    """LD_LIBRARY_PATH for what was unpacked there."""
    parts = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib")
    places = [unpacked / part for part in parts] + [unpacked / part[4:] for part in parts]
    return ":".join(str(place) for place in places if place.is_dir())


def unpack(packages: Sequence[str], into: Path) -> None:
    """Download these packages, and the libraries they need that are not installed, and unpack all
    of them as the directory `into`, or nothing. Raises UnpackingFailed."""
    into.parent.mkdir(parents=True, exist_ok=True)
    whole = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        debs = whole / "debs"
        debs.mkdir()
        plan = _run(["apt-get", "-s", "install", "--no-install-recommends", *packages], debs)
        libraries = set(_NEW_LIBRARY.findall(plan)) - set(packages)
        _run(["apt-get", "-q", "download", *packages, *sorted(libraries)], debs)
        for deb in sorted(debs.glob("*.deb")):
            _run(["dpkg", "-x", str(deb), str(whole / "root")], debs)
        (whole / "root").chmod(0o755)
        shutil.rmtree(into, ignore_errors=True)
        (whole / "root").rename(into)
    finally:
        shutil.rmtree(whole, ignore_errors=True)


def _run(command: Sequence[str], directory: Path) -> str:
    try:
        result = subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise UnpackingFailed(f"there is no {command[0]} here") from error
    if result.returncode:
        last = (result.stderr or result.stdout).strip()[-500:]
        raise UnpackingFailed(f"{' '.join(command[:4])} … failed: {last}")
    return result.stdout
