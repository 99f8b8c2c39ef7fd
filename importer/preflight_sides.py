"""The two halves of a check that talk to others: the source, and the destination."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from imap import open_destination, open_source
from imap.server import Login, NetworkPolicy, Server
from importer.diagnosis import explain
from importer.finding import Finding, Level
from importer.inventory import Inventory, count_messages, take_inventory
from importer.policy import check_password
from provisioners.base import Provisioner, ProvisionError
from sync.errors import Code, Side, SyncError
from sync.model import FolderList
from sync.options import Mode, Security

_SHOWN_FOLDERS = 3


@dataclass(frozen=True, slots=True)
class DestinationSeen:
    """`exists` None: unknown. `listed` None: nobody could log in."""

    exists: bool | None
    findings: tuple[Finding, ...]
    listed: FolderList | None = None


def check_source(
    server: Server, login: Login, policy: NetworkPolicy
) -> tuple[Inventory | None, list[Finding]]:
    """Connect, log in, count. This is also the test of one login alone (F10)."""
    findings = [_UNENCRYPTED] if server.security is Security.NONE else []
    try:
        with closing(open_source(server, login, policy)) as source:
            source.connect()
            counted = take_inventory(source)
    except SyncError as error:
        return None, [*findings, in_words(error, Side.SOURCE, server, login)]
    if counted.closed:
        findings.append(_closed(counted.closed))
    words = f"Login works: {counted.in_words()}."
    return counted, [*findings, Finding(Level.OK, "source_ready", words)]


def check_destination(
    server: Server,
    login: Login,
    policy: NetworkPolicy,
    *,
    provisioner: Provisioner,
    password_policy: str,
    mode: Mode,
) -> DestinationSeen:
    """Whether the mailbox exists, its folders, and what was found.

    The password policy holds for a mailbox that has to be made; one that exists keeps the
    password that it has, and has to be logged in to."""
    try:
        exists = provisioner.exists(login.username)
    except ProvisionError as error:
        return DestinationSeen(None, (_not_provisioned(error),))
    if exists is False:
        return DestinationSeen(False, _to_be_made(login, provisioner, password_policy))
    try:
        with closing(open_destination(server, login, policy)) as destination:
            destination.connect()
            listed = count_messages(destination)
    except SyncError as error:
        finding = in_words(error, Side.DESTINATION, server, login)
        unknown = exists is None and error.code is Code.LOGIN_REFUSED
        also = check_password(password_policy, login.password) if unknown else ()
        return DestinationSeen(exists, (finding, *also))
    ready = Finding(Level.OK, "mailbox_ready", f"The mailbox {login.username} can be filled.")
    messages = sum(status.messages for status in listed.statuses.values())
    return DestinationSeen(True, (ready, *_not_empty(messages, mode)), listed)


def in_words(error: SyncError, side: Side, server: Server, login: Login) -> Finding:
    """The finding for an error of the wire, which has hidden the password in the server's words."""
    return explain(
        error.code,
        side=side,
        host=server.host,
        server_words=error.server_words,
        username=login.username,
    )


def _to_be_made(
    login: Login, provisioner: Provisioner, password_policy: str
) -> tuple[Finding, ...]:
    if not provisioner.can_create:
        return (explain(Code.MAILBOX_MISSING, side=Side.DESTINATION, username=login.username),)
    words = f"The mailbox {login.username} does not exist yet and will be made, with this password."
    return (
        Finding(Level.OK, "mailbox_to_be_made", words),
        *check_password(password_policy, login.password),
    )


def _not_empty(messages: int, mode: Mode) -> list[Finding]:
    if not messages:
        return []
    holds = f"The mailbox already holds {messages:,} message{'' if messages == 1 else 's'}."
    if mode is Mode.ALL:
        words = f"{holds} The mode chosen removes those that are not in the old mailbox."
        hint = "Choose another mode in step 1 unless the old mailbox shall replace this one."
        return [Finding(Level.WARNING, "mailbox_not_empty_removal", words, hint, field="mailbox")]
    hint = "They stay. Check that this is the right mailbox."
    return [Finding(Level.WARNING, "mailbox_not_empty", holds, hint, field="mailbox")]


def _not_provisioned(error: ProvisionError) -> Finding:
    hint = "Try again." if error.retry else "Ask the administrator of this installation."
    return Finding(
        Level.BLOCKING, str(Code.PROVISION_FAILED), error.words, hint, error.server_words
    )


def _closed(names: tuple[str, ...]) -> Finding:
    shown = ", ".join(f"“{name}”" for name in names[:_SHOWN_FOLDERS])
    more = f" and {len(names) - _SHOWN_FOLDERS} more" if len(names) > _SHOWN_FOLDERS else ""
    return Finding(
        Level.WARNING,
        "folders_closed",
        f"The old mail server does not let {shown}{more} be opened, so nothing of it can be "
        "copied.",
        "Look at these folders in webmail; often they are leftovers without mail.",
    )


_UNENCRYPTED = Finding(
    Level.WARNING,
    "unencrypted",
    "The connection is not encrypted: others on the way can read password and mail.",
    "Choose SSL/TLS or STARTTLS in step 1 if the server offers it.",
    field="source_host",
)
