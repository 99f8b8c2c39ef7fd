"""What is away, wrong or no text costs one sentence and a status: of every command, and no
traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_TEXT = b"caf\xe9"
FLASK = (sys.executable, "-m", "flask", "--app", "app")
PYTHON = (sys.executable, "-m")
AWAY = {"DATABASE_URL": "postgresql://u@127.0.0.1:1/x"}
NOWHERE = {"DATA_DIR": "/proc/nowhere"}
QUIET = {"DEMO": "0", "LISTEN": "127.0.0.1:8931"}


@pytest.mark.parametrize(
    ("command", "environment", "status", "words"),
    [
        ((*FLASK, "organization", "list"), {}, 1, "There is no database"),
        ((*FLASK, "user", "list"), {}, 1, "There is no database"),
        ((*FLASK, "destination", "list"), {}, 1, "There is no database"),
        ((*FLASK, "migration", "list"), {}, 1, "There is no database"),
        ((*FLASK, "migration", "list"), AWAY, 1, "The database does not answer"),
        ((*FLASK, "migration", "list"), NOWHERE, 2, "/proc/nowhere"),
        ((*FLASK, "migration", "list"), {"RUN_WORKERS": "x"}, 2, "RUN_WORKERS is"),
        ((*FLASK, "migration", "list"), {"DATABASE_URL": "no"}, 2, "DATABASE_URL cannot be read"),
        ((*FLASK, "migration", "list"), {"BASE_URL": NOT_TEXT}, 2, "BASE_URL is not UTF-8"),
        ((*FLASK, "migration", "list"), {"SECRET_KEYS": "no"}, 2, "is not a Fernet key"),
        ((*PYTHON, "launch"), {"SECRET_KEYS": "no"} | QUIET, 1, "is not a Fernet key"),
        ((*FLASK, "organization", "add", NOT_TEXT, "--domain", "a.test"), {}, 2, "not UTF-8"),
        ((*PYTHON, "jobs.clock"), {"REDIS_URL": "no"}, 2, "REDIS_URL cannot be read"),
        ((*PYTHON, "jobs.clock"), {"SMTP_URL": NOT_TEXT}, 2, "SMTP_URL is not UTF-8"),
        ((*PYTHON, "jobs.clock"), NOWHERE, 2, "/proc/nowhere"),
        ((*PYTHON, "jobs.worker", "runs"), {"REDIS_URL": "redis://127.0.0.1:1"}, 1, "redis=away"),
        ((*PYTHON, "launch"), AWAY | QUIET, 1, "The database does not answer"),
        ((*PYTHON, "launch"), NOWHERE | QUIET, 1, "/proc/nowhere"),
        ((*PYTHON, "sync", "--host1", NOT_TEXT, "--user1", "u"), {}, 64, "not UTF-8"),
    ],
)
def test_one_sentence_and_a_status(
    command: tuple[str | bytes, ...],
    environment: dict[str, str | bytes],
    status: int,
    words: str,
    tmp_path: Path,
) -> None:
    """Nothing is made where there was nothing."""
    given = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)} | environment
    ended = subprocess.run(
        command, cwd=ROOT, env=given, capture_output=True, timeout=60, check=False
    )
    said = (ended.stdout + ended.stderr).decode("utf-8", "replace")
    assert (ended.returncode, words in said) == (status, True), said
    assert "Traceback" not in said
    assert not (tmp_path / "mailhaul.db").exists()
