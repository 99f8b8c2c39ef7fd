"""What the repository holds."""

from __future__ import annotations

import subprocess

from tests.house.tree import ROOT

SOURCES = {
    "c", "css", "csv", "html", "in", "js", "json", "mako", "md", "png", "py", "sh", "svg", "toml",
    "txt", "woff2",
}  # fmt: skip
PLAIN_NAMES = {".gitignore", "LICENSE", "Makefile", "run"}
SYMBOLIC_LINK = "120000"


def test_only_sources_are_tracked() -> None:
    """No link to what one machine has, no database, no file of Redis, no left-over patch."""
    listed = subprocess.run(
        ["git", "ls-files", "--stage"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    wrong = []
    for line in listed:
        mode, _, path = line.partition(" ")[0], *line.split("\t", 1)
        name = path.rsplit("/", 1)[-1]
        if mode == SYMBOLIC_LINK or (
            name not in PLAIN_NAMES and name.rpartition(".")[2] not in SOURCES
        ):
            wrong.append(path)
    assert listed
    assert not wrong
