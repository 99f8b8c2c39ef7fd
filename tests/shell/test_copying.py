"""`python -m sync` between two real servers: copied, copied again, killed, resumed."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from bench.compare import difference
from tests.shell.conftest import FOLDERS, Shell


def test_a_mailbox_is_copied(shell: Shell) -> None:
    """Every message of every folder, bit for bit; the numbers folder by folder."""
    shell.source.fill(5)
    ran = shell.run("--json")
    assert ran.status == 0, ran
    assert ran.told["verdict"] == "verified"
    assert ran.told["total"]["copied"] == ran.told["total"]["found"] == 5 * len(FOLDERS)
    assert 0 < ran.told["total"]["size_read_back"] <= ran.told["total"]["size_copied"]
    assert difference(shell.source.maildir, shell.destination.maildir) == []
    for folder in ran.told["folders"]:
        outcomes = ("copied", "present", "skipped", "failed", "vanished")
        assert folder["found"] == sum(folder[name] for name in outcomes)
    assert "\r" not in ran.err
    assert ran.err.splitlines() == ["Exiting with return value 0 (EX_OK)"]


def test_the_end_is_told_in_words(shell: Shell) -> None:
    """Without --json: lines for a person, and imapsync's last one for programs."""
    shell.source.fill(2)
    ran = shell.run()
    assert "INBOX → INBOX: 2 copied" in ran.out
    assert " read back in " in ran.out
    assert "Work/Old ä → INBOX.Work.Old ä: 2 copied" in ran.out
    assert ran.out.splitlines()[-2:] == [
        "Result: verified.",
        "Exiting with return value 0 (EX_OK)",
    ]


def test_again_with_the_ledger_writes_nothing(shell: Shell, tmp_path: Path) -> None:
    """The second run finds all present, and leaves every file as it is."""
    shell.source.fill(5)
    state = f"--state={tmp_path / 'state'}"
    assert shell.run("--json", state).status == 0
    before = shell.destination.files()
    again = shell.run("--json", state)
    assert again.status == 0
    assert again.told["total"]["present"] == 5 * len(FOLDERS)
    assert again.told["total"]["copied"] == again.told["total"]["flags_changed"] == 0
    assert shell.destination.files() == before


def test_again_without_a_ledger_doubles_nothing(shell: Shell) -> None:
    """What is there is known again."""
    shell.source.fill(5)
    shell.run()
    again = shell.run("--json")
    assert again.told["total"]["present"] == 5 * len(FOLDERS)
    assert difference(shell.source.maildir, shell.destination.maildir) == []


def test_a_rehearsal_changes_nothing(shell: Shell) -> None:
    """--dry tells what would be copied."""
    shell.source.fill(3)
    ran = shell.run("--dry", "--json")
    assert ran.status == 0
    assert ran.told["dry"] is True
    assert ran.told["total"]["copied"] == 3 * len(FOLDERS)
    assert shell.destination.files() == set()


@pytest.mark.parametrize("after", [1, 200, 500])
def test_killed_and_resumed(shell: Shell, tmp_path: Path, after: int) -> None:
    """kill -9 when so many messages have arrived: nothing is lost or doubled, and the numbers of
    the run that resumes are those of the whole."""
    shell.source.fill(300, size=3000)
    state = f"--state={tmp_path / 'state'}"
    with shell.start(state) as child:
        while child.poll() is None and len(shell.destination.files()) < after:
            time.sleep(0.001)
        child.kill()
    assert child.returncode == -signal.SIGKILL
    resumed = shell.run("--json", state)
    assert resumed.status == 0, resumed
    assert difference(shell.source.maildir, shell.destination.maildir) == []
    assert resumed.told["total"]["copied"] == 300 * len(FOLDERS)
    before = shell.destination.files()
    third = shell.run("--json", state)
    assert third.told["total"]["present"] == 300 * len(FOLDERS)
    assert shell.destination.files() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_at_a_clean_point(shell: Shell, tmp_path: Path, number: int) -> None:
    """Status 6, and the next run goes on there."""
    shell.source.fill(600, size=3000)
    state = f"--state={tmp_path / 'state'}"
    with shell.start("--json", state) as child:
        while child.poll() is None and not shell.destination.files():
            time.sleep(0.001)
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
    assert child.returncode == 6, err
    assert "Exiting with return value 6 (EXIT_BY_SIGNAL)" in err
    assert shell.run(state).status == 0
    assert difference(shell.source.maildir, shell.destination.maildir) == []


def test_delete2_makes_both_sides_equal(shell: Shell) -> None:
    """What is not at the source is removed from the destination."""
    shell.source.fill(2)
    shell.destination.fill(4)
    ran = shell.run("--delete2", "--json")
    assert ran.status == 0, ran
    assert ran.told["total"]["removed"] == 2 * len(FOLDERS)
    assert difference(shell.source.maildir, shell.destination.maildir) == []


def test_some_of_the_folders(shell: Shell) -> None:
    """--folderrec and --exclude choose among the source's folders, by their names there."""
    shell.source.fill(1)
    ran = shell.run("--json", "--folderrec", "Work", "--folder", "INBOX", "--exclude", "Old")
    assert [folder["source"] for folder in ran.told["folders"]] == ["INBOX", "Work"]
    assert set(ran.told["left_out"]) == {"Drafts", "Junk", "Sent", "Trash", "Work/Old ä"}
    out = shell.run("--exclude", "^Sent$").out
    assert "\nLeft out: Sent\n  Sent (" in out
    assert "): its name matches the pattern of folders to leave out\n" in out


def test_everything_below_a_subfolder(shell: Shell, tmp_path: Path) -> None:
    """--subfolder2 leaves the destination's own folders alone, and finds its own again."""
    shell.source.fill(2)
    line = ("--json", "--subfolder2", "Old/2024", f"--state={tmp_path / 'state'}")
    ran = shell.run(*line)
    assert ran.status == 0, ran
    places = {folder["source"]: folder["destination"] for folder in ran.told["folders"]}
    assert places["INBOX"] == "INBOX.Old.2024.INBOX"
    assert places["Work"] == "INBOX.Old.2024.Work"
    before = shell.destination.files()
    assert shell.run(*line).told["total"]["present"] == 2 * len(FOLDERS)
    assert shell.destination.files() == before


def test_a_folder_that_is_not_there_is_no_success(shell: Shell) -> None:
    """A named folder that the source has not got is told, with a status of its own."""
    ran = shell.run("--folder", "Wrok")
    assert ran.status == 117
    assert "no folder 'Wrok'" in ran.err


def test_all_folders_are_subscribed_on_request(shell: Shell) -> None:
    """--subscribeall subscribes those too that are not subscribed at the source."""
    shell.source.fill(1)
    shell.run()
    subscriptions = shell.destination.maildir / "subscriptions"
    assert not subscriptions.exists() or "Work" not in subscriptions.read_text()
    shell.run("--subscribeall")
    assert "Work" in subscriptions.read_text()
