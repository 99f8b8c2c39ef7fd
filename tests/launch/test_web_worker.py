"""The web server bears who sends slowly, sends too much, or does not read."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest
from cryptography.fernet import Fernet

from launch.place import page_answers
from launch.redis_server import redis_server
from launch.roster import web_server
from store.engine import Store
from store.people import add_user
from store.schema import upgrade
from store.tables import Role
from tests.conftest import free_port
from tests.house.tree import ROOT
from tests.launch.test_supervisor import until

MANY = 40
EMAIL, PASSWORD = "boss@example.net", "a long enough password"
_TOKEN = re.compile(r'X-CSRFToken&#34;: &#34;([^&]+)|"X-CSRFToken": "([^"]+)"')


class Address:
    def __init__(self, listen: str) -> None:
        host, _, port = listen.partition(":")
        self.host, self.port = host, int(port)

    def line(self, sent: bytes = b"") -> socket.socket:
        line = socket.create_connection((self.host, self.port), timeout=30)
        line.sendall(sent)
        return line

    def raw(self, sent: bytes) -> bytes:
        """Everything that is answered."""
        with self.line(sent) as line:
            return b"".join(iter(lambda: line.recv(65536), b""))

    def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Set-Cookie", "")

    def login(self, token: str, cookie: str, password: str) -> int:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        form = urlencode({"email": EMAIL, "password": password, "csrf_token": token})
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/login", form, headers)
        return connection.getresponse().status


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    place = tmp_path_factory.mktemp("web")
    redis = redis_server(place)
    url = f"sqlite:///{place / 'mailhaul.db'}"
    upgrade(url)
    store = Store(url)
    with store.write() as session:
        add_user(session, email=EMAIL, password=PASSWORD, role=Role.ADMIN, organization_id=None)
    store.dispose()
    listen = f"127.0.0.1:{free_port()}"
    environ = {
        "DATA_DIR": str(place),
        "REDIS_URL": redis.url,
        "SECRET_KEYS": Fernet.generate_key().decode(),
    }
    command = (sys.executable, "-m", *web_server(listen))
    with ExitStack() as ends:
        for words in (redis.command(), command):
            child = subprocess.Popen(words, cwd=ROOT, env=os.environ | environ)
            ends.callback(child.wait, 20)
            ends.callback(child.terminate)
        assert until(lambda: page_answers(listen), 30)
        yield Address(listen)


def _token(address: Address) -> tuple[str, str]:
    _, page, cookie = address.get("/login")
    found = _TOKEN.search(page)
    assert found
    return found[1] or found[2], cookie.partition(";")[0]


def _asked_each_second(address: Address, seconds: int) -> list[int]:
    answers = []
    for _ in range(seconds):
        begun = time.monotonic()
        answers.append(address.get("/login")[0])
        time.sleep(max(0.0, 1.0 - (time.monotonic() - begun)))
    return answers


HALVES = {
    "nothing": b"",
    "half a request line": b"GET /log",
    "half a header": b"GET /login HTTP/1.1\r\nHost: x\r\nX-Long: ",
    "half a body": b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=",
}


@pytest.mark.parametrize("name", HALVES)
def test_half_sent_requests_hold_nobody_up(address: Address, name: str) -> None:
    """Forty of them at a time, each of which goes on by a byte a second."""
    with ExitStack() as ends:
        lines = [ends.enter_context(address.line(HALVES[name])) for _ in range(MANY)]

        def drip() -> None:
            for _ in range(6):
                time.sleep(1)
                for line in lines:
                    line.send(b"a")

        drops = threading.Thread(target=drip)
        drops.start()
        answers = _asked_each_second(address, 6)
        drops.join()
    assert answers == [200] * 6


def test_who_goes_on_by_a_byte_a_second_is_told_goodbye(address: Address) -> None:
    """The header has a time as a whole: bytes that come in do not lengthen it."""
    with address.line(b"GET /login HTTP/1.1\r\nX-Long: ") as line:
        line.settimeout(1)
        told = b""
        for _ in range(25):
            try:
                told = line.recv(4096)
                break
            except TimeoutError:
                line.send(b"a")
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"Content-Security-Policy:" in told


def test_answers_that_nobody_reads_hold_nobody_up(address: Address) -> None:
    """Forty clients ask for a file of our pages and read nothing of it."""
    asked = b"GET /static/app.css HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as ends:
        for _ in range(MANY):
            line = ends.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.connect((address.host, address.port))
            line.sendall(asked)
        answers = _asked_each_second(address, 5)
    assert answers == [200] * 5


def test_forty_logins_at_a_time_hold_nobody_up(address: Address) -> None:
    """Those for whom there is no room are told to come back in a moment; pages go on."""
    token, cookie = _token(address)
    told: list[int] = []
    threads = [
        threading.Thread(target=lambda: told.append(address.login(token, cookie, "wrong")))
        for _ in range(MANY)
    ]
    for thread in threads:
        thread.start()
    answers = _asked_each_second(address, 4)
    for thread in threads:
        thread.join()
    assert answers == [200] * 4
    assert len(told) == MANY
    assert set(told) <= {401, 429, 503}


def test_little_is_taken_before_the_login(address: Address) -> None:
    """Neither many bytes nor many parts; the answer comes before the body does."""
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    for path in (b"/login", b"/migrations/1/add/csv", b"/nowhere"):
        assert address.raw(head % (path, 16 << 20)).startswith(b"HTTP/1.1 413 "), path
    token, cookie = _token(address)
    kind = {
        "Cookie": cookie,
        "Content-Type": "multipart/form-data; boundary=b",
        "X-CSRFToken": token,
    }
    parts = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n" * 200 + b"--b--\r\n"
    connection = http.client.HTTPConnection(address.host, address.port, timeout=30)
    connection.request("POST", "/login", parts, kind)
    assert connection.getresponse().status == 413


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
        (b"POST /login HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
    ],
)
def test_the_servers_own_pages_have_the_headers_of_all(
    address: Address, sent: bytes, status: bytes
) -> None:
    """Whoever answers: a policy stands on it, and nothing of what was sent."""
    told = address.raw(sent)
    assert told.startswith(b"HTTP/1.1 " + status), told[:200]
    assert b"Content-Security-Policy: default-src 'self'" in told
    assert b"X-Content-Type-Options: nosniff" in told
    assert b"aaaa" not in told
    assert b"gunicorn" not in told.lower()
