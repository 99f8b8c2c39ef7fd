"""A whole measurement in small: two Dovecots, every tool of this machine, and the table."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench.cases import Case, Phase
from bench.compare import Damage
from bench.corpus import Recipe
from bench.ground import Ground, LongLine, ground
from bench.measuring import measure
from bench.stopwatch import Stopwatch
from bench.table import BEGIN, END, put, section
from bench.tools import NoSuchTool, Tool, available

RECIPE = Recipe("test", 40, 400_000, folders=("INBOX", "Sent", 'A/"b" c'))


@pytest.fixture(scope="module")
def place() -> Iterator[Ground]:
    with ground() as made:
        yield made


PHASES = (Phase.FIRST, Phase.AGAIN, Phase.CHANGED)


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize("tls", [False, True])
def test_a_case_is_measured_and_our_copy_is_exact(place: Ground, far: bool, tls: bool) -> None:
    """First copy, re-run and change: figures for each, and nothing lost, doubled or altered."""
    case = Case("far", "a test", RECIPE, phases=PHASES, rounds=1, far=far, tls=tls)
    result = measure(case, place, [Tool.LIMIT, Tool.OURS])
    assert not result.wrong()
    assert {turn.phase for turn in result.turns if turn.tool is Tool.OURS} == set(PHASES)
    for turn in result.turns:
        assert turn.failure == ""
        assert turn.sample.wall > 0
        assert turn.sample.memory > 1_000_000
        assert (turn.trips is not None) == far
    for phase in PHASES:
        summary = result.summary(Tool.OURS, phase)
        assert summary is not None
        assert summary.damage == Damage()
    assert "| a test | first copy | mailhaul |" in section([result], [])


def test_each_tool_of_this_machine_does_what_it_is_told(place: Ground) -> None:
    """The others' command lines are right: each brings the first copy and the change."""
    case = Case("first-copy", "a test", RECIPE, phases=PHASES, rounds=1)
    result = measure(case, place, available(""))
    assert [turn.failure for turn in result.turns] == [""] * len(result.turns)
    assert not result.wrong()


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 0", "40 messages did not arrive"),
        ("echo 'no such host'; exit 10", "status 10: no such host"),
        ("exec sleep 30", "not done after 1 s: 0 of 40 messages were there"),
    ],
)
def test_a_tool_that_failed_is_never_timed(
    place: Ground,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    told: str,
) -> None:
    """An empty destination, an exit status, no end: each is told in place of a time."""
    program = tmp_path / "tool"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("IMAPSYNC", str(program))
    case = Case("first-copy", "a test", RECIPE, phases=PHASES, rounds=1, patience=1)
    result = measure(case, place, [Tool.IMAPSYNC])
    assert [turn.failure for turn in result.turns] == [told]
    assert result.summary(Tool.IMAPSYNC, Phase.FIRST) is None
    assert f"| imapsync | failed, 1 of 1: {told} | – |" in section([result], [])


def test_a_tool_that_is_asked_for_must_be_there() -> None:
    """IMAPSYNC=/wrong/path is an error, not a column less."""
    with pytest.raises(NoSuchTool):
        available("/no/such/imapsync")


def test_a_pipelined_question_is_one_round_trip(make_dovecot: Callable[..., object]) -> None:
    """Ten commands in one write wait once; ten one after the other wait ten times."""
    server = make_dovecot()
    with closing(LongLine(server.spec.port, 0.05)) as line:  # type: ignore[attr-defined]
        assert _noops(line.port, [b"a NOOP\r\n" * 10]) == 10
        assert line.round_trips() == 1
        assert _noops(line.port, [b"a NOOP\r\n"] * 10) == 10
        assert line.round_trips() == 10


def _noops(port: int, writes: list[bytes]) -> int:
    """How many were answered."""
    answered = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        file = connection.makefile("rb")
        assert file.readline().startswith(b"* OK")
        for written in writes:
            connection.sendall(written)
            for _ in range(written.count(b"NOOP")):
                answered += file.readline().startswith(b"a ")
        file.close()
    return answered


def test_what_starts_a_program_does_not_count_as_its_memory(tmp_path: Path) -> None:
    """Though this process holds much, a small program is a small one."""
    held = bytearray(200_000_000)
    with closing(Stopwatch()) as stopwatch:
        sample = stopwatch.run(["true"], {}, tmp_path / "log")
    assert sample.status == 0
    assert sample.memory < len(held) // 4


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """And the stopwatch goes on with the next."""
    with closing(Stopwatch()) as stopwatch:
        slow = stopwatch.run(["sleep", "30"], {}, tmp_path / "log", patience=0.1)
        next_one = stopwatch.run(["sh", "-c", "exit 3"], {}, tmp_path / "log")
        missing = stopwatch.run(["no-such-program"], {}, tmp_path / "log")
    assert (slow.ended, slow.status) == (True, -9)
    assert (next_one.ended, next_one.status) == (False, 3)
    assert (missing.ended, missing.status) == (False, 127)


def test_a_new_table_replaces_the_old_one(tmp_path: Path) -> None:
    """What stands around the marks stays."""
    document = tmp_path / "benchmarks.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    put(document, "new")
    assert document.read_text() == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
