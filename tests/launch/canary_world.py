"""A product that runs, in which every secret is a canary, and everything that can be seen of it."""

from __future__ import annotations

import base64
import csv
import io
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from redis import Redis

from launch.certificates import Authority
from launch.dovecot import Dovecot
from launch.redis_server import find_binary
from tests.conftest import free_port
from tests.jobs.haul import fill
from tests.jobs.post_office import USER, PostOffice, post_office
from tests.launch.canaries import MARK, Hoard, canary
from tests.launch.conftest import Started
from tests.launch.echo import GROUPS, Echo
from tests.launch.person import Person

ODD = ('"', "\\", ";", "üÄß", "%41", "+ ", " x ", "'&<", "=?/#", '";\\', "€ñ", "@!|")
"""One for each row, in turn."""
KEY = base64.urlsafe_b64encode((MARK + "31").encode() * 4).decode()
SMTP, REDIS, METRICS, ADMIN = (
    canary(32, '%+;"\\ '), canary(33, "ü/@:%+ "), canary(34, ";%"), canary(35, ' "\\;ü'),
)  # fmt: skip
ROWS = tuple(f"{form}-{number}" for number, form in enumerate(GROUPS))
DOMAIN = "voliere.test"


def source_password(number: int) -> str:
    return canary(number, "".join(ODD[number::3]))


def mailbox_password(number: int) -> str:
    return canary(50 + number, "".join(ODD[number + 1 :: 3]))


@dataclass
class World:
    started: Started
    hoard: Hoard
    redis: Redis
    office: PostOffice
    echoes: tuple[Echo, ...]
    destination: Dovecot
    temporary: Path
    secrets: Path
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        if name not in self.people:
            url = f"http://{self.started.listen}"
            self.people[name] = Person(url, name, self.hoard.add)
        return self.people[name]

    def refuse(self, refuses: bool) -> None:
        for echo in self.echoes:
            echo.refuses = refuses

    def list_of_accounts(self) -> bytes:
        """A row for each form, and two lines in which a password lies wrong."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        for number, name in enumerate(ROWS):
            host = f"127.0.0.1:{self.echoes[number % 2].port}"
            secrets = source_password(number), mailbox_password(number)
            writer.writerow((host, f"{name}@old.test", secrets[0], f"m{number}", secrets[1]))
        text.write(f"127.0.0.1;short@old.test;{canary(20)}\r\n")
        text.write(f"127.0.0.1;long@old.test;{canary(21, ';')};long;{canary(22)}\r\n")
        text.write(f'127.0.0.1;open@old.test;"{canary(23)};open;{canary(24)}\r\n')
        return text.getvalue().encode()


@contextmanager
def world(
    directory: Path,
    launch: Callable[..., Started],
    servers: tuple[Dovecot, Dovecot],
    authority: Authority,
    ca_file: str,
) -> Iterator[World]:
    source, destination = servers
    for number, name in enumerate(ROWS):
        source.add_user(f"{name}@old.test", source_password(number))
        fill(source.maildir(f"{name}@old.test"), 2)
    source.add_user("added@old.test", canary(25))
    fill(source.maildir("added@old.test"), 2)
    secrets, temporary = directory / "secrets", directory / "temporary"
    for place in (secrets, temporary):
        place.mkdir()
    with ExitStack() as stack:
        port = stack.enter_context(_redis(directory / "redis"))
        office = stack.enter_context(post_office(secrets, authority, password=SMTP))
        echoes = tuple(Echo(source.spec.port, login_only=only) for only in (False, True))
        for echo in echoes:
            stack.callback(echo.close)
        ports = (*(echo.port for echo in echoes), destination.spec.tls_port)
        hoard = Hoard()
        redis = Redis(port=port, password=REDIS)
        stack.callback(redis.close)
        stack.enter_context(_overheard(port, hoard))
        started = launch(
            directory / "var",
            DEMO="0",
            TMPDIR=str(temporary),
            ALLOWED_NETWORKS="127.0.0.0/8",
            ALLOWED_PORTS=" ".join(map(str, ports)),
            CA_FILE=ca_file,
            MAIL_FROM="notices@example.net",
            BASE_URL="https://mailhaul.example.net",
            SECURE_COOKIES="0",
            ADMIN_EMAIL="admin@example.net",
            **_files(secrets, port, office),
        )
        found = World(started, hoard, redis, office, echoes, destination, temporary, secrets)
        with _watched(found):
            yield found


def _files(secrets: Path, redis_port: int, office: PostOffice) -> dict[str, str]:
    """Each of the operator's secrets in a file of its own."""
    login = f"{quote(USER, safe='')}:{quote(SMTP, safe='')}"
    values = {
        "ADMIN_PASSWORD": ADMIN,
        "METRICS_TOKEN": METRICS,
        "REDIS_URL": f"redis://:{quote(REDIS, safe='')}@127.0.0.1:{redis_port}/0",
        "SECRET_KEYS": KEY,
        "SMTP_URL": f"smtp://{login}@127.0.0.1:{office.port}",
    }
    for name, value in values.items():
        (secrets / name).write_text(f"{value}\n", encoding="utf-8")
    return {f"{name}_FILE": str(secrets / name) for name in values}


@contextmanager
def _redis(directory: Path) -> Iterator[int]:
    directory.mkdir()
    port, quoted = free_port(), REDIS.replace("\\", "\\\\").replace('"', '\\"')
    configuration = directory / "redis.conf"
    configuration.write_text(
        f'port {port}\nbind 127.0.0.1\ndir {directory}\nrequirepass "{quoted}"\nappendonly yes\n',
        encoding="utf-8",
    )
    command = [find_binary(), str(configuration)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=directory)
    try:
        with Redis(port=port, password=REDIS) as probe:
            until(lambda: _answers(probe), "Redis answers")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except OSError:
        return False


@contextmanager
def _overheard(port: int, hoard: Hoard) -> Iterator[None]:
    """Every command that Redis is sent."""
    with socket.create_connection(("127.0.0.1", port)) as line, line.makefile("rb") as heard:
        secret = REDIS.encode()
        line.sendall(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%b\r\nMONITOR\r\n" % (len(secret), secret))

        def listen() -> None:
            while said := heard.readline():
                hoard.add("sent to Redis", _quiet(said.decode()))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield
        finally:
            line.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _quiet(command: str) -> str:
    """Without moments, so that what is said again and again is kept once."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\d+\.\d+", "…", command)


@contextmanager
def _watched(found: World) -> Iterator[None]:
    """The lists of processes of this machine, what our own find in their environment, and files
    that come and go."""
    ends = threading.Event()

    def look() -> None:
        while not ends.wait(0.5):
            family = found.started.family()
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    found.hoard.add("the list of processes", _of(entry, "cmdline"))
            for pid in family:
                found.hoard.add("an environment", _of(Path("/proc") / str(pid), "environ"))
            for path in found.temporary.rglob("*"):
                found.hoard.add(f"the temporary file {path.name}", _content(path))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(10)


def _of(entry: Path, what: str) -> bytes:
    try:
        return (entry / what).read_bytes()
    except OSError:
        return b""


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""


def until(condition: Callable[[], object], claim: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {claim}"
        time.sleep(0.1)
