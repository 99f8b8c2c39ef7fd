"""The error tree. Errors are values with a plan: each says what it stops and whether a retry helps.

    SyncError                      code, side, server_words, where
    ├── MessageError               stops one message
    ├── FolderError                stops one folder
    │   ├── FolderChanged          it is not as it was listed: list it again
    │   │   └── UidValidityChanged it was made anew
    │   └── FolderBusy             refused for now, though asked twice
    ├── AccountError               stops one account
    │   ├── ConnectionLost         a new connection may help, at once
    │   ├── Stalled                new connections did not help
    │   ├── ConnectFailed          the server cannot be reached or trusted
    │   ├── AuthenticationFailed   helps only after a person has changed something
    │   └── DestinationFull        helps only after a person has changed something
    ├── RunError                   stops the whole run
    └── Stopped                    no fault: pause, stop, or the lease was lost

Nothing foreign (imaplib, imapclient, ssl, socket) leaves imap/: it is mapped to one of these.
The words for a person are made from the code in importer/diagnosis.py.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Side(StrEnum):
    SOURCE = "source"
    DESTINATION = "destination"


class Scope(StrEnum):
    """What an error stops. A smaller thing never costs a larger one."""

    MESSAGE = "message"
    FOLDER = "folder"
    ACCOUNT = "account"
    RUN = "run"


class Retry(StrEnum):
    NOW = "now"
    LATER = "later"
    AFTER_CHANGE = "after change"
    NEVER = "never"


class Code(StrEnum):
    """Every way something can go wrong, as stored and counted."""

    # reaching a server
    HOST_UNKNOWN = "host_unknown"
    HOST_REFUSED = "host_refused"
    PORT_REFUSED = "port_refused"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    UNREACHABLE = "unreachable"
    NOT_IMAP = "not_imap"
    SERVER_BYE = "server_bye"
    PREAUTH = "preauth"
    TLS_FAILED = "tls_failed"
    TLS_NOT_SPOKEN = "tls_not_spoken"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NAME = "certificate_name"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    STARTTLS_MISSING = "starttls_missing"
    STARTTLS_REFUSED = "starttls_refused"
    STARTTLS_INJECTION = "starttls_injection"
    LOGIN_DISABLED = "login_disabled"
    LOGIN_REFUSED = "login_refused"
    LOGIN_TEMPORARY = "login_temporary"
    LOGIN_HELD = "login_held"
    LOGINS_WAIT = "logins_wait"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    # during the work
    CONNECTION_LOST = "connection_lost"
    TIMED_OUT = "timed_out"
    THROTTLED = "throttled"
    PROTOCOL = "protocol"
    INCOMPLETE = "incomplete"
    UNREAD_ANSWER = "unread_answer"
    TOO_MANY_FOLDERS = "too_many_folders"
    FOLDER_MISSING = "folder_missing"
    FOLDER_REFUSED = "folder_refused"
    FOLDERS_WOULD_MERGE = "folders_would_merge"
    UIDVALIDITY_CHANGED = "uidvalidity_changed"
    UIDVALIDITY_UNSTABLE = "uidvalidity_unstable"
    FOLDER_UNSTABLE = "folder_unstable"
    UIDS_REUSED = "uids_reused"
    UNREADABLE = "unreadable"
    UNREADABLE_COPY = "unreadable_copy"
    EMPTY_MESSAGE = "empty_message"
    TOO_LARGE = "too_large"
    QUOTA = "quota"
    APPEND_REFUSED = "append_refused"
    DELETION_REFUSED = "deletion_refused"
    REMOVAL_UNSUPPORTED = "removal_unsupported"
    REMOVAL_WAITS = "removal_waits"
    OPTIONS_REFUSED = "options_refused"
    BAD_ARGUMENT = "bad_argument"
    NOT_FOUND_AFTERWARDS = "not_found_afterwards"
    ALTERED = "altered"
    DATE_ALTERED = "date_altered"
    FLAGS_LOST = "flags_lost"
    REMOVED_AT_DESTINATION = "removed_at_destination"
    # as it was chosen
    OUTSIDE_AGE = "outside_age"
    OUTSIDE_SIZE = "outside_size"
    ELSEWHERE_TOO = "elsewhere_too"
    NOT_IN_ARCHIVE = "not_in_archive"
    MOVE_UNSAFE = "move_unsafe"
    # deletion in the source
    DELETION_UNSAFE = "deletion_unsafe"
    NOT_DELETED = "not_deleted"
    DESTINATION_BUSY = "destination_busy"
    # the destination's mailboxes
    PROVISION_FAILED = "provision_failed"
    MAILBOX_MISSING = "mailbox_missing"
    NOT_OWNED = "not_owned"
    NEW_MAILBOX_REFUSED = "new_mailbox_refused"
    # control
    STOPPED = "stopped"
    INTERNAL = "internal"


CHOSEN = frozenset({Code.OUTSIDE_AGE, Code.OUTSIDE_SIZE, Code.ELSEWHERE_TOO})
"""Reasons of messages that were left out because somebody asked for it: no exceptions."""


class SyncError(Exception):
    """The root. `server_words` is the server's own text, untrusted; `where` a folder or a host."""

    stops: ClassVar[Scope] = Scope.ACCOUNT
    retry: ClassVar[Retry] = Retry.NEVER

    def __init__(
        self, code: Code, server_words: str = "", *, side: Side | None = None, where: str = ""
    ) -> None:
        super().__init__(f"{code}: {server_words}" if server_words else str(code))
        self.code = code
        self.server_words = server_words
        self.side = side
        self.where = where


class MessageError(SyncError):
    stops = Scope.MESSAGE


class FolderError(SyncError):
    stops = Scope.FOLDER


class FolderChanged(FolderError):
    """The folder is not as it was listed: list it again."""

    retry = Retry.NOW


class UidValidityChanged(FolderChanged):
    pass


class FolderBusy(FolderError):
    """Refused for now. `suggested_wait` is the server's own hint in seconds, 0 for none."""

    retry = Retry.LATER

    def __init__(
        self,
        code: Code,
        server_words: str = "",
        *,
        side: Side | None = None,
        where: str = "",
        suggested_wait: float = 0.0,
    ) -> None:
        super().__init__(code, server_words, side=side, where=where)
        self.suggested_wait = suggested_wait


class AccountError(SyncError):
    stops = Scope.ACCOUNT


class ConnectionLost(AccountError):
    """The line is gone. `suggested_wait` is the server's own hint in seconds, 0 for none; `folder`
    is the one at which it broke, '' where that is not known."""

    retry = Retry.NOW
    folder = ""

    def __init__(
        self,
        code: Code = Code.CONNECTION_LOST,
        server_words: str = "",
        *,
        side: Side | None = None,
        where: str = "",
        suggested_wait: float = 0.0,
    ) -> None:
        super().__init__(code, server_words, side=side, where=where)
        self.suggested_wait = suggested_wait


class Stalled(AccountError):
    """Connection after connection was lost, at one message after the other; the last one was `uid`
    in the folder `where`. The code, and the wait that the server asked for, are the last loss's."""

    retry = Retry.LATER

    def __init__(self, lost: ConnectionLost, folder: str, uid: int) -> None:
        super().__init__(lost.code, lost.server_words, side=lost.side, where=folder)
        self.uid = uid
        self.suggested_wait = lost.suggested_wait


class ConnectFailed(AccountError):
    """`suggested_wait` as with ConnectionLost."""

    retry = Retry.LATER

    def __init__(
        self,
        code: Code,
        server_words: str = "",
        *,
        side: Side | None = None,
        where: str = "",
        suggested_wait: float = 0.0,
    ) -> None:
        super().__init__(code, server_words, side=side, where=where)
        self.suggested_wait = suggested_wait


class AuthenticationFailed(AccountError):
    retry = Retry.AFTER_CHANGE


class DestinationFull(AccountError):
    retry = Retry.AFTER_CHANGE


class RunError(SyncError):
    stops = Scope.RUN


class StopReason(StrEnum):
    PAUSE = "pause"
    STOP = "stop"
    FENCED = "fenced"


class Stopped(SyncError):
    """Raised at a clean point of the ledger because Stop asked for it."""

    retry = Retry.LATER

    def __init__(self, reason: StopReason) -> None:
        super().__init__(Code.STOPPED, str(reason))
        self.reason = reason
