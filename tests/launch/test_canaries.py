"""Every secret is a canary, and the product is driven as people drive it: none is ever heard."""

from __future__ import annotations

import base64
import html
import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from launch.certificates import Authority
from launch.dovecot import Dovecot
from tests.launch.canaries import MARK, Hoard, canary, search
from tests.launch.canary_drive import Drive
from tests.launch.canary_world import ODD, world
from tests.launch.conftest import Started
from tests.launch.echo import FORMS as ECHOES

FORMS: dict[str, Callable[[str], str | bytes]] = {
    "raw": str,
    "upper": str.upper,
    "lower": str.lower,
    "imap": lambda p: p.replace("\\", "\\\\").replace('"', '\\"'),
    "csv": lambda p: p.replace('"', '""'),
    "json": json.dumps,
    "python": repr,
    "bytes": lambda p: repr(p.encode()),
    "html": html.escape,
    "url": lambda p: quote(p, safe=""),
    "form": quote_plus,
    "cut": lambda p: p[: len(MARK)],
    "utf-16": lambda p: p.encode("utf-16"),
    "hex": lambda p: p.encode().hex(),
    "HEX": lambda p: p.encode().hex().upper(),
    "hex with blanks": lambda p: p.encode().hex(" "),
    "hex with colons": lambda p: p.encode().hex(":"),
    "every byte in %": lambda p: "".join(f"%{one:02X}" for one in p.encode()),
    "every byte in \\x": lambda p: "".join(f"\\x{one:02x}" for one in p.encode()),
    "base64": lambda p: base64.b64encode(p.encode()),
    "base64 of a longer text": lambda p: base64.b64encode(f"ab{p}".encode()),
    "base64 for URLs": lambda p: base64.urlsafe_b64encode(f"a{p}".encode()),
    "PLAIN": lambda p: base64.b64encode(f"\0info@old.test\0{p}".encode()),
    "PLAIN of another length": lambda p: base64.b64encode(f"\0joe\0{p}".encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_canary_is_found_in_each_form(form: str) -> None:
    """Whatever odd characters are in it, and whatever stands around it."""
    for number, odd in enumerate(ODD):
        told = FORMS[form](canary(number, odd))
        raw = told.encode() if isinstance(told, str) else told
        assert list(search(b"[ALERT] no: <" + raw + b"> is wrong")), (form, odd)
    assert not list(search(b"[ALERT] no: <secret> is wrong, kanary, a2FuYXJ5"))


def test_a_hoard_names_the_place() -> None:
    """With what stands around the canary; what is seen twice is kept once."""
    hoard = Hoard()
    for where in ("here", "there"):
        hoard.add(where, f"so {canary(1)} it is")
    assert [line.partition(":")[0] for line in hoard.found()] == ["here"]


@pytest.mark.timeout(300)
def test_no_canary_sings(
    open_dir: Path,
    launch: Callable[..., Started],
    make_dovecot: Callable[..., Dovecot],
    authority: Authority,
    ca_file: str,
) -> None:
    """In no page, file, table, log, mail, list of processes, environment or call over Redis.

    CANARIES=1 has programs started, too, that cannot reach what their secrets are for. What the
    environment of a program holds cannot be hidden from its own user: the operator's secrets are in
    files, as the manual wants it."""
    directory = open_dir / "canaries"
    directory.mkdir()
    servers = make_dovecot(), make_dovecot(separator=".", prefix="INBOX.")
    with world(directory, launch, servers, authority, ca_file) as found:
        drive = Drive(found)
        drive.sign_in()
        drive.set_up()
        drive.check()
        drive.run()
        drive.type_commands(every="CANARIES" in os.environ)
        drive.rest()
    echoed = {form for echo in found.echoes for form in echo.refused}
    assert echoed >= set(ECHOES)
    assert found.hoard.found() == []
