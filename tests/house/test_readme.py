"""What the README says is true: commands exist and are run, settings are those of settings.py."""

from __future__ import annotations

import re
import subprocess

import pytest

from settings import Settings
from tests.house.tree import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
RUN_ELSEWHERE = {
    "make run": ROOT / "tests" / "launch" / "test_start.py",
    "make test": ROOT / ".ci" / "run",
}
"""Commands that are run, but not by tests/cli/test_readme.py, and by what."""


def commands() -> list[str]:
    """Every line of every `sh` block of the README, and after it of docs/operations.md."""
    text = f"{README}\n{OPERATIONS}"
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_the_first_two_commands_come_first() -> None:
    """A newcomer needs no more than the first block."""
    assert commands()[:2] == ["make run", "make test"]


@pytest.mark.parametrize("command", commands())
def test_every_command_is_run_by_a_test(command: str) -> None:
    """`flask`, `sed` and `curl` lines are run as they stand by tests/cli/test_readme.py."""
    if command in RUN_ELSEWHERE:
        assert RUN_ELSEWHERE[command].exists()
    else:
        assert re.match(
            r"(printf .* \| )?\.venv/bin/flask --app app |\.venv/bin/python -m sync |sed |curl ",
            command,
        )


def test_every_target_is_in_the_help() -> None:
    """`make help` names all there is, and the README names no other."""
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert targets() - {"help"} == set(re.findall(r"^make ([a-z]+)", shown.stdout, re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(_code()))) <= targets()


def test_the_table_of_settings_is_whole() -> None:
    """Every variable that settings.py reads has a row, and every row is read."""
    source = (ROOT / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"env\.get\(\"([A-Z_]+)\"|env, \"([A-Z_]+)\"", source))
    names = {first or second for first, second in read}
    table = README.split("| variable |")[1].split("\n\n")[0]
    shown = set(re.findall(r"`([A-Z_]+)`", "\n".join(row.split("|")[1] for row in _rows(table))))
    assert shown == names | {"SECURE_COOKIES", "DEMO"} & names


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("CONNECTIONS_PER_SERVER", "connections_per_server"),
        ("REFUSED_LOGINS", "refused_logins"),
        ("RUN_WORKERS", "run_workers"),
        ("CHECK_WORKERS", "check_workers"),
        ("LEASE_SECONDS", "lease_seconds"),
        ("UPLOAD_LIMIT", "upload_limit"),
        ("UPLOAD_ROWS", "upload_rows"),
        ("LISTEN", "listen"),
    ],
)
def test_a_default_is_the_one_of_the_table(name: str, attribute: str) -> None:
    """The numbers in the README are the program's."""
    row = next(line for line in README.splitlines() if line.startswith(f"| `{name}`"))
    shown = row.split("|")[2].strip().strip("`")
    assert shown == str(getattr(Settings.from_env({}), attribute))


def test_every_link_leads_somewhere() -> None:
    """No link of the README or of docs/ points at a file that is not there."""
    broken = []
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            if not (path.parent / link).exists():
                broken.append(f"{path.name}: {link}")
    assert broken == []


def _rows(table: str) -> list[str]:
    return [line for line in table.splitlines()[2:] if line.startswith("|")]


def _code() -> list[str]:
    return re.findall(r"`([^`\n]+)`", README) + commands()
