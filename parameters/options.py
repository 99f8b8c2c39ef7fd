"""Every option by imapsync's name: what we do, what makes no difference, what we refuse.

The command line and a migration's custom parameters read this very table. Not imapsync's are
--state, --json, --insecure#, --compress#, --allowremoval, --retryrefused, --resendfailed and
--proof. A name with '#' stands for both sides: 1 is the source and 2 the destination.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from parameters.foreign import HARMLESS, HARMLESS_WITH_VALUE, REFUSED


class Sort(StrEnum):
    FLAG = "flag"
    TEXT = "text"
    NUMBER = "number"
    HARMLESS = "harmless"
    HARMLESS_WITH_VALUE = "harmless, with a value"
    REFUSED = "refused"


OURS = (Sort.FLAG, Sort.TEXT, Sort.NUMBER)


@dataclass(frozen=True, slots=True)
class Option:
    """`words` say what it does; of one without effect or refused, why.

    `elsewhere` says where its place is, if it is no custom parameter."""

    name: str
    sort: Sort
    words: str
    elsewhere: str = ""

    @property
    def takes_value(self) -> bool:
        return self.sort in (Sort.TEXT, Sort.NUMBER, Sort.HARMLESS_WITH_VALUE)


Words = Mapping[str, str]

_COPY_TEXTS = {
    "folder": "only this folder of the source; may be given many times",
    "folderrec": "only this folder of the source and those inside it; may be given many times",
    "include": "only folders of the source that match this regular expression, or one of several",
    "exclude": "no folders of the source that match this regular expression, or one of several",
    "f1f2": "A=B: the source's folder A goes into B, whole names; may be given many times",
    "subfolder2": "the folder of the destination that everything is put below, INBOX too",
    "search": "only messages that match: SINCE 31-Jan-2024, LARGER N, SMALLER N, or some of these",
    "search1": "the same",
}
_COPY_NUMBERS = {
    "maxage": (
        "only messages that arrived at most so many times 24 hours ago, by internal date "
        "(imapsync goes by the day in the header Date)"
    ),
    "minage": "only messages that arrived at least so many times 24 hours ago, in the same sense",
    "maxsize": "only messages of less than so many bytes",
    "minsize": "only messages of more than so many bytes",
}
_COPY_FLAGS = {
    "subscribe": "subscribe the folders that are subscribed at the source (always so)",
    "nosubscribe": "subscribe nothing",
    "subscribeall": "subscribe all folders",
    "subscribe_all": "the same",
    "subscribed": "only folders that are subscribed at the source",
    "automap": "find folders' places by special use and usual names, too (always so)",
    "noautomap": "find folders' places by their very names alone",
    "noexclude": "leave no folder out, whatever --exclude or the page says",
    "skipemptyfolders": "do not make folders without messages",
    "resendfailed": (
        "send anew what a proof has found to be another message at the destination, or what cannot "
        "be read there; the failed copies stay, and are named"
    ),
    "retryrefused": (
        "send again what the destination has refused for good in an earlier run (too large, bad "
        "content), and ask again for folder names that it has refused"
    ),
    "skipcrossduplicates": "copy a message that stands in several folders into the first one only",
    "delete2duplicates": (
        "remove from the destination what equals another message of the folder byte for byte, "
        "and has no copy of its own at the source"
    ),
    "noid": "tell no server who we are (ID), where it offers to be told",
}
_PAGE_NUMBERS = {
    "timeout#": "seconds to wait for an answer of this server; 0 for ever; else 120",
    "timeout": "the same for both servers",
    "maxbytespersecond": "the most that passes on each server's line in a second; 0 for no limit",
}
_PAGE_TEXTS = {
    "proof": (
        "how copies are proven: counts, metadata (else), content: what this run has copied is read "
        "on both sides, or everything: so is all that earlier runs have"
    ),
}
_PAGE_FLAGS = {
    "dry": "change nothing, and tell what would be done",
    "delete1": (
        "remove from the source, at the end of each folder, what was read back from the "
        "destination and is the same byte for byte"
    ),
    "delete": "the same",
    "delete2": (
        "remove from the destination what is not at the source, in folders that are there; with "
        "--maxage, --minage, --maxsize, --minsize or --search only what is within them"
    ),
    "delete2folders": (
        "with --delete2: also folders of the destination that no folder of the source goes to, "
        "with their messages"
    ),
    "allowremoval": "with --delete2: also when that is more than half of a folder, or a whole one",
    "noresyncflags": "leave the flags of messages that are there already",
}
_LINE_TEXTS = {
    "host#": "the server's name or address",
    "user#": "the login",
    "password#": "the password; taken out of the list of processes at once",
    "passfile#": "a file with the password in its first line",
    "authuser#": "whose password it is, if not the login's own (SASL PLAIN)",
    "sslargs#": "SSL_ca_file=FILE: authorities to trust beside the system's",
}
_LINE_NUMBERS = {"port#": "the port; else 993, or 143 with --tls# and for plain text"}
_LINE_FLAGS = {
    "ssl#": "TLS from the start",
    "nossl#": "no TLS from the start",
    "tls#": "STARTTLS",
    "notls#": "no STARTTLS; together with --nossl# nothing is encrypted",
    "insecure#": "take any certificate",
    "compress#": "compress the line, without finding out first whether that pays",
    "nocompress#": "never compress the line",
}
_SHELL_TEXTS = {
    "state": "a file that remembers what is copied: makes re-runs quick and interruptions harmless",
}
_SHELL_FLAGS = {
    "justconnect": "connect to both servers, and end",
    "justlogin": "log in to both servers, and end",
    "justfolders": "make and subscribe folders, and look at no message",
    "json": "one JSON object at the end, and nothing else on the standard output",
    "help": "show this",
}
_FIELD = "it has a field of its own on the page"
_PLACE = "servers, logins and lines are set on the page, and nowhere else"
_SHELL = "it belongs to the command line"
_GROUPS: tuple[tuple[Sort, Words, str], ...] = (
    (Sort.TEXT, _LINE_TEXTS, _PLACE),
    (Sort.NUMBER, _LINE_NUMBERS, _PLACE),
    (Sort.FLAG, _LINE_FLAGS, _PLACE),
    (Sort.TEXT, _COPY_TEXTS, ""),
    (Sort.NUMBER, _COPY_NUMBERS, ""),
    (Sort.FLAG, _COPY_FLAGS, ""),
    (Sort.FLAG, _PAGE_FLAGS, _FIELD),
    (Sort.TEXT, _PAGE_TEXTS, _FIELD),
    (Sort.NUMBER, _PAGE_NUMBERS, _FIELD),
    (Sort.TEXT, _SHELL_TEXTS, _SHELL),
    (Sort.FLAG, _SHELL_FLAGS, _SHELL),
    (Sort.HARMLESS, HARMLESS, ""),
    (Sort.HARMLESS_WITH_VALUE, HARMLESS_WITH_VALUE, ""),
    (Sort.REFUSED, REFUSED, ""),
)


def _sided(name: str) -> tuple[str, ...]:
    return (name.replace("#", "1"), name.replace("#", "2")) if "#" in name else (name,)


OPTIONS: Mapping[str, Option] = {
    one: Option(one, sort, said.replace("#", one[-1]), elsewhere)
    for sort, words, elsewhere in _GROUPS
    for name, said in words.items()
    for one in _sided(name)
}
REPEATED = frozenset(
    {
        "sslargs1",
        "sslargs2",
        "folder",
        "folderrec",
        "include",
        "exclude",
        "f1f2",
        "search",
        "search1",
    }
)
"""Those that may be given many times. Of the others the last counts, as in imapsync."""


def grouped() -> tuple[Option, ...]:
    """The table as people read it: by name with '#', in its order."""
    return tuple(
        Option(name, sort, said, elsewhere)
        for sort, words, elsewhere in _GROUPS
        for name, said in words.items()
    )


def supported() -> dict[str, str]:
    """By name with '#', what each option of ours does."""
    return {option.name: option.words for option in grouped() if option.sort in OURS}
