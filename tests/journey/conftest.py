"""The whole product, started as `make run` starts it, and a browser in front of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import free_port

EMAIL, PASSWORD = "admin@demo.example", "Journey-Passw0rd"
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Product:
    """A running installation with its demo."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    environ: dict[str, str]

    def maildir(self, side: str, address: str) -> Path:
        """`side` is source or destination."""
        return self.data_dir / "demo" / side / "mail" / address / "Maildir"


@pytest.fixture(scope="package")
def product(open_dir: Path) -> Iterator[Product]:
    data_dir = open_dir / "product"
    data_dir.mkdir()
    data_dir.chmod(0o755)
    listen = f"127.0.0.1:{free_port()}"
    environ = {
        **os.environ,
        "DATA_DIR": str(data_dir),
        "LISTEN": listen,
        "DEMO": "1",
        "DEMO_PORTS": ",".join(str(free_port()) for _ in range(4)),
        "ADMIN_EMAIL": EMAIL,
        "ADMIN_PASSWORD": PASSWORD,
        "LEASE_SECONDS": "10",
    }
    with (data_dir / "launch.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "launch"], env=environ, stdout=log, stderr=log
        )
    try:
        _wait_for_page(f"http://{listen}/", process, data_dir)
        yield Product(f"http://{listen}", data_dir, process, environ)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, (data_dir / "launch.log").read_text()


def _wait_for_page(url: str, process: subprocess.Popen[bytes], data_dir: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError((data_dir / "launch.log").read_text())


@pytest.fixture
def page(browser: Browser, product: Product) -> Iterator[Page]:
    """Signed in."""
    context = browser.new_context(base_url=product.url, viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.goto("/login")
    opened.get_by_label("E-mail").fill(EMAIL)
    opened.get_by_label("Password").fill(PASSWORD)
    opened.get_by_role("button", name="Sign in").click()
    yield opened
    context.close()
