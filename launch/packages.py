"""Programs of the system that the demo and the tests need: found, or installed with apt as root.

`python -m launch.packages dovecot chromium postgres` fails with the packages' names when one of
them is missing and cannot be installed. Nothing is ever started: a mail server that the demo
needs must not begin to listen on the machine's own ports.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")


class MissingPackages(Exception):
    """What is missing, and the command that installs it."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program, where it may lie, the packages that bring it, and the service to keep off."""

    paths: tuple[str, ...]
    packages: tuple[str, ...]
    service: str = ""

    def found(self) -> str | None:
        """The path of the first that there is."""
        for pattern in self.paths:
            if "/" not in pattern and (path := shutil.which(pattern)):
                return path
            if "/" in pattern:
                hits = sorted(Path("/").glob(pattern.lstrip("/")))
                if hits:
                    return str(hits[-1])
        return None


PROGRAMS = {
    "dovecot": Program(("dovecot", "/usr/sbin/dovecot"), ("dovecot-imapd",), "dovecot"),
    "chromium": Program(
        ("chromium", "/root/.cache/ms-playwright/chromium-*/chrome-linux*/chrome"), ("chromium",)
    ),
    "postgres": Program(("/usr/lib/postgresql/*/bin/initdb",), ("postgresql",), "postgresql"),
}
PEERS = {"mbsync": Program(("mbsync",), ("isync",))}
"""What `make bench` alone needs: tools to measure beside."""


def ensure(
    names: Iterable[str],
    programs: Mapping[str, Program] = PROGRAMS,
    *,
    root: bool = os.getuid() == 0,
) -> None:
    """Each of the programs is there afterwards. Raises MissingPackages when that cannot be."""
    missing = [name for name in names if programs[name].found() is None]
    if not missing:
        return
    packages = [package for name in missing for package in programs[name].packages]
    command = "apt-get install -y --no-install-recommends " + " ".join(packages)
    if shutil.which("apt-get") is None:
        raise MissingPackages(f"{', '.join(missing)} missing, and there is no apt-get here.")
    if not root:
        raise MissingPackages(f"{', '.join(missing)} missing. As root: {command}")
    _apt("update")
    with _services_stay_off([programs[name].service for name in missing]):
        _apt(*command.split()[1:])
    still = [name for name in missing if programs[name].found() is None]
    if still:
        raise MissingPackages(f"apt-get installed no {', '.join(still)}. Tried: {command}")


def _apt(*arguments: str) -> None:
    result = subprocess.run(
        ["apt-get", "-q", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        last = (result.stderr or result.stdout).strip()[-500:]
        raise MissingPackages(f"apt-get {' '.join(arguments)} failed: {last}")


@contextmanager
def _services_stay_off(services: list[str]) -> Iterator[None]:
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink()
    if shutil.which("systemctl"):
        for service in filter(None, services):
            subprocess.run(["systemctl", "disable", service], capture_output=True, check=False)


def main(names: list[str]) -> int:
    try:
        ensure(names, {**PROGRAMS, **PEERS})
    except MissingPackages as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
