"""The exit statuses, what is told at the end, and the line on a terminal."""

from __future__ import annotations

import os
import pty
from collections import Counter
from contextlib import suppress

import pytest

from parameters.options import supported
from shell.exits import BY_CODE, MEANINGS, Exit, exit_of, most_frequent, table
from shell.help import help_text
from shell.record import Record
from shell.wording import plain, size_in_words
from sync.errors import CHOSEN, Code, Side
from sync.report import FolderReport, MessageNote, Outcome
from tests.shell.conftest import ROOT, Shell

DOCS = (ROOT / "docs" / "shell.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_status(code: Code) -> None:
    """On each side, and where the side is not known; only what is no fault is a success."""
    for side in (None, *Side):
        assert exit_of(code, side) in MEANINGS
    named = {Code.DATE_ALTERED, Code.FLAGS_LOST, Code.REMOVED_AT_DESTINATION, Code.UIDS_REUSED}
    no_fault = code in CHOSEN | named
    assert (exit_of(code) is Exit.OK) == no_fault
    assert set(BY_CODE) == set(Code)


def test_a_passing_refusal_is_no_wrong_password() -> None:
    """Who switches a mailbox off for 161 must not do so because a server was busy."""
    assert exit_of(Code.LOGIN_REFUSED, Side.SOURCE) == 161
    assert exit_of(Code.LOGIN_TEMPORARY, Side.SOURCE) == 101
    assert exit_of(Code.TOO_MANY_CONNECTIONS, Side.DESTINATION) == 102


def test_the_most_frequent_trouble_gives_the_status() -> None:
    """Codes of one status count together, and what is no fault does not count."""
    assert most_frequent({}) == 0
    assert most_frequent({Code.DATE_ALTERED: 9, Code.QUOTA: 0}) == 0
    assert most_frequent({Code.QUOTA: 3, Code.UNREADABLE: 2, Code.EMPTY_MESSAGE: 2}) == 115
    assert most_frequent({Code.APPEND_REFUSED: 1, Code.DATE_ALTERED: 9}) == 114


def test_a_folder_counts_when_no_message_is_named() -> None:
    """And is not counted beside its own messages."""
    record = Record()
    record.folder_done(FolderReport("a", "a", error=Code.FOLDER_REFUSED))
    record.folder_done(FolderReport("b", "b", found=1, failed=1, error=Code.QUOTA))
    record.note(MessageNote("b", 1, Outcome.FAILED, Code.QUOTA))
    assert record.troubles() == Counter({Code.FOLDER_REFUSED: 1, Code.QUOTA: 1})


def test_the_documentation_has_the_table() -> None:
    """docs/shell.md lists the statuses as they are in the program."""
    assert table() in DOCS


@pytest.mark.parametrize("name", supported())
def test_every_option_is_shown_and_documented(name: str) -> None:
    """In --help and in docs/shell.md."""
    assert f"--{name} " in help_text()
    assert f"`--{name}`" in DOCS


def test_a_servers_words_cannot_steer_a_terminal() -> None:
    """Escapes, line breaks and what is no character become a mark."""
    assert plain("a\x1b[2J\r\nb\udc80\u202eü") == "a�[2J��b��ü"


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (65e6, "65 MB"), (2e9, "2.0 GB")],
)
def test_sizes(size: float, words: str) -> None:
    """In the unit that suits them."""
    assert size_in_words(size) == words


def test_progress_is_for_terminals(shell: Shell) -> None:
    """One line, drawn over itself, and wiped at the end."""
    shell.source.fill(20)
    keeper, terminal = pty.openpty()
    passwords = {"MAILHAUL_PASSWORD1": "right", "MAILHAUL_PASSWORD2": "right"}
    pid = os.posix_spawn(
        shell.line()[0],
        shell.line("--json"),
        {**os.environ, **passwords, "SSL_CERT_FILE": shell.ca_file, "PYTHONPATH": str(ROOT)},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, terminal, 2),
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", 1, 0),
        ],
    )
    os.close(terminal)
    shown = b""
    with suppress(OSError):
        while piece := os.read(keeper, 65536):
            shown += piece
    os.close(keeper)
    assert os.waitpid(pid, 0)[1] == 0
    assert b"/80 messages" in shown
    assert b"\r" + b" " * 79 + b"\r" in shown


def test_what_was_chosen_is_no_trouble() -> None:
    """Messages outside a chosen age or size are kept apart from the exceptions."""
    record = Record()
    record.note(MessageNote("a", 1, Outcome.SKIPPED, Code.OUTSIDE_AGE))
    record.note(MessageNote("a", 2, Outcome.FAILED, Code.QUOTA))
    assert [note.uid for note in record.notes] == [2]
    assert [note.uid for note in record.chosen] == [1]
    assert record.troubles() == Counter({Code.QUOTA: 1})
