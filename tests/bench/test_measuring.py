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
from bench.tools import Tool

RECIPE = Recipe("test", 40, 400_000, folders=("INBOX", "Sent", 'A/"b" c'))


@pytest.fixture(scope="module")
def place() -> Iterator[Ground]:
    with ground() as made:
        yield made


@pytest.mark.parametrize("far", [False, True])
def test_a_case_is_measured_and_our_copy_is_exact(place: Ground, far: bool) -> None:
    """First copy, re-run and change: figures for each, and nothing lost, doubled or altered."""
    phases = (Phase.FIRST, Phase.AGAIN, Phase.CHANGED)
    case = Case("test", "a test", RECIPE, "nothing", phases=phases, rounds=1, far=far)
    result = measure(case, place, [Tool.LIMIT, Tool.OURS])
    assert result.damage == {Tool.OURS: Damage()}
    assert {turn.phase for turn in result.turns if turn.tool is Tool.OURS} == set(phases)
    for turn in result.turns:
        assert turn.sample.wall > 0
        assert turn.sample.memory > 1_000_000
        assert (turn.trips is not None) == far
    assert "| a test | first copy | mailhaul |" in section([result], [], "memory")


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


def test_a_new_table_replaces_the_old_one(tmp_path: Path) -> None:
    """What stands around the marks stays."""
    document = tmp_path / "benchmarks.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    put(document, "new")
    assert document.read_text() == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
