"""Options that choose folders and messages, between two real servers."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.shell.conftest import Shell


def folders(told: dict[str, object]) -> dict[str, str]:
    return {one["source"]: one["destination"] for one in told["folders"]}  # type: ignore[attr-defined]


def test_folders_find_the_places_that_were_chosen(shell: Shell) -> None:
    """--f1f2 before all else, and --folder chooses what goes at all."""
    shell.source.fill(2)
    ran = shell.run("--json", "--folder", "Work", "--folder=Sent", "--f1f2", "Work=INBOX.Projects")
    assert ran.status == 0, ran
    assert folders(ran.told) == {"Work": "INBOX.Projects", "Sent": "INBOX.Sent"}
    assert len(shell.destination.files()) == 4


def test_messages_outside_the_limits_are_left_out(shell: Shell) -> None:
    """By size and by age; that they were left out is no failure, and they are counted."""
    shell.source.fill(2)
    for left_out in ("--maxsize=400", "--minsize=5000", "--maxage=5", "--search=SINCE 1-Jan-2024"):
        ran = shell.run("--json", left_out)
        assert ran.status == 0, ran
        assert (ran.told["total"]["skipped"], ran.told["total"]["copied"]) == (8, 0)
    ran = shell.run("--json", "--minsize=400", "--maxsize=5000", "--minage=5")
    assert (ran.told["total"]["copied"], ran.told["verdict"]) == (8, "verified")


def test_empty_folders_are_left_out(shell: Shell) -> None:
    """--skipemptyfolders makes none of them."""
    shell.source.fill(0)
    assert shell.run("--skipemptyfolders").status == 0
    assert not (shell.destination.maildir / ".Work").exists()
    assert shell.run().status == 0
    assert (shell.destination.maildir / ".Work").exists()


def test_what_equals_another_message_is_removed(shell: Shell) -> None:
    """--delete2duplicates: of two that are the same byte for byte, one stays."""
    shell.source.fill(1)
    assert shell.run().status == 0
    before = shell.destination.files()
    first = next(Path(path) for path in before if ".Sent" in path)
    twin = first.with_name("9999.M1.test:2,S")
    shutil.copy2(first, twin)
    shutil.chown(twin, first.owner(), first.group())
    ran = shell.run("--json", "--delete2duplicates")
    assert ran.status == 0, ran
    assert len(shell.destination.files()) == len(before)


def test_what_stands_in_several_folders_is_copied_once(shell: Shell) -> None:
    """--skipcrossduplicates: into the first of them, INBOX before the others."""
    shell.source.fill(1)
    for name in (".Work", ".Sent"):
        for path in (shell.source.maildir / "cur").iterdir():
            twin = shell.source.maildir / name / "cur" / path.name.replace("M0", "M9")
            shutil.copy2(path, twin)
            shutil.chown(twin, path.owner(), path.group())
    ran = shell.run("--json", "--skipcrossduplicates")
    assert ran.status == 0, ran
    assert (ran.told["total"]["copied"], ran.told["total"]["skipped"]) == (4, 2)


def test_what_is_proven_leaves_the_source(shell: Shell, tmp_path: Path) -> None:
    """--delete1: all of it is at the destination then, and a second run removes nothing there."""
    shell.source.fill(2)
    state = f"--state={tmp_path / 'state'}"
    assert shell.run("--delete1", "--dry", state).status == 0
    assert (len(shell.source.files()), len(shell.destination.files())) == (8, 0)
    ran = shell.run("--json", "--delete1", state)
    assert (ran.status, ran.told["total"]["copied"]) == (0, 8), ran
    assert (len(shell.source.files()), len(shell.destination.files())) == (0, 8)
    assert shell.run("--delete1", state).status == 0
    assert len(shell.destination.files()) == 8
