"""Programs of the system that the demo and the tests need: found, or installed with apt as root.

`python -m launch.packages NAME …` fails with the packages' names when one of them is missing and
cannot be installed. Nothing is ever started: a mail server that the demo needs must not begin to
listen on the machine's own ports. Cyrus and Courier cannot be installed beside Dovecot: they are
unpacked into a directory of our own, as is the one Redis of the tests that speaks TLS.
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

from launch.unpacking import SHARED, UnpackingFailed, room, unpack

POLICY = Path("/usr/sbin/policy-rc.d")


class MissingPackages(Exception):
    """What is missing, and the command that installs it."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program, where it may lie, the packages that bring it, and the service to keep off."""

    paths: tuple[str, ...]
    packages: tuple[str, ...]
    service: str = ""
    unpacked: str = ""
    """The name of the directory in launch.unpacking's room that the packages are unpacked to; ''
    for what is installed."""

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


def _apart(name: str, program: str, packages: str) -> Program:
    """What is unpacked and not installed; root's is found by everybody."""
    places = dict.fromkeys((SHARED, room()))
    paths = tuple(str(place / name / program) for place in places)
    return Program(paths, tuple(packages.split()), unpacked=name)


PROGRAMS = {
    "dovecot": Program(("dovecot", "/usr/sbin/dovecot"), ("dovecot-imapd",), "dovecot"),
    "chromium": Program(
        ("chromium", "/root/.cache/ms-playwright/chromium-*/chrome-linux*/chrome"), ("chromium",)
    ),
    "cc": Program(("cc",), ("gcc", "libc6-dev")),
    "curl": Program(("curl",), ("curl",)),
    "postgres": Program(("/usr/lib/postgresql/*/bin/initdb",), ("postgresql",), "postgresql"),
    "cyrus": _apart("cyrus", "usr/lib/cyrus/bin/imapd", "cyrus-imapd cyrus-common sasl2-bin"),
    "courier": _apart(
        "courier",
        "usr/bin/imapd",
        "courier-imap courier-base courier-authlib courier-authlib-userdb gamin libgamin0",
    ),
    "redis": _apart("redis", "usr/bin/redis-server", "redis-server redis-tools"),
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
    apart = [name for name in missing if programs[name].unpacked]
    installed = [name for name in missing if not programs[name].unpacked]
    if installed:
        _install(installed, programs, root=root)
    for name in apart:
        _unpack(name, programs[name], refresh=root and not installed and name == apart[0])


def _install(missing: list[str], programs: Mapping[str, Program], *, root: bool) -> None:
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


def _unpack(name: str, program: Program, *, refresh: bool) -> None:
    """`refresh` has apt's lists brought up to date before."""
    try:
        if refresh:
            _apt("update")
        unpack(program.packages, room() / program.unpacked)
    except (UnpackingFailed, MissingPackages) as error:
        wanted = f"apt-get download {' '.join(program.packages)}"
        raise MissingPackages(f"{name} missing, and {wanted} is not possible: {error}") from error
    if program.found() is None:
        raise MissingPackages(f"{name} missing in its own packages: {' '.join(program.packages)}")


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
