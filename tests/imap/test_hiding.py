"""No form of a password that was sent comes back in what a server says."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from imap import Login, Server, open_source
from imap.hiding import HIDDEN, keep_hidden, without_secrets
from imap.parse import words
from sync.errors import SyncError
from sync.options import Security
from tests.imap.conftest import Scene
from tests.imap.policy import policy_for
from tests.imap.scripted import Talk

PASSWORDS = ("hunter2!", 'Qu"ote\\d pa;ss', "Grüße & Küsse <3", "a%20b+c/d?e", "x'y\"z 12345")

FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "upper": str.upper,
    "lower": str.lower,
    "imap": lambda p: p.replace("\\", "\\\\").replace('"', '\\"'),
    "json": lambda p: json.dumps(p),
    "json in UTF-8": lambda p: json.dumps(p, ensure_ascii=False),
    "python": repr,
    "bytes": lambda p: repr(p.encode()),
    "html": html.escape,
    "csv": lambda p: p.replace('"', '""'),
    "url": lambda p: quote(p, safe=""),
    "form": quote_plus,
    "hex": lambda p: p.encode().hex(),
    "HEX": lambda p: p.encode().hex().upper(),
    "hex in pairs": lambda p: p.encode().hex(" "),
    "hex with colons": lambda p: p.encode().hex(":"),
    "base64": lambda p: base64.b64encode(p.encode()).decode(),
    "base64 for URLs": lambda p: base64.urlsafe_b64encode(p.encode()).decode(),
    "PLAIN": lambda p: base64.b64encode(f"\0info@old.example\0{p}".encode()).decode(),
    "PLAIN with a shorter name": lambda p: base64.b64encode(f"\0joe\0{p}".encode()).decode(),
    "PLAIN with an authuser": lambda p: base64.b64encode(f"joe\0boss\0{p}".encode()).decode(),
}


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_hidden(form: str, password: str) -> None:
    """Of Base64 what stands for the password is, and at most a letter beside it stays."""
    line = type("Line", (), {})()
    keep_hidden(line, password)
    spelled = FORMS[form](password)
    said = words(f"[ALERT] no: <{spelled}> is wrong".encode())
    assert HIDDEN in said
    for other in (*FORMS.values(),):
        told = other(password)
        assert told not in said
    del line
    assert without_secrets(password) == password


def test_a_short_password_is_hidden_in_its_own_answer_only() -> None:
    """Elsewhere it would take the words apart."""
    line = type("Line", (), {})()
    keep_hidden(line, "no")
    assert words(b"no such folder") == "no such folder"
    assert words(b"wrong: no", "no") == f"wrong: {HIDDEN}"


def test_a_server_that_repeats_it_after_the_login(scene: Scene) -> None:
    """Also where the login went well, and with all that is said later."""
    coded = base64.b64encode(b"\0user\0top secret")

    def script(talk: Talk) -> None:
        talk.welcome("IMAP4rev1")
        while line := talk.line():
            talk.say(line.split(b" ")[0] + b" NO never: TOP SECRET " + coded)

    server = Server("localhost", scene.serve(script).port, Security.NONE)
    source = open_source(server, Login("user", "top secret"), policy_for(server.port))
    with pytest.raises(SyncError) as refused:
        source.folders()
    source.close()
    assert refused.value.server_words.startswith("never: ")
    assert "SECRET" not in refused.value.server_words
    assert coded.decode() not in refused.value.server_words
