"""Folders alone, made and removed, between two real servers."""

from __future__ import annotations

import json

from tests.shell.conftest import FOLDERS, Shell


def names(shell: Shell) -> set[str]:
    """The destination's folders, as they lie on the disk."""
    return {path.parent.name for path in shell.destination.maildir.glob(".*/cur")}


def test_justfolders_makes_folders_and_copies_nothing(shell: Shell) -> None:
    """And says so: nothing is claimed of messages. With --dry it makes none."""
    shell.source.fill(3)
    ran = shell.run("--justfolders", "--dry", "--json")
    assert sum(folder["created"] for folder in ran.told["folders"]) == 2
    assert ".Work" not in names(shell)
    ran = shell.run("--justfolders", "--json")
    assert (ran.status, ran.told["verdict"]) == (0, "folders only")
    assert {".Work", ".Work.Old &AOQ-", ".Sent"} <= names(shell)
    assert not shell.destination.files()


def test_delete2folders_removes_what_only_the_destination_has(shell: Shell) -> None:
    """With its messages, and counted; --delete2 alone leaves it, and a rehearsal does."""
    shell.source.fill(2)
    assert shell.run("--json").status == 0
    alone = shell.destination.maildir / ".Work"
    for inside in (".Gone", ".Gone.Inside"):
        (alone.parent / inside / "cur").mkdir(parents=True)
    message = next(alone.glob("cur/*"))
    (alone.parent / ".Gone.Inside" / "cur" / message.name).write_bytes(message.read_bytes())
    shell.destination._give()
    assert shell.run("--json", "--delete2").told["total"]["removed"] == 0
    rehearsed = shell.run("--json", "--delete2", "--delete2folders", "--dry")
    assert ".Gone.Inside" in names(shell)
    ran = shell.run("--json", "--delete2", "--delete2folders")
    assert (ran.status, ran.told["verdict"]) == (0, "verified"), ran
    gone = [folder for folder in ran.told["folders"] if folder["folder_removed"]]
    assert sorted((f["destination"], f["removed"]) for f in gone) == [
        ("INBOX.Gone", 0),
        ("INBOX.Gone.Inside", 1),
    ]
    foretold = [folder for folder in rehearsed.told["folders"] if folder["folder_removed"]]
    assert [folder["verified"] for folder in foretold] == [None] * len(gone)
    told = ("destination", "removed", "found", "failed")
    assert [[f[key] for key in told] for f in foretold] == [[f[key] for key in told] for f in gone]
    assert names(shell) & {".Gone", ".Gone.Inside"} == set()
    assert len(shell.destination.files()) == 2 * len(FOLDERS)
    again = shell.run("--json", "--delete2", "--delete2folders").told
    assert json.dumps(again["folders"]).count('"folder_removed": true') == 0
