"""What the person who typed `make run` reads."""

from __future__ import annotations

from typing import TextIO

from launch.demo import Demo
from launch.first_login import FirstLogin
from settings import Settings


class Screen:
    def __init__(self, out: TextIO) -> None:
        self._out = out

    def say(self, words: str) -> None:
        print(words, file=self._out, flush=True)

    def fault(self, words: str) -> None:
        self.say(f"Mailhaul cannot start. {words}")

    def welcome(self, settings: Settings, login: FirstLogin | None, demo: Demo | None) -> None:
        lines = ["", f"  Mailhaul runs at  {settings.base_url}", ""]
        lines += _login(login)
        if demo:
            lines += [
                "  Demo              upload sample_csv/demo.csv in step 2",
                "                    (sample_csv/DEMO.md mends its two wrong rows)",
                f"  Demo mail         {demo.directory}",
            ]
        lines += [f"  Data              {settings.data_dir}  (logs in {settings.data_dir}/logs)"]
        lines += ["", "  Ctrl-C stops everything.", ""]
        self.say("\n".join(lines))


def _login(login: FirstLogin | None) -> list[str]:
    if login is None:
        return []
    lines = [f"  Sign in as        {login.email}"]
    if login.password:
        return [*lines, f"  Password          {login.password}  (shown this once)"]
    return [*lines, "  Password          the one in ADMIN_PASSWORD"]
