"""Results as tables of Markdown, and these put into their document."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.bounds import BOUNDS
from bench.cases import Phase
from bench.compare import Damage
from bench.figures import Figure, figures
from bench.results import Result, Summary
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
_WORDS = {True: "yes", False: "**no**", None: _NONE}


def section(results: Iterable[Result], about: Sequence[str]) -> str:
    """Everything that stands between the two marks; `about` are paragraphs on the machine."""
    results = list(results)
    paragraphs = [
        *about,
        _table(_HEAD, (row for result in results for row in _rows(result))),
        *_left_out(results),
        "Figures to reach:",
        _table(("work", "wanted", "measured", "reached"), map(_figure, figures(results))),
        "What bounds ours:",
        "\n".join(f"- `{name}`: {_bound(name)}" for name in (r.case.name for r in results)),
    ]
    return "\n\n".join(paragraphs)


def put(document: Path, text: str) -> None:
    """Replace what stands between the marks."""
    old = document.read_text(encoding="utf-8")
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def machine(place: str, imapsync: str) -> str:
    """What the figures hold for. `imapsync` is its path or ''."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [
        f"Python {platform.python_version()}",
        f"Dovecot {_version(['/usr/sbin/dovecot', '--version'])}",
        f"mbsync {_version(['mbsync', '--version'])}",
    ]
    versions += [f"imapsync {_version([imapsync, '--version'])}"] if imapsync else []
    today = datetime.now(UTC).date().isoformat()
    return (
        f"{today}; {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} "
        f"{platform.release()}; {', '.join(versions)}; mail on {place}."
    )


def _version(command: list[str]) -> str:
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return "none"
    found = re.search(r"\d+(?:\.\d+)+", said)
    return found[0] if found else "unknown"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _rows(result: Result) -> list[tuple[str, ...]]:
    if result.trouble:
        return [(result.case.title, _cell(result.trouble), *(_NONE,) * (len(_HEAD) - 2))]
    return [
        (result.case.title, phase, tool, *_measured(result, tool, phase))
        for phase in result.case.phases
        for tool in result.tools(phase)
    ]


def _measured(result: Result, tool: Tool, phase: Phase) -> tuple[str, ...]:
    summary = result.summary(tool, phase)
    if summary is None:
        return (_cell(result.failure(tool, phase)), *(_NONE,) * 8)
    ours = result.summary(Tool.OURS, phase)
    return (
        f"{summary.wall:.2f}",
        f"{summary.wall / ours.wall:.2f}" if ours else _NONE,
        f"{summary.cpu:.2f}",
        _NONE if tool is Tool.LIMIT else f"{summary.memory / 1e6:.0f}",
        _trips(summary),
        *_harm(summary.damage),
    )


def _trips(summary: Summary) -> str:
    if summary.trips is None:
        return _NONE
    source, destination = summary.trips
    return f"{source} + {destination}"


def _harm(damage: Damage | None) -> tuple[str, ...]:
    if damage is None:
        return (_NONE,) * 4
    return str(damage.lost), str(damage.doubled), str(damage.altered), str(damage.misfiled)


def _figure(figure: Figure) -> tuple[str, ...]:
    return figure.work, figure.wanted, _cell(figure.measured), _WORDS[figure.reached]


def _left_out(results: list[Result]) -> list[str]:
    """A tool that is not in the table at all is named."""
    measured = {turn.tool for result in results for turn in result.turns}
    absent = [str(tool) for tool in Tool if tool not in measured]
    return [f"Not measured: {', '.join(absent)}."] if absent else []


def _bound(name: str) -> str:
    return BOUNDS[name]


def _cell(text: str) -> str:
    """No text of a program may break the table."""
    return " ".join(text.replace("|", "/").split())
