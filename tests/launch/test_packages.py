"""What the demo and the tests need of the system is found, or named with its package."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from launch.packages import PROGRAMS, MissingPackages, Program, ensure, main
from launch.unpacking import library_path, room


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_what_make_test_needs_is_there(name: str) -> None:
    """`make test` has put each program where it is looked for."""
    path = PROGRAMS[name].found()
    assert path is not None
    assert os.access(path, os.X_OK)
    assert main([name]) == 0


def test_the_newest_of_several_versions_is_taken(tmp_path: Path) -> None:
    """A pattern may fit several versions; a program that is nowhere is not found."""
    for version in ("14", "15"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "initdb").touch()
    pattern = f"{tmp_path}/*/initdb"
    assert Program((pattern,), ("postgresql",)).found() == f"{tmp_path}/15/initdb"
    assert Program((f"{tmp_path}/*/none", "no-such-program"), ("x",)).found() is None


def test_without_root_the_package_is_named() -> None:
    """Nothing is skipped: what is missing fails, with the command to type; the rest is left out."""
    programs = {**PROGRAMS, "wanted": Program(("no-such-program",), ("its-package",))}
    with pytest.raises(MissingPackages) as refusal:
        ensure(["dovecot", "wanted"], programs, root=False)
    assert str(refusal.value) == (
        "wanted missing. As root: apt-get install -y --no-install-recommends its-package"
    )


def test_a_server_that_is_not_installed_is_named_too() -> None:
    """What is unpacked beside the system's own fails with its packages when there are none."""
    packages = ("no-such-package-at-all",)
    programs = {"wanted": Program(("no-such-program",), packages, unpacked="wanted")}
    with pytest.raises(MissingPackages, match="wanted missing, and apt-get download no-such-pac"):
        ensure(["wanted"], programs, root=False)
    assert not list(room().glob("*wanted*"))


@pytest.mark.parametrize("name", ["cyrus", "courier"])
def test_what_is_unpacked_is_whole(name: str) -> None:
    """The program finds each library that it needs, and lies where nothing is installed."""
    path = PROGRAMS[name].found()
    assert path is not None
    assert "mailhaul" in path
    root = path.partition(f"/{name}/")[0] + f"/{name}"
    libraries = subprocess.run(
        ["ldd", path],
        env={"LD_LIBRARY_PATH": library_path(Path(root)), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert root in libraries
    assert "not found" not in libraries
