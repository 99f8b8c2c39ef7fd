"""A person at the pages without a window: keeps the cookie, sends the page's own CSRF token."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PASSWORD = "a long enough password"
_TOKEN = re.compile(r'X-CSRFToken&#34;: &#34;([^&]+)|"X-CSRFToken": "([^"]+)"')


class Browser:
    """One person, signed in or not."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/login", email=email, password=password, via="/login")

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-2000:])
        return answer.text

    def token(self, path: str) -> str:
        found = _TOKEN.search(self.get(path).text)
        assert found is not None, f"{path} has no CSRF token"
        return found[1] or found[2]

    def post(
        self, path: str, *, via: str = "/password", fragment: bool = False, **fields: Any
    ) -> TestResponse:
        """`via` is a page whose token is sent; `fragment`: as htmx asks."""
        headers = {"X-CSRFToken": self.token(via)} | ({"HX-Request": "true"} if fragment else {})
        return self.client.post(path, data=fields, headers=headers)
