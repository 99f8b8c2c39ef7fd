"""Secrets of the operator: in no list of processes, and in no file that others may read."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from launch.place import close_to_others
from settings import SECRETS, Settings, SettingsError
from tests.house.tree import ROOT
from tests.launch.conftest import Started
from tests.launch.test_start import _answers
from tests.launch.test_supervisor import until

CANARY = "canary-Wq7-41f0"


def _make(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-n", "run", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_after_the_target_is_refused_with_words(name: str) -> None:
    """The words name the variable and the way out, and not the value."""
    told = _make(f"{name}=redis://user:{CANARY}@host/0")
    assert told.returncode != 0
    assert f"{name}_FILE=" in told.stderr
    assert CANARY not in told.stderr + told.stdout


def test_what_is_no_secret_may_follow_the_target() -> None:
    """And a secret may stand in the environment or in a file, an address without a password
    anywhere."""
    assert _make("LISTEN=127.0.0.1:1", "DATABASE_URL=sqlite:////tmp/x.db").returncode == 0
    assert _make("ADMIN_PASSWORD_FILE=/run/x").returncode == 0
    assert _make(ADMIN_PASSWORD=CANARY).returncode == 0


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file(name: str, tmp_path: Path) -> None:
    """Its last line's end is no part of it; blanks are."""
    values = {"SMTP_URL": "smtp://mail.example.net", "DATABASE_URL": "sqlite:////x y.db "}
    value = values.get(name, "redis://:x@host")
    (tmp_path / "secret").write_text(f"{value}\n")
    from_file = Settings.from_env(
        {f"{name}_FILE": str(tmp_path / "secret"), "MAIL_FROM": "a@example.net"}
    )
    assert from_file == Settings.from_env({name: value, "MAIL_FROM": "a@example.net"})


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """With the variable, and without what is in it."""
    (tmp_path / "binary").write_bytes(b"\xff" + CANARY.encode())
    for place in (tmp_path / "nowhere", tmp_path, tmp_path / "binary"):
        with pytest.raises(SettingsError, match="ADMIN_PASSWORD_FILE") as refused:
            Settings.from_env({"ADMIN_PASSWORD_FILE": str(place)})
        assert CANARY not in str(refused.value)
    with pytest.raises(SettingsError, match="both set"):
        Settings.from_env({"SMTP_URL": "smtp://x", "SMTP_URL_FILE": str(tmp_path / "binary")})


def test_an_open_folder_is_closed_at_the_start(
    launch: Callable[..., Started], open_dir: Path
) -> None:
    """DATA_DIR of mode 0755 with an older version's files: nothing that we write is for others,
    and the first login comes from its file."""
    place = open_dir / "old-var"
    (place / "logs").mkdir(parents=True)
    (place / "redis").mkdir()
    for name in ("mailhaul.db", "logs/web.log", "redis/dump.rdb"):
        (place / name).touch(mode=0o644)
        (place / name).chmod(0o644)
    (place / "redis" / "dump.rdb").unlink()
    password = place / "password"
    password.write_text(f"{CANARY}\n")
    password.chmod(0o600)
    started = launch(place, DEMO="0", ADMIN_PASSWORD_FILE=str(password))
    assert until(lambda: _answers(started), 20), started.text
    open_ones = [
        path.name
        for path in place.rglob("*")
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_ones == []
    lists = [_of(pid, "cmdline") + _of(pid, "environ") for pid in started.family()]
    assert lists
    assert not any(CANARY.encode() in one for one in lists)


def test_the_key_file_is_not_closed_in_silence(tmp_path: Path) -> None:
    """Who could read it has the keys: it is refused elsewhere, and a person decides."""
    key = tmp_path / "secret.keys"
    key.touch(mode=0o644)
    key.chmod(0o644)
    close_to_others(tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o644


def _of(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""
