"""Lost, doubled, altered, misfiled: each is counted as what it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.compare import Damage, damage, difference, read_mailbox, total


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A mailbox of four messages, two of them identical, and its copy."""
    source = tmp_path / "source"
    for folder, bodies in {"": ("one", "two"), ".Sent": ("same", "same")}.items():
        directory = source / folder / "cur"
        directory.mkdir(parents=True)
        (directory.parent / "dovecot-keywords").write_text("0 Rechnung\n")
        for number, body in enumerate(bodies):
            path = directory / f"{number}.M{number}:2,Sa"
            path.write_text(f"Subject: {body}\n\n{body}\n")
            os.utime(path, (1_600_000_000, 1_600_000_000))
    shutil.copytree(source, tmp_path / "copy")
    return source, tmp_path / "copy"


def lose(copy: Path) -> None:
    (copy / ".Sent" / "cur" / "1.M1:2,Sa").unlink()


def double(copy: Path) -> None:
    shutil.copy2(copy / "cur" / "0.M0:2,Sa", copy / "cur" / "9.M9:2,Sa")


def alter(copy: Path) -> None:
    path = copy / "cur" / "0.M0:2,Sa"
    path.write_text("X-Added: 1\n" + path.read_text())


def reflag(copy: Path) -> None:
    (copy / "cur" / "0.M0:2,Sa").rename(copy / "cur" / "0.M0:2,S")


def redate(copy: Path) -> None:
    os.utime(copy / "cur" / "0.M0:2,Sa", (1, 1))


def nothing(_copy: Path) -> None: ...


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (nothing, Damage()),
        (lose, Damage(lost=1)),
        (double, Damage(doubled=1)),
        (alter, Damage(altered=1)),
        (reflag, Damage(misfiled=1)),
        (redate, Damage(misfiled=1)),
    ],
)
def test_each_kind_of_harm_is_told_apart(
    pair: tuple[Path, Path], harm: Callable[[Path], None], expected: Damage
) -> None:
    """One message harmed is one in its own column, and in words too."""
    source, copy = pair
    harm(copy)
    assert damage(read_mailbox(source), read_mailbox(copy)) == expected
    assert bool(difference(source, copy)) == (expected != Damage())


def test_a_keyword_is_compared_by_its_word(pair: tuple[Path, Path]) -> None:
    """Each folder has letters of its own for keywords."""
    source, copy = pair
    (copy / "dovecot-keywords").write_text("0 Other\n1 Rechnung\n")
    for path in (copy / "cur").iterdir():
        path.rename(path.with_name(path.name[:-1] + "b"))
    assert difference(source, copy) == []


def test_an_empty_destination_is_all_lost(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """A copy that is not there at all has lost every message."""
    source, _ = pair
    assert damage(read_mailbox(source), read_mailbox(tmp_path / "nowhere")) == Damage(lost=4)
    assert total(read_mailbox(source)) == 4
    assert total(read_mailbox(tmp_path / "nowhere")) == 0
