"""What the demo and the tests need of the system is found, or named with its package."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from launch.packages import PROGRAMS, MissingPackages, Program, ensure, main


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
