"""A small mail server with one fault: it lets everybody in, lists and counts, and then refuses."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

Answer = Callable[[str], "str | None"]
"""What is said instead of the usual answer to a command; None: the usual. 'BYE': it hangs up."""


@dataclass
class MiniServer:
    """`folders` with their messages; `shown` of them on opening, where that is another number."""

    folders: Mapping[str, int]
    instead: Answer = lambda _command: None
    shown: Mapping[str, int] = field(default_factory=dict)
    extra: str = ""
    """Lines of the list, as they are."""
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, suppress(OSError), line.makefile("rwb", buffering=0) as stream:
                self._talk(stream)

    def _talk(self, stream: IO[bytes]) -> None:
        stream.write(b"* OK hello\r\n")
        opened = ""
        while line := stream.readline():
            tag, _, command = line.decode().strip().partition(" ")
            self.heard.append(command)
            said = self.instead(command)
            if said == "BYE":
                stream.write(b"* BYE broken\r\n")
                return
            if said is None:
                if command.startswith("EXAMINE"):
                    opened = _name(command)
                said = self._usual(command, opened)
            stream.write(said.replace("{tag}", tag).encode())

    def _usual(self, command: str, opened: str) -> str:
        verb = command.partition(" ")[0]
        answer: dict[str, Callable[[], str]] = {
            "CAPABILITY": lambda: "* CAPABILITY IMAP4rev1\r\n",
            "LIST": lambda: (
                "".join(f'* LIST () "/" "{name}"\r\n' for name in self.folders) + self.extra
            ),
            "STATUS": lambda: (
                f'* STATUS "{_name(command)}" (MESSAGES {self.folders[_name(command)]} UIDNEXT 100'
                " UIDVALIDITY 7)\r\n"
            ),
            "EXAMINE": lambda: (
                f"* {self._exists(opened)} EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n"
                "* OK [UIDNEXT 100] x\r\n"
            ),
            "FETCH": lambda: (
                f"* {command.split()[1]} FETCH (UID {command.split()[1]}"
                ' BODY[HEADER.FIELDS (MESSAGE-ID)] "")\r\n'
            ),
            "UID": lambda: "".join(
                f"* {n} FETCH (UID {n} FLAGS () INTERNALDATE"
                ' "17-Jul-2024 02:44:25 +0000" RFC822.SIZE 1000)\r\n'
                for n in range(1, self._exists(opened) + 1)
            ),
        }
        return answer.get(verb, lambda: "")() + "{tag} OK done\r\n"

    def _exists(self, name: str) -> int:
        return self.shown.get(name, self.folders.get(name, 0))

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


def _name(command: str) -> str:
    found = re.search(r'"([^"]*)"', command)
    return found[1] if found else ""


def refusing(
    verb: str, words: str, *, only: str = "", status: str = "NO"
) -> Callable[[str], str | None]:
    """NO to each command that begins so, or to those alone in which `only` occurs."""

    def answer(command: str) -> str | None:
        return (
            f"{{tag}} {status} {words}\r\n"
            if command.startswith(verb) and only in command
            else None
        )

    return answer
