"""Every route that changes something, driven once, with passwords that no line may hold."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from store import accounts, brake, control, people
from store.accounts import NewAccount
from store.brake import Door
from store.tables import Migration, Role, User, now
from tests.wizard import world as seeds
from tests.wizard.browser import PASSWORD, Browser
from tests.wizard.world import EMAILS, World
from wizard.services import Services

ADDRESS = "203.0.113.9"
TYPED = "Kanarienvogel-{}-gelb"
"""What is typed wherever a password is asked for."""
_numbers = count(1)


def secret() -> str:
    """A password of its own."""
    return TYPED.format(next(_numbers))


@dataclass
class Scene:
    """Somebody of one role, and migrations made for each deed."""

    app: Flask
    services: Services
    world: World
    name: str
    browser: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.browser = self.somebody()
        self.token = self.browser.token("/password")

    def somebody(self) -> Browser:
        """This person in another browser."""
        browser = Browser(self.app)
        browser.client.environ_base["REMOTE_ADDR"] = ADDRESS
        assert browser.sign_in(EMAILS[self.name]).status_code == 303
        return browser

    def post(self, path: str, **fields: Any) -> TestResponse:
        return self.browser.client.post(path, data=fields, headers={"X-CSRFToken": self.token})

    def made(self, seed: Callable[..., Migration], **changes: Any) -> tuple[int, list[int]]:
        """A migration and its accounts."""
        with self.services.store.write() as session:
            args = () if seed is seeds.draft else (self.services.sealer,)
            migration = seed(session, *args, self.world, **changes)
            session.flush()
            session.refresh(migration)
            return migration.id, [one.id for one in migration.accounts]

    def draft(self) -> str:
        return f"/migrations/{self.made(seeds.mixed_draft)[0]}"

    def unnamed(self) -> str:
        """A draft with a username that has a domain, one that has none, and no passwords."""
        number, _ = self.made(seeds.draft)
        new = [NewAccount(name, "a@example.com") for name in ("plain", "full@old.example")]
        with self.services.store.write() as session:
            accounts.add(session, self.services.sealer, number, new)
        return f"/migrations/{number}"

    def row(self, seed: Callable[..., Migration] = seeds.mixed_draft) -> str:
        migration, ids = self.made(seed)
        return f"/migrations/{migration}/accounts/{ids[0]}"

    def under_way(self) -> str:
        return f"/migrations/{self.made(seeds.running)[0]}"

    def over(self) -> str:
        return f"/migrations/{self.made(seeds.finished)[0]}"

    def looping(self) -> int:
        number, _ = self.made(seeds.finished)
        with self.services.store.write() as session:
            migration = session.get_one(Migration, number)
            migration.loop, migration.loop_from, migration.next_start_at = True, now(), now()
        return number

    def another(self) -> int:
        """A person to be changed."""
        with self.services.store.write() as session:
            user = User(
                email=f"p{next(_numbers)}@example.net",
                role=Role.SUPPORT,
                organization_id=self.world.organization,
                password_hash=session.get_one(User, self.world.reseller).password_hash,
            )
            session.add(user)
            session.flush()
            return user.id


Deed = Callable[[Scene], TestResponse]
_SERVER = {
    "source_host": "imap.old.example",
    "source_security": "starttls",
    "source_port": "143",
    "mode": "new",
    "account_group": "specific",
    "threads": "7",
    "domain": "example.com",
}
_DESTINATION = {
    "host": "mx.example.net",
    "port": "993",
    "security": "ssl",
    "password_policy": "konsoleh",
    "provisioner": "existing",
    "organization_id": "0",
}


def _sign_in(scene: Scene) -> TestResponse:
    browser = Browser(scene.app)
    browser.client.environ_base["REMOTE_ADDR"] = ADDRESS
    return browser.sign_in(EMAILS[scene.name])


def _password(scene: Scene) -> TestResponse:
    new = secret()
    answer = scene.post("/password", old=PASSWORD, new=new, again=new)
    scene.token = scene.browser.token("/password")
    return answer


def _server(scene: Scene) -> dict[str, str]:
    return _SERVER | {"destination_id": str(scene.world.destination)}


def _standing(scene: Scene) -> TestResponse:
    typed = {"source_password": secret(), "mailbox_password": secret(), "mailbox": "jane"}
    rest = {"source_username": "jane@old.example", "loop_minutes": "20", "timezone": "UTC"}
    return scene.post("/standing/new", **_server(scene), **typed, **rest)


def _save(scene: Scene) -> TestResponse:
    fields = {"source_username": "info@old.example", "mailbox": "moved@example.com"}
    typed = {"source_password": secret(), "mailbox_password": secret()}
    return scene.post(f"{scene.row()}/edit", **fields, **typed)


def _single(scene: Scene) -> TestResponse:
    fields = {"source_username": "one@old.example", "mailbox": "one"}
    typed = {"source_password": secret(), "mailbox_password": secret()}
    return scene.post(f"{scene.draft()}/add/single", **fields, **typed)


def _csv(scene: Scene) -> TestResponse:
    """One line is shifted, so that its password stands where the mailbox should."""
    lines = [
        f"imap.old.example;x@old.example;{secret()};x;{secret()}",
        f"imap.old.example;{secret()};{secret()}",
    ]
    file = io.BytesIO("\r\n".join(lines).encode())
    return scene.post(f"{scene.draft()}/add/csv", file=(file, "list.csv"), keep="replace")


def _choose(scene: Scene) -> TestResponse:
    path = scene.draft()
    name = "office@example.com"
    return scene.post(
        f"{path}/add/choose",
        **{"pick": name, f"source:{name}": secret(), f"mailbox:{name}": secret()},
    )


def _resume(scene: Scene) -> TestResponse:
    number, _ = scene.made(seeds.running)
    with scene.services.store.write() as session:
        control.pause(session, number, None)
    return scene.post(f"/migrations/{number}/resume")


def _activate(scene: Scene) -> TestResponse:
    number = scene.looping()
    scene.post(f"/migrations/{number}/suspend")
    return scene.post(f"/migrations/{number}/activate")


def _go_on(scene: Scene) -> TestResponse:
    number, _ = scene.made(seeds.mixed_draft)
    with scene.services.store.write() as session:
        migration = session.get_one(Migration, number)
        host = brake.server(migration.source_host, migration.source_port)
        for user in ("a", "b"):
            brake.refused(session, Door(migration.organization_id, host, user), "check 0")
    return scene.post(f"/migrations/{number}/go-on", host=host)


def _delete(scene: Scene) -> TestResponse:
    number, _ = scene.made(seeds.finished)
    return scene.post(f"/migrations/{number}/delete", number=str(number))


def _account(scene: Scene) -> TestResponse:
    number, ids = scene.made(seeds.running)
    return scene.post(f"/migrations/{number}/accounts/{ids[1]}/move", move="pause")


def _allow(scene: Scene) -> TestResponse:
    number, ids = scene.made(seeds.refused)
    return scene.post(f"/migrations/{number}/accounts/{ids[2]}/allow-removal")


def _remove_limit(scene: Scene) -> TestResponse:
    scene.post("/admin/limits", host="b.example", connections="4")
    return scene.post("/admin/limits/remove", host="b.example")


def _user(scene: Scene) -> TestResponse:
    fields = {"role": "support", "organization_id": str(scene.world.organization), "active": "y"}
    email = f"new{next(_numbers)}@example.net"
    return scene.post("/admin/users/new", email=email, password=secret(), **fields)


def _change_user(scene: Scene) -> TestResponse:
    number = scene.another()
    with scene.services.store.read() as session:
        email = session.get_one(User, number).email
    fields = {"role": "reseller", "organization_id": str(scene.world.foreign_organization)}
    return scene.post(f"/admin/users/{number}", email=email, password=secret(), **fields)


def _remove_domain(scene: Scene) -> TestResponse:
    with scene.services.store.write() as session:
        name = f"d{next(_numbers)}.example"
        domain = people.add_domain(session, scene.world.organization, name).id
    return scene.post(f"/admin/organizations/{scene.world.organization}/domains/{domain}/remove")


def _organization(scene: Scene) -> str:
    with scene.services.store.write() as session:
        number = people.add_organization(session, f"Old name {next(_numbers)}").id
    return f"/admin/organizations/{number}"


def _destination(scene: Scene) -> TestResponse:
    return scene.post("/admin/destinations/new", name=f"D{next(_numbers)}", **_DESTINATION)


def _change_destination(scene: Scene) -> TestResponse:
    name = f"D{next(_numbers)}"
    path = f"/admin/destinations/{scene.world.destination}"
    return scene.post(path, name=name, **(_DESTINATION | {"port": "143"}))


def _posted(path: str, **fields: str) -> Deed:
    """To a draft of its own."""
    return lambda scene: scene.post(scene.draft() + path, **fields)


_NOW = {"start": "now", "repeat": "once", "timezone": "UTC"}
_LOOP = {"repeat": "loop", "loop_minutes": "5", "loop_end": "ever", "timezone": "UTC"}

DEEDS: Mapping[str, tuple[str, Deed]] = {
    "login.sign_in": ("signed in", _sign_in),
    "server.new": ("created", lambda s: s.post("/migrations/new", **_server(s))),
    "server.edit": ("changed", lambda s: s.post(f"{s.draft()}/server", reaim="y", **_server(s))),
    "accounts.save": ("row changed", _save),
    "accounts.remove": ("rows removed", lambda s: s.post(f"{s.row()}/remove")),
    "accounts.recheck": ("rows checked", lambda s: s.post(f"{s.row()}/recheck")),
    "adding.single": ("rows added", _single),
    "adding.csv": ("rows added", _csv),
    "adding.choose": ("rows added", _choose),
    "adding.refresh": ("list asked", _posted("/add/mailboxes")),
    "bulk.append_domain": (
        "usernames changed",
        lambda s: s.post(s.unnamed() + "/all/append-domain", domain="old.example"),
    ),
    "bulk.remove_domain": (
        "usernames changed",
        lambda s: s.post(s.unnamed() + "/all/remove-domain"),
    ),
    "bulk.recheck_all": ("rows checked", _posted("/all/recheck")),
    "bulk.remove_all": ("rows removed", _posted("/all/remove")),
    "folders.exclude": ("changed", _posted("/folders/exclude", exclude="^Archiv")),
    "folders.place": ("changed", _posted("/folders/place", source="A", destination="B")),
    "schedule.edit": (
        "changed",
        lambda s: s.post(f"/migrations/{s.made(seeds.ready_draft)[0]}/schedule", **_NOW),
    ),
    "schedule.repeats": ("changed", lambda s: s.post(f"{s.over()}/repeats", **_LOOP)),
    "standing.new": ("created", _standing),
    "notices.change": ("changed", _posted("/notices", notify="me@example.com")),
    "notices.test": ("test notice", _posted("/notices/test", notify="me@example.com")),
    "control.start": (
        "started",
        lambda s: s.post(f"/migrations/{s.made(seeds.ready_draft)[0]}/start"),
    ),
    "control.pause": ("paused", lambda s: s.post(f"{s.under_way()}/pause")),
    "control.resume": ("resumed", _resume),
    "control.stop": ("stopped", lambda s: s.post(f"{s.under_way()}/stop")),
    "control.retry": ("retried", lambda s: s.post(f"{s.over()}/retry")),
    "control.suspend": ("suspended", lambda s: s.post(f"/migrations/{s.looping()}/suspend")),
    "control.activate": ("activated", _activate),
    "control.threads": ("changed", _posted("/threads", threads="9")),
    "control.keep": ("changed", _posted("/keep", days="3")),
    "control.note": ("noted", lambda s: s.post(f"{s.draft()}/note", note=f"It is {secret()}")),
    "control.readers": (
        "changed",
        lambda s: s.post(f"{s.over()}/readers", reader=str(s.world.customer)),
    ),
    "control.discard": ("discarded", _posted("/discard")),
    "braked.go_on": ("went on", _go_on),
    "control.account": ("account paused", _account),
    "control.delete": ("deleted", _delete),
    "removals.allow": ("removal allowed", _allow),
    "admin.change_limit": (
        "connections changed",
        lambda s: s.post("/admin/limits", host="a.example", connections="3"),
    ),
    "admin.remove_server_limit": ("connections changed", _remove_limit),
    "organizations.new": (
        "organization added",
        lambda s: s.post("/admin/organizations/new", name=f"New {next(_numbers)}"),
    ),
    "organizations.edit": (
        "organization changed",
        lambda s: s.post(_organization(s), name=f"Newer {next(_numbers)}"),
    ),
    "organizations.add_domain": (
        "domain added",
        lambda s: s.post(f"{_organization(s)}/domains", domain=f"n{next(_numbers)}.example"),
    ),
    "organizations.remove_domain": ("domain removed", _remove_domain),
    "users.new": ("person added", _user),
    "users.edit": ("person changed", _change_user),
    "destinations.new": ("destination added", _destination),
    "destinations.edit": ("destination changed", _change_destination),
    "login.password": ("password", _password),
    "login.sign_out": ("signed out", lambda scene: scene.post("/logout")),
}
