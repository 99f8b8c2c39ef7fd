"""A person at the pages of a product that runs: over HTTP, with a cookie and the page's token."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

_TOKEN = re.compile(r"X-CSRFToken(?:&#34;|\"): (?:&#34;|\")([^&\"]+)")

Witness = Callable[[str, bytes], None]
"""Told each answer, and to what."""


class Person:
    def __init__(self, url: str, name: str, witness: Witness) -> None:
        self.name = name
        self._url = url
        self._witness = witness
        self._kept = ""
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        return self._ask(f"GET {path}", Request(self._url + path, headers=headers))

    def post(self, path: str, *, via: str, **fields: str) -> tuple[int, str]:
        """`via` is a page with a token. What a redirect leads to is the answer."""
        data = urlencode(fields | {"csrf_token": self._token(via)}).encode()
        answer = self._ask(f"POST {path}", Request(self._url + path, data))
        if path in ("/login", "/password"):
            self._kept = ""
        return answer

    def upload(self, path: str, content: bytes, *, via: str, **fields: str) -> tuple[int, str]:
        border = uuid.uuid4().hex
        parts = [_part(border, name, value) for name, value in self._with_token(via, fields)]
        head = 'Content-Disposition: form-data; name="file"; filename="list.csv"\r\n'
        parts.append(f"--{border}\r\n{head}Content-Type: text/csv\r\n\r\n".encode() + content)
        data = b"".join(parts) + f"\r\n--{border}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
        return self._ask(f"POST {path}", Request(self._url + path, data, kind))

    def _with_token(self, via: str, fields: Mapping[str, str]) -> list[tuple[str, str]]:
        return [*fields.items(), ("csrf_token", self._token(via))]

    def _token(self, via: str) -> str:
        """One of a session holds for all of its pages."""
        if not self._kept:
            found = _TOKEN.search(self.get(via)[1])
            assert found is not None, f"{via} has no token"
            self._kept = found[1]
        return self._kept

    def _ask(self, what: str, request: Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=30) as answer:
                status, head, body = answer.status, str(answer.headers), answer.read()
                where = answer.url
        except HTTPError as error:
            status, head, body, where = error.code, str(error.headers), error.read(), error.url
            error.close()
        self._witness(f"{self.name}: {what}", f"{where}\n{head}\n".encode() + body)
        return status, body.decode("utf-8", "replace")


def _part(border: str, name: str, value: str) -> bytes:
    head = f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return f"{head}{value}\r\n".encode()
