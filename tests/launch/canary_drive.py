"""The canaries' way through the product: people sign in, set up, check, mend, run and try again;
commands are typed; and all that is left behind is looked at."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import select

from app import create_app
from settings import Settings
from store.engine import Store
from store.tables import Account, AccountRun, Migration
from tests.house.tree import ROOT
from tests.launch.canaries import canary
from tests.launch.canary_world import (
    ADMIN,
    DOMAIN,
    METRICS,
    ROWS,
    World,
    mailbox_password,
    source_password,
    until,
)
from tests.launch.person import Person

FIRST, SECOND, THIRD = canary(40, " ü;"), canary(41, '\\"'), canary(42, "%+&")
WRONG = {name: canary(number, ' "ü;') for number, name in enumerate(("login", "old", "token"), 43)}
_EACH = ("details.account", "accounts.row", "accounts.edit")
_COMMANDS = (
    ("organization", "list"),
    ("user", "list"),
    ("destination", "list"),
    ("migration", "list", "--json"),
    ("migration", "report", "1", "--json"),
    ("migration", "report", "1"),
)


class Drive:
    def __init__(self, world: World) -> None:
        self.world = world
        self.app = _application(world)
        self.store: Store = self.app.extensions["mailhaul"].store

    def sign_in(self) -> None:
        """With a wrong password first; the administrator makes people, who change theirs."""
        admin = self._enter("admin", ADMIN, first=WRONG["login"])
        self._posted(admin, "/admin/organizations/new", name="Voliere")
        self._posted(admin, "/admin/organizations/1/domains", via="/admin", domain=DOMAIN)
        for number, role in enumerate(("reseller", "support", "customer")):
            fields = {"email": f"{role}@example.net", "role": role, "organization_id": "1"}
            secret = FIRST if role == "reseller" else canary(46 + number)
            self._posted(admin, "/admin/users/new", **fields, password=secret, active="y")
        changed = {"email": "reseller@example.net", "role": "reseller", "organization_id": "1"}
        self._posted(admin, "/admin/users/2", **changed, password=SECOND, active="y")
        reseller = self._enter("reseller", SECOND)
        for old, new, again in (
            (WRONG["old"], THIRD, THIRD), (SECOND, THIRD, FIRST), (SECOND, THIRD, THIRD),
        ):  # fmt: skip
            reseller.post("/password", via="/password", old=old, new=new, again=again)
        self._enter("reseller", THIRD)
        self._enter("support", canary(47))
        self._enter("customer", canary(48))

    def set_up(self) -> None:
        spec = self.world.destination.spec
        self._posted(
            self.world.person("admin"),
            "/admin/destinations/new",
            name="Cluster",
            organization_id="1",
            host="localhost",
            security="ssl",
            port=str(spec.tls_port),
            password_policy="none",
            **{"provisioner": "dovecot-passwd", "dovecot-passwd__login_chars": "any"},
            **{"dovecot-passwd__users_file": str(spec.users_file)},
        )
        reseller = self.world.person("reseller")
        self._posted(
            reseller,
            "/migrations/new",
            name="Move",
            source_host="127.0.0.1",
            source_security="none",
            source_port=str(self.world.echoes[0].port),
            mode="flags and new",
            account_group="specific",
            threads="4",
            destination_id="1",
            domain=DOMAIN,
        )

    def check(self) -> None:
        """Each source echoes; rows are mended, added, pasted wrongly and removed."""
        reseller, path = self.world.person("reseller"), "/migrations/1"
        page, rows = f"{path}/accounts", self.world.list_of_accounts()
        reseller.upload(f"{path}/add/csv", rows, via=page, keep="add", encoding="")
        pasted = f"{canary(26)}\n127.0.0.1,a,{canary(27)},b,{canary(28)}"
        reseller.post(f"{path}/add/csv", via=page, keep="add", encoding="", text=pasted)
        self._checked(len(ROWS) + 3, "blocked")
        self.crawl("reseller", only="/accounts")
        self.world.refuse(False)
        for one in self._accounts():
            place = f"{page}/{one.id}"
            if one.source_username.partition("@")[0] not in ROWS:
                reseller.post(f"{place}/remove", via=page)
        one, other = self._accounts()[:2]
        typed = self._typed(one) | {"source_password": source_password(0)}
        reseller.post(f"{page}/{one.id}/edit", via=page, **typed)
        typed = self._typed(other) | {"source_username": "a\nb", "source_password": canary(29)}
        reseller.post(f"{page}/{other.id}/edit", via=page, **typed)
        added = {"source_username": "added@old.test", "mailbox": "added"}
        secrets = {"source_password": canary(25), "mailbox_password": canary(30, '" ;')}
        reseller.post(f"{path}/add/single", via=page, **added, **secrets)
        reseller.post(f"{path}/all/recheck", via=page)
        self._checked(len(ROWS) + 1, "ready")

    def run(self) -> None:
        """Refused with an echo, told by mail, and tried again to the end."""
        reseller, path = self.world.person("reseller"), "/migrations/1"
        self.world.refuse(True)
        fields = {"start": "now", "repeat": "once", "timezone": "UTC"}
        page = f"{path}/schedule"
        self._posted(reseller, page, **fields, notify="me@example.net; team@example.net")
        self._ended("failed")
        reseller.post(f"{path}/readers", via=path, reader="4")
        self.crawl("reseller", "customer")
        self.world.refuse(False)
        reseller.post(f"{path}/retry", via=path)
        self._ended("complete")
        until(lambda: len(self.world.office.taken) >= 4, "the mails have come")
        reseller.post(f"{path}/notices/test", via=path)
        self.crawl("admin", "nobody")
        for token in (METRICS, WRONG["token"]):
            self.world.person("nobody").get("/metrics", Authorization=f"Bearer {token}")

    def crawl(self, *names: str, only: str = "") -> None:
        """Every address that can be asked for, as each of these."""
        paths = [path for path in self._paths() if only in path]
        for name in names:
            for path in paths:
                self.world.person(name).get(path)

    def _paths(self) -> Iterator[str]:
        with self.store.read() as session:
            accounts = session.scalars(select(Account.id)).all()
        for rule in self.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
                continue
            for account in accounts if rule.endpoint in _EACH else accounts[:1]:
                values = dict.fromkeys(rule.arguments, 1) | {"account_id": account}
                yield re.sub(r"<int:(\w+)>", lambda m, v=values: str(v[m[1]]), rule.rule)

    def type_commands(self, *, every: bool) -> None:
        """Ours, and imapsync's, with the password in a file and in the environment; with `every`
        also programs that cannot reach what their secrets are for."""
        runner = self.app.test_cli_runner()
        for command in _COMMANDS:
            self.world.hoard.add(f"flask {' '.join(command)}", runner.invoke(args=command).output)
        self.world.refuse(True)
        self._hear(self._sync(1, "--json"))
        if every:
            self._start_elsewhere()

    def _start_elsewhere(self) -> None:
        base = {"DATA_DIR": str(self.world.temporary), "DEMO": "0"}
        away = {
            "DATABASE_URL": f"postgresql://me:{canary(36, '%22%3b')}@127.0.0.1:1/x",
            "REDIS_URL": f"redis://:{canary(37, '%22%3b')}@127.0.0.1:1/0",
        }
        wrong = {"DATABASE_URL": f"postgresql://me:{canary(38, ':@/')}@127.0.0.1:1/x"}
        self._hear(
            _begin("flask", "--app", "app", "user", "list", **base, **wrong),
            _begin("launch", **base, **away),
        )
        self.world.refuse(False)
        self._hear(self._sync(0))

    def _hear(self, *programs: subprocess.Popen[bytes]) -> None:
        for program in programs:
            said, _ = program.communicate(timeout=60)
            self.world.hoard.add(f"what {program.args!r} says", said)

    def _sync(self, row: int, *more: str) -> subprocess.Popen[bytes]:
        passfile = self.world.secrets / f"passfile{row}"
        passfile.write_text(f"{source_password(row)}\n", encoding="utf-8")
        port, spec = self.world.echoes[1].port, self.world.destination.spec
        line = ["--host1=127.0.0.1", f"--port1={port}", f"--user1={ROWS[row]}@old.test", "--nossl1"]
        line += ["--passfile1", str(passfile), "--host2=localhost", f"--port2={spec.tls_port}"]
        line += [f"--user2=m{row}@{DOMAIN}", *more]
        ca = self.world.started.environ["CA_FILE"]
        second = mailbox_password(row)
        return _begin("sync", *line, SSL_CERT_FILE=ca, MAILHAUL_PASSWORD2=second)

    def rest(self) -> None:
        """What lies about: files, Redis' own, mails, and what the screen has shown."""
        world = self.world
        world.redis.save()
        for key in world.redis.scan_iter():
            world.hoard.add(f"Redis' {key!r}", key + (world.redis.dump(key) or b""))
        world.started.end()
        world.hoard.add("the screen", world.started.text)
        folders = (world.started.data_dir, world.temporary, world.destination.spec.directory)
        for folder in folders:
            for path in folder.rglob("*"):
                if path.is_file():
                    world.hoard.add(str(path), path.read_bytes())
        for path in (world.secrets.parent / "redis").rglob("*"):
            if path.is_file() and path.name != "redis.conf":
                world.hoard.add(str(path), path.read_bytes())
        for envelope, message in zip(world.office.taken, world.office.messages, strict=True):
            world.hoard.add("a mail", bytes(envelope.content or b""))
            for part in message.walk():
                world.hoard.add("a part of a mail", part.get_payload(decode=True) or b"")
        self.app.extensions["mailhaul"].bell.close()
        self.store.dispose()

    def _enter(self, name: str, password: str, *, first: str = "") -> Person:
        person = self.world.person(name)
        for one in filter(None, (first, password)):
            person.post("/login", via="/login", email=f"{name}@example.net", password=one)
        assert person.get("/password")[1].count("Present password")
        return person

    def _posted(self, person: Person, path: str, *, via: str = "", **fields: str) -> None:
        status, text = person.post(path, via=via or path, **fields)
        assert status == 200, (path, re.findall(r'field-error".*?<span>(.*?)</span>', text))

    def _accounts(self) -> list[Account]:
        with self.store.read() as session:
            return list(session.scalars(select(Account).order_by(Account.id)))

    def _typed(self, one: Account) -> dict[str, str]:
        host = f"{one.source_host}:{one.source_port}"
        return {
            "source_host": host,
            "source_username": one.source_username,
            "mailbox": one.mailbox,
        }

    def _checked(self, rows: int, state: str) -> None:
        until(
            lambda: [one.state for one in self._accounts()] == [state] * rows,
            f"{rows} rows are {state}",
        )

    def _ended(self, state: str) -> None:
        def ended() -> bool:
            with self.store.read() as session:
                states = set(session.scalars(select(AccountRun.state)))
                return states == {state} and session.get_one(Migration, 1).state == "complete"

        until(ended, f"all accounts are {state}")


def _application(world: World) -> Flask:
    """Of the same installation, for what is asked of its tables and routes."""
    return create_app(Settings.from_env(world.started.environ))


def _begin(*words: str, **variables: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
