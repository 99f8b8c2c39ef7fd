"""Results as a table of Markdown, and that table put into its document."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.accounts import Crowd
from bench.cases import Phase
from bench.measuring import Result, Turn
from bench.stopwatch import Sample
from bench.tools import Tool

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEAD = (
    "case",
    "what",
    "tool",
    "wall s",
    "× ours",
    "CPU s",
    "memory MB",
    "round trips",
    "lost",
    "doubled",
    "altered",
    "misfiled",
)
_NONE = "–"


def section(results: Iterable[Result], crowds: Iterable[Crowd], place: str) -> str:
    """Everything that stands between the two marks."""
    results, crowds = list(results), list(crowds)
    rows = [row for result in results for row in _rows(result)]
    rows += _crowd_rows(crowds)
    bounds = [f"- `{r.case.name}`: {r.case.bound}" for r in results]
    if crowds:
        bounds.append(f"- `accounts`: {crowds[0].bound}")
    lines = [machine(place), "", *_table(rows), "", "What bounds ours:", "", *bounds]
    return "\n".join(lines)


def put(document: Path, text: str) -> None:
    """Replace what stands between the marks."""
    old = document.read_text(encoding="utf-8")
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def machine(place: str) -> str:
    """What the figures hold for."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = (
        f"Python {platform.python_version()}",
        f"Dovecot {_version(['/usr/sbin/dovecot', '--version'])}",
        f"mbsync {_version(['mbsync', '--version'])}",
    )
    today = datetime.now(UTC).date().isoformat()
    load = os.getloadavg()[0]
    return (
        f"{today}; {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} "
        f"{platform.release()}; {', '.join(versions)}; mail on {place}; load {load:.1f} at the end."
    )


def _version(command: list[str]) -> str:
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return "none"
    found = re.search(r"\d+(?:\.\d+)+", said)
    return found[0] if found else "unknown"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    lines = [_HEAD, tuple("---" for _ in _HEAD), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _rows(result: Result) -> list[tuple[str, ...]]:
    rows = []
    for phase in result.case.phases:
        tools = dict.fromkeys(turn.tool for turn in result.turns if turn.phase is phase)
        ours = _middle(_of(result, Tool.OURS, phase), lambda sample: sample.wall)
        for tool in tools:
            turns = _of(result, tool, phase)
            figures = _figures([turn.sample for turn in turns], ours, tool)
            harm = _harm(result, tool) if phase is Phase.FIRST else (_NONE,) * 4
            rows.append((result.case.title, phase, tool, *figures, _trips(turns), *harm))
    return rows


def _of(result: Result, tool: Tool, phase: Phase) -> list[Turn]:
    return [turn for turn in result.turns if turn.tool is tool and turn.phase is phase]


def _middle(turns: list[Turn], of: Callable[[Sample], float]) -> float:
    return median(of(turn.sample) for turn in turns) if turns else 0.0


def _figures(samples: list[Sample], ours: float, tool: Tool) -> tuple[str, str, str, str]:
    wall = median(sample.wall for sample in samples)
    cpu = median(sample.cpu for sample in samples)
    memory = max(sample.memory for sample in samples) / 1e6
    shown = _NONE if tool is Tool.LIMIT or not memory else f"{memory:.0f}"
    return f"{wall:.2f}", f"{wall / ours:.2f}" if ours else _NONE, f"{cpu:.2f}", shown


def _trips(turns: list[Turn]) -> str:
    trips = [turn.trips for turn in turns if turn.trips is not None]
    if not trips:
        return _NONE
    return f"{median(t[0] for t in trips):.0f}, {median(t[1] for t in trips):.0f}"


def _harm(result: Result, tool: Tool) -> tuple[str, ...]:
    found = result.damage.get(tool)
    if found is None:
        return (_NONE,) * 4
    return str(found.lost), str(found.doubled), str(found.altered), str(found.misfiled)


def _crowd_rows(crowds: list[Crowd]) -> list[tuple[str, ...]]:
    ours = median(c.seconds for c in crowds if c.tool is Tool.OURS) if crowds else 0.0
    rows = []
    for tool in dict.fromkeys(crowd.tool for crowd in crowds):
        mine = [crowd for crowd in crowds if crowd.tool is tool]
        wall = median(crowd.seconds for crowd in mine)
        harm = [sum(getattr(c.damage, n) for c in mine) for n in ("lost", "doubled", "altered")]
        misfiled = sum(crowd.damage.misfiled for crowd in mine)
        figures = (f"{wall:.2f}", f"{wall / ours:.2f}", _NONE, _NONE, _NONE)
        title = "20 accounts × 200 messages"
        counts = tuple(str(number) for number in (*harm, misfiled))
        rows.append((title, "4 at a time", tool.value, *figures, *counts))
    return rows
