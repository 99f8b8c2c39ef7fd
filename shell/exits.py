"""Exit statuses, which are imapsync's, and what leads to each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from sync.errors import Code, Side


class Exit(IntEnum):
    """By imapsync's own names, without their first word."""

    OK = 0
    CATCH_ALL = 1
    BY_SIGNAL = 6
    BY_FILE = 7
    PID_FILE_ERROR = 8
    CONNECTION_FAILURE = 10
    TLS_FAILURE = 12
    AUTHENTICATION_FAILURE = 16
    USAGE = 64
    NOINPUT = 66
    UNAVAILABLE = 69
    SOFTWARE = 70
    CONNECTION_FAILURE_HOST1 = 101
    CONNECTION_FAILURE_HOST2 = 102
    WITH_ERRORS = 111
    OVERQUOTA = 113
    ERR_APPEND = 114
    ERR_FETCH = 115
    ERR_CREATE = 116
    ERR_SELECT = 117
    AUTHENTICATION_FAILURE_USER1 = 161
    AUTHENTICATION_FAILURE_USER2 = 162

    @property
    def imapsync_name(self) -> str:
        """As imapsync writes it, and as programs look for it in its output."""
        short = self in (Exit.OK, Exit.USAGE, Exit.NOINPUT, Exit.UNAVAILABLE, Exit.SOFTWARE)
        return ("EX_" if short else "EXIT_") + self.name


MEANINGS: Mapping[Exit, str] = {
    Exit.OK: "every message is accounted for, and none has failed",
    Exit.CATCH_ALL: "something that has no status of its own",
    Exit.BY_SIGNAL: "ended by Ctrl-C or a signal, at a clean point; the next run goes on there",
    Exit.BY_FILE: "the file of `--state` cannot be read or written, or is something else",
    Exit.PID_FILE_ERROR: "another process works on this mailbox with this `--state`",
    Exit.CONNECTION_FAILURE: "a server cannot be reached",
    Exit.TLS_FAILURE: "no safe connection: certificate, TLS or STARTTLS",
    Exit.AUTHENTICATION_FAILURE: "a login is refused",
    Exit.USAGE: "an option that is unknown, not supported, or wrong",
    Exit.NOINPUT: "a password file cannot be read",
    Exit.UNAVAILABLE: "the mailbox is not there",
    Exit.SOFTWARE: "a fault of ours",
    Exit.CONNECTION_FAILURE_HOST1: "the source cannot be reached, or its line breaks",
    Exit.CONNECTION_FAILURE_HOST2: "the destination cannot be reached, or its line breaks",
    Exit.WITH_ERRORS: "the run went to its end with errors of other kinds, or could not be proven",
    Exit.OVERQUOTA: "the destination is full; or most of the failures are that",
    Exit.ERR_APPEND: "most of the failures: a message is refused by the destination",
    Exit.ERR_FETCH: "most of the failures: a message cannot be read at the source",
    Exit.ERR_CREATE: "most of the failures: a folder is refused",
    Exit.ERR_SELECT: "most of the failures: a folder cannot be opened",
    Exit.AUTHENTICATION_FAILURE_USER1: "the source refuses the login",
    Exit.AUTHENTICATION_FAILURE_USER2: "the destination refuses the login",
}


@dataclass(frozen=True, slots=True)
class Sided:
    """One status where the side is not known, and one for each side."""

    unknown: Exit
    source: Exit
    destination: Exit

    def of(self, side: Side | None) -> Exit:
        if side is None:
            return self.unknown
        return self.source if side is Side.SOURCE else self.destination


def _both(one: Exit) -> Sided:
    return Sided(one, one, one)


_CONNECTION = Sided(
    Exit.CONNECTION_FAILURE, Exit.CONNECTION_FAILURE_HOST1, Exit.CONNECTION_FAILURE_HOST2
)
_LOGIN = Sided(
    Exit.AUTHENTICATION_FAILURE,
    Exit.AUTHENTICATION_FAILURE_USER1,
    Exit.AUTHENTICATION_FAILURE_USER2,
)
_TLS = _both(Exit.TLS_FAILURE)
_ERRORS = _both(Exit.WITH_ERRORS)

BY_CODE: Mapping[Code, Sided] = {
    Code.HOST_UNKNOWN: _CONNECTION,
    Code.HOST_REFUSED: _CONNECTION,
    Code.PORT_REFUSED: _CONNECTION,
    Code.CONNECT_REFUSED: _CONNECTION,
    Code.CONNECT_TIMEOUT: _CONNECTION,
    Code.UNREACHABLE: _CONNECTION,
    Code.NOT_IMAP: _CONNECTION,
    Code.SERVER_BYE: _CONNECTION,
    Code.PREAUTH: _TLS,
    Code.TLS_FAILED: _TLS,
    Code.TLS_NOT_SPOKEN: _TLS,
    Code.CERTIFICATE_EXPIRED: _TLS,
    Code.CERTIFICATE_NAME: _TLS,
    Code.CERTIFICATE_UNTRUSTED: _TLS,
    Code.STARTTLS_MISSING: _TLS,
    Code.STARTTLS_REFUSED: _TLS,
    Code.STARTTLS_INJECTION: _TLS,
    Code.LOGIN_DISABLED: _LOGIN,
    Code.LOGIN_REFUSED: _LOGIN,
    Code.LOGIN_HELD: _LOGIN,
    Code.LOGINS_WAIT: _CONNECTION,
    # Not a login's own fault: who gives up a password for a refusal must not do it for these.
    Code.LOGIN_TEMPORARY: _CONNECTION,
    Code.TOO_MANY_CONNECTIONS: _CONNECTION,
    Code.CONNECTION_LOST: _CONNECTION,
    Code.TIMED_OUT: _CONNECTION,
    Code.THROTTLED: _CONNECTION,
    Code.PROTOCOL: _CONNECTION,
    Code.INCOMPLETE: _ERRORS,
    Code.UNREAD_ANSWER: _ERRORS,
    Code.TOO_MANY_FOLDERS: _both(Exit.ERR_SELECT),
    Code.FOLDER_MISSING: _both(Exit.ERR_SELECT),
    Code.FOLDER_REFUSED: Sided(Exit.ERR_CREATE, Exit.ERR_SELECT, Exit.ERR_CREATE),
    Code.FOLDERS_WOULD_MERGE: _both(Exit.USAGE),
    Code.OPTIONS_REFUSED: _both(Exit.USAGE),
    Code.UIDVALIDITY_CHANGED: _ERRORS,
    Code.UIDVALIDITY_UNSTABLE: _ERRORS,
    Code.FOLDER_UNSTABLE: _ERRORS,
    Code.UIDS_REUSED: _both(Exit.OK),
    Code.UNREADABLE: _both(Exit.ERR_FETCH),
    Code.UNREADABLE_COPY: _both(Exit.ERR_FETCH),
    Code.EMPTY_MESSAGE: _both(Exit.ERR_FETCH),
    Code.TOO_LARGE: _both(Exit.ERR_APPEND),
    Code.QUOTA: _both(Exit.OVERQUOTA),
    Code.APPEND_REFUSED: _both(Exit.ERR_APPEND),
    Code.DELETION_REFUSED: _ERRORS,
    Code.REMOVAL_UNSUPPORTED: _ERRORS,
    Code.REMOVAL_WAITS: _ERRORS,
    Code.BAD_ARGUMENT: _both(Exit.USAGE),
    Code.NOT_FOUND_AFTERWARDS: _ERRORS,
    Code.ALTERED: _ERRORS,
    Code.DATE_ALTERED: _both(Exit.OK),
    Code.FLAGS_LOST: _both(Exit.OK),
    Code.REMOVED_AT_DESTINATION: _both(Exit.OK),
    Code.OUTSIDE_AGE: _both(Exit.OK),
    Code.OUTSIDE_SIZE: _both(Exit.OK),
    Code.ELSEWHERE_TOO: _both(Exit.OK),
    Code.NOT_IN_ARCHIVE: _both(Exit.WITH_ERRORS),
    Code.MOVE_UNSAFE: _ERRORS,
    Code.DELETION_UNSAFE: _ERRORS,
    Code.NOT_DELETED: _ERRORS,
    Code.DESTINATION_BUSY: _both(Exit.PID_FILE_ERROR),
    Code.PROVISION_FAILED: _both(Exit.UNAVAILABLE),
    Code.MAILBOX_MISSING: _both(Exit.UNAVAILABLE),
    Code.NOT_OWNED: _both(Exit.UNAVAILABLE),
    Code.NEW_MAILBOX_REFUSED: _both(Exit.UNAVAILABLE),
    Code.STOPPED: _both(Exit.BY_SIGNAL),
    Code.INTERNAL: _both(Exit.SOFTWARE),
}


def exit_of(code: Code, side: Side | None = None) -> Exit:
    return BY_CODE[code].of(side)


def most_frequent(troubles: Mapping[Code, int]) -> Exit:
    """The status of a run that went to its end: that of its most frequent trouble."""
    counts: dict[Exit, int] = {}
    for code, number in troubles.items():
        status = exit_of(code)
        if number and status is not Exit.OK:
            counts[status] = counts.get(status, 0) + number
    return max(counts, key=lambda status: (counts[status], -status), default=Exit.OK)


def table() -> str:
    """The statuses and the codes that lead to them, as docs/shell.md shows them."""
    lines = ["| status | name | meaning | codes |", "|---|---|---|---|"]
    for status in Exit:
        codes = [code for code in Code if status in _statuses(BY_CODE[code])]
        named = ", ".join(f"`{code}`" for code in codes)
        lines.append(f"| {status} | {status.imapsync_name} | {MEANINGS[status]} | {named} |")
    return "\n".join(lines) + "\n"


def _statuses(sided: Sided) -> tuple[Exit, Exit, Exit]:
    return sided.unknown, sided.source, sided.destination
