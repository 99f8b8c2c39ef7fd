"""Every option of the command line: what we do, what makes no difference, what we refuse.

The names are imapsync's, but for --state, --json, --insecure# and --allowremoval. A name with '#'
stands for both sides: 1 is the source and 2 the destination.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shell.foreign_options import HARMLESS, HARMLESS_WITH_VALUE, REFUSED


class Sort(StrEnum):
    FLAG = "flag"
    TEXT = "text"
    NUMBER = "number"
    HARMLESS = "harmless"
    HARMLESS_WITH_VALUE = "harmless, with a value"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Option:
    """`words` say what it does; of one without effect or refused, why."""

    name: str
    sort: Sort
    words: str

    @property
    def takes_value(self) -> bool:
        return self.sort in (Sort.TEXT, Sort.NUMBER, Sort.HARMLESS_WITH_VALUE)


_TEXTS = {
    "host#": "the server's name or address",
    "user#": "the login",
    "password#": "the password; taken out of the list of processes at once",
    "passfile#": "a file with the password in its first line",
    "authuser#": "whose password it is, if not the login's own (SASL PLAIN)",
    "sslargs#": "SSL_ca_file=FILE: authorities to trust beside the system's",
    "folder": "only this folder of the source; may be given many times",
    "folderrec": "only this folder of the source and those inside it; may be given many times",
    "include": "only folders of the source that match this regular expression, or one of several",
    "exclude": "no folders of the source that match this regular expression, or one of several",
    "subfolder2": "the folder of the destination that everything is put below, INBOX too",
    "state": "a file that remembers what is copied: makes re-runs quick and interruptions harmless",
}
_NUMBERS = {
    "port#": "the port; else 993, or 143 with --tls# and for plain text",
    "timeout#": "seconds to wait for an answer of this server; 0 for ever; else 120",
    "timeout": "the same for both servers",
    "maxbytespersecond": "the most that passes on each server's line in a second; 0 for no limit",
}
_FLAGS = {
    "ssl#": "TLS from the start",
    "nossl#": "no TLS from the start",
    "tls#": "STARTTLS",
    "notls#": "no STARTTLS; together with --nossl# nothing is encrypted",
    "insecure#": "take any certificate",
    "compress#": "compress the line, without finding out first whether that pays",
    "nocompress#": "never compress the line",
    "dry": "change nothing, and tell what would be done",
    "delete2": "remove from the destination what is not at the source",
    "allowremoval": "with --delete2: also when that is more than half of a folder",
    "noresyncflags": "leave the flags of messages that are there already",
    "subscribe": "subscribe the folders that are subscribed at the source (always so)",
    "nosubscribe": "subscribe nothing",
    "subscribeall": "subscribe all folders",
    "subscribed": "only folders that are subscribed at the source",
    "justconnect": "connect to both servers, and end",
    "justlogin": "log in to both servers, and end",
    "json": "one JSON object at the end, and nothing else on the standard output",
    "help": "show this",
}


def _sided(name: str) -> tuple[str, ...]:
    return (name.replace("#", "1"), name.replace("#", "2")) if "#" in name else (name,)


def _all(sort: Sort, words: Mapping[str, str]) -> dict[str, Option]:
    return {
        one: Option(one, sort, said.replace("#", one[-1]))
        for name, said in words.items()
        for one in _sided(name)
    }


OPTIONS: Mapping[str, Option] = {
    **_all(Sort.TEXT, _TEXTS),
    **_all(Sort.NUMBER, _NUMBERS),
    **_all(Sort.FLAG, _FLAGS),
    **_all(Sort.HARMLESS, HARMLESS),
    **_all(Sort.HARMLESS_WITH_VALUE, HARMLESS_WITH_VALUE),
    **_all(Sort.REFUSED, REFUSED),
}
REPEATED = ("sslargs1", "sslargs2", "folder", "folderrec", "include", "exclude")
"""Those that may be given many times. Of the others the last counts, as in imapsync."""


def supported() -> dict[str, str]:
    """By name with '#', what each option of ours does."""
    return {**_TEXTS, **_NUMBERS, **_FLAGS}
