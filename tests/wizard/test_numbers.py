"""What comes from outside and is no number, or one that no row has, is never a 500."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.wizard.browser import Browser
from wizard.access import TABLE

NUMBERS = ("9223372036854775808", "9223372036854775807", "2147483648", "²", "١", "-1", "1" * 400)


def _paths(app: Flask, number: str) -> set[tuple[str, str]]:
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.arguments and rule.endpoint in TABLE and rule.endpoint != "static":
            path = rule.rule
            for name in rule.arguments:
                path = path.replace(f"<int:{name}>", number)
            assert "<" not in path, path
            found |= {(method, path) for method in (rule.methods or set()) & {"GET", "POST"}}
    return found


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_no_row_has_is_a_404(app: Flask, reseller: Browser, number: str) -> None:
    """On every route that takes one."""
    token = reseller.token("/password")
    paths = _paths(app, number)
    assert len(paths) > 40
    for method, path in sorted(paths):
        headers = {"X-CSRFToken": token}
        answer = reseller.client.open(path, method=method, headers=headers)
        assert answer.status_code in (404, 405), (method, path)


@pytest.mark.parametrize("value", [*NUMBERS, "\0", "a\0b"])
@pytest.mark.parametrize(
    "name", ["like", "page", "run", "account", "q", "state", "sort", "open", "shown", "tab"]
)
def test_questions_of_a_page_take_anything(reseller: Browser, name: str, value: str) -> None:
    """A word that cannot be understood is answered like one that was not given, or refused."""
    for path in ("/", "/migrations/new"):
        answer = reseller.get(path, query_string={name: value})
        assert answer.status_code in (200, 400, 404), (path, name, value)


def test_nul_is_refused_before_the_database(reseller: Browser) -> None:
    """In a path, a question and a field. A password may hold it, and is refused in its words."""
    assert reseller.get("/?q=%00").status_code == 400
    assert reseller.get("/migrations/%00").status_code in (400, 404)
    assert reseller.post("/migrations/new", name="a\0b").status_code == 400
    assert reseller.post("/login", email="a\0@b.example", password="x").status_code == 400
    assert reseller.post("/password", old="a\0b", new="x", again="x").status_code == 422


@pytest.mark.parametrize(
    "path", ["//evil.example/", "//login", "///admin//", "/migrations//new", "/admin"]
)
def test_no_redirect_names_the_host_that_was_claimed(reseller: Browser, path: str) -> None:
    """A path on this site, or no redirect."""
    answer = reseller.client.open(
        "/", headers={"Host": "evil.example"}, environ_overrides={"PATH_INFO": path}
    )
    assert "evil.example" not in answer.headers.get("Location", "").removeprefix("/login?next=")
    assert not answer.headers.get("Location", "").startswith("//")
