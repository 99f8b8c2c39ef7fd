"""The commands of the README and of docs/operations.md, as they stand, against a real start with
the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.compare import fingerprints
from launch.demo_accounts import ACCOUNTS, DESTINATION_DOMAIN
from tests.house.test_readme import commands
from tests.house.tree import ROOT
from tests.launch.conftest import Started, launch

__all__ = ["launch"]

pytestmark = pytest.mark.timeout(300)
"""All commands run once, for all of these tests: it takes a minute, on a busy machine more."""

STATUS = {
    "sample_csv/demo.csv --destination": (2,),
    # The run may be over by then: nothing has changed since the last.
    "migration pause": (0, 1),
    "migration resume": (0, 1),
    "migration stop": (0, 1),
}
"""By a part of the command: the exit statuses that the text announces; all else is 0."""


@pytest.fixture(scope="module")
def demo(launch: Callable[..., Started]) -> Started:
    return launch(RUN_WORKERS="2", METRICS="1")


@pytest.fixture(scope="module")
def answers(demo: Started, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Each command's output, in the texts' order; each must end as announced."""
    place = tmp_path_factory.mktemp("readme")
    found = {}
    for command in commands():
        if command.startswith("make "):
            continue
        result = subprocess.run(
            ["bash", "-c", _here(command, demo, place)],
            cwd=ROOT,
            env={**demo.environ, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        wanted = next((status for part, status in STATUS.items() if part in command), (0,))
        assert result.returncode in wanted, f"{command}\n{result.stdout}{result.stderr}"
        found[command] = result.stdout
    return found


def _here(command: str, demo: Started, place: Path) -> str:
    """The same command with this start's port and interpreter, its file kept out of the tree."""
    _, source, _, destination = demo.environ["DEMO_PORTS"].split()
    command = command.replace("port 10993", f"port {source}").replace(
        "port1 10993", f"port1 {source}"
    )
    command = command.replace("port2 11993", f"port2 {destination}")
    command = command.replace("127.0.0.1:8000", demo.listen)
    command = command.replace(".venv/bin/python", sys.executable)
    command = command.replace(".venv/bin/flask ", f"{sys.executable} -m flask ")
    command = command.replace(" chef.ledger", f" {place}/chef.ledger")
    return command.replace(" mended.csv", f" {place}/mended.csv")


def _answer(answers: dict[str, str], part: str) -> str:
    return next(text for command, text in answers.items() if part in command)


def test_what_is_added_is_listed(answers: dict[str, str]) -> None:
    """Organizations, people and destinations."""
    assert "Acme\tacme-mail.example acme.example" in _answer(answers, "organization list")
    assert "eve@acme.example\treseller\tAcme" in _answer(answers, "user list")
    assert "Acme mail\tmail.acme.example:993" in _answer(answers, "destination list")


def test_the_check_names_the_two_wrong_rows(answers: dict[str, str]) -> None:
    """Ten rows are ready, two are blocked, each with its reason."""
    text = _answer(answers, "--check")
    assert text.count(": ready") == 10
    assert "buchhaltung@demo.example: blocked" in text
    assert "werkstatt@demo.example: blocked" in text
    assert "at least 12 characters" in text


def test_the_numbers_account_for_every_message(answers: dict[str, str]) -> None:
    """found = copied + present + skipped + failed + vanished, in sum and in each account."""
    numbers = json.loads(_answer(answers, "--wait --json"))
    assert numbers["state"] == "complete"
    assert numbers["verdict"] == "verified"
    assert len(numbers["accounts"]) == len(ACCOUNTS)
    for one in (numbers["totals"], *numbers["accounts"]):
        parts = ("copied", "present", "skipped", "failed", "vanished")
        assert one["found"] == sum(one[part] for part in parts) > 0
    assert numbers["totals"]["copied"] == numbers["totals"]["found"]
    text = _answer(answers, "--wait --json")
    assert not any(account.password in text for account in ACCOUNTS if account.password != "null")


def test_the_shell_finds_everything_there(answers: dict[str, str]) -> None:
    """A second tool's copy is recognised: nothing is copied twice."""
    text = _answer(answers, "python -m sync")
    assert "verified" in text
    assert "54" in text


def test_both_servers_hold_the_same_mail(demo: Started, answers: dict[str, str]) -> None:
    """Body bytes, flags and internal dates on disk, message by message; copies counted."""
    assert _answer(answers, "migration report")
    for account in ACCOUNTS:
        boxes = demo.data_dir / "demo"
        ours = fingerprints(boxes / "source" / "mail" / account.address / "Maildir")
        address = f"{account.name}@{DESTINATION_DOMAIN}"
        theirs = fingerprints(boxes / "destination" / "mail" / address / "Maildir")
        assert ours
        assert ours == theirs, account.address


def test_monitoring_is_answered(answers: dict[str, str]) -> None:
    """All is well in a real start, and the figures are those of the demo's two migrations."""
    found = json.loads(_answer(answers, "/healthz"))
    assert (found["status"], found["degraded"]) == ("ok", {})
    assert found["workers"]["runs"] == 2
    text = _answer(answers, "/metrics")
    assert 'mailhaul_account_runs{state="complete"} 12' in text
    assert 'mailhaul_messages{outcome="copied"}' in text


def test_a_run_is_led_from_a_shell(answers: dict[str, str]) -> None:
    """It begins again, and whatever came in between it has ended."""
    assert json.loads(_answer(answers, "migration start 2"))["run"] == 2
    states = {one["migration"]: one["state"] for one in json.loads(_answer(answers, "list --json"))}
    assert states[2] in ("stopped", "complete")
