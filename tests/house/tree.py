"""The source tree as the rules of the house see it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".venv", "var", "node_modules", "vendor", "versions", "__pycache__", ".git"}


@dataclass(frozen=True)
class Source:
    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def room(self) -> str:
        first = self.path.relative_to(ROOT).parts[0]
        return first.removesuffix(".py")

    @property
    def lines(self) -> int:
        return self.text.count("\n")


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of ours, the tests too."""
    return tuple(
        Source(path, text := path.read_text(encoding="utf-8"), ast.parse(text))
        for path in sorted(ROOT.rglob("*.py"))
        if not SKIPPED & set(path.relative_to(ROOT).parts)
    )


def product() -> tuple[Source, ...]:
    return tuple(source for source in sources() if source.room != "tests")


def files(*patterns: str) -> list[Path]:
    return [
        path
        for pattern in patterns
        for path in sorted(ROOT.glob(pattern))
        if not SKIPPED & set(path.relative_to(ROOT).parts)
    ]


def imports(source: Source) -> Iterator[str]:
    """The dotted names that a file imports; `from a import b` is both a and a.b."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def classes(source: Source) -> Iterator[ast.ClassDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
