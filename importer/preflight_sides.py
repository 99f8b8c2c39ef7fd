"""The two halves of a check that talk to others: the source, and the destination."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from imap import ImapSource, open_destination
from imap.permit import Permits
from imap.server import Login, NetworkPolicy, Server
from importer.check_result import CheckSubject, Doing, SoFar, passing
from importer.diagnosis import explain
from importer.doubtful import doubts
from importer.finding import Finding, Level
from importer.inventory import count_messages, take_inventory, weighed
from importer.opening import tried_out
from importer.policy import check_password
from importer.unread import not_whole
from provisioners.base import About, NewMailbox, Provisioner, ProvisionError, Refusal
from sync.errors import Code, Side, SyncError
from sync.folder_choice import choose
from sync.options import FolderChoice, Mode, Security

_SHOWN_FOLDERS = 3


def check_source(
    source: ImapSource, server: Server, login: Login, *, choice: FolderChoice, so_far: SoFar
) -> None:
    """Connect, log in, count, open a folder. This is also the test of one login alone (F10)."""
    try:
        so_far.doing = Doing.SOURCE_LOGIN
        source.connect()
        so_far.doing = Doing.SOURCE_FOLDERS
        counted = take_inventory(source)
        so_far.doing = Doing.SOURCE_INBOX
        left_out = choose(counted.listed, choice).left_out
        opened = tried_out(source, counted.listed, Side.SOURCE, server, left_out=left_out)
    except SyncError as error:
        so_far.passing = passing(error, Side.SOURCE)
        so_far.source = (*so_far.source, in_words(error, Side.SOURCE, server, login))
        return
    found = [*not_whole(counted.listed, Side.SOURCE), *opened]
    if counted.closed:
        found.append(_closed(counted.closed))
    so_far.source = (*so_far.source, *found)
    so_far.counted = counted


def weigh(source: ImapSource, so_far: SoFar) -> None:
    """Ask for the sizes that are missing. What goes wrong with that holds nothing up."""
    assert so_far.counted is not None
    before = so_far.counted
    try:
        after = weighed(source, before)
    except SyncError as error:
        so_far.source = (*so_far.source, replace(_UNWEIGHED, server_words=error.server_words))
        return
    more = [_closed(new)] if (new := after.closed[len(before.closed) :]) else []
    more += [_hiding(after.hiding)] if after.hiding else []
    so_far.source = (*so_far.source, *more)
    so_far.counted = after


def check_mailbox(subject: CheckSubject, so_far: SoFar, *, provisioner: Provisioner) -> None:
    """Whether the mailbox exists, and whether it can be made where it does not: nobody logs in.

    The password policy holds for a mailbox that has to be made; one that exists keeps the
    password that it has."""
    login = Login(so_far.address, subject.mailbox_password)
    so_far.doing = Doing.MAILBOX
    try:
        so_far.exists = provisioner.exists(login.username)
        if so_far.exists is False:
            so_far.destination = _to_be_made(login, provisioner, subject.password_policy)
    except ProvisionError as error:
        so_far.destination = (_not_provisioned(error),)


def check_destination(
    subject: CheckSubject, so_far: SoFar, *, policy: NetworkPolicy, permits: Permits
) -> None:
    """A mailbox that exists has to be logged in to; of one that does not, what there is to know of
    its new password and its server."""
    exception = pinned(subject.destination, policy)
    if so_far.exists is False:
        more = (*_unproven(subject, so_far), *subject.habits)
        so_far.destination = (*exception, *so_far.destination, *more)
        return
    login = Login(so_far.address, subject.mailbox_password)
    try:
        _look_into(subject, login, so_far, policy, permits)
    except SyncError as error:
        so_far.passing = so_far.passing or passing(error, Side.DESTINATION)
        finding = in_words(error, Side.DESTINATION, subject.destination, login)
        unknown = so_far.exists is None and error.code is Code.LOGIN_REFUSED
        also = check_password(subject.password_policy, login.password) if unknown else ()
        so_far.destination = (finding, *also)
    so_far.destination = (*exception, *so_far.destination)


def _look_into(
    subject: CheckSubject, login: Login, so_far: SoFar, policy: NetworkPolicy, permits: Permits
) -> None:
    so_far.doing = Doing.DESTINATION_LOGIN
    permit = permits(subject.destination, login, Side.DESTINATION)
    opened_place = open_destination(subject.destination, login, policy, permit=permit)
    with closing(opened_place) as destination:
        destination.connect()
        so_far.doing = Doing.DESTINATION_FOLDERS
        listed = count_messages(destination)
        so_far.doing = Doing.DESTINATION_INBOX
        opened = tried_out(destination, listed, Side.DESTINATION, subject.destination)
    messages = sum(status.messages for status in listed.statuses.values())
    ready = Finding(Level.OK, "mailbox_ready", f"The mailbox {login.username} can be filled.")
    blocked = any(finding.level is Level.BLOCKING for finding in opened)
    so_far.exists = True
    so_far.listed = listed
    so_far.destination = (
        *(() if blocked else (ready,)),
        *not_whole(listed, Side.DESTINATION),
        *opened,
        *_not_empty(messages, subject.mode),
        *subject.habits,
    )


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
    new = NewMailbox(login.username, login.password)
    if refusals := provisioner.refusals(new):
        refused = (_refused(one) for one in refusals)
        return (*refused, *check_password(password_policy, login.password))
    words = f"The mailbox {login.username} does not exist yet and will be made, with this password."
    return (
        Finding(Level.OK, "mailbox_to_be_made", words),
        *check_password(password_policy, login.password),
    )


def _refused(refusal: Refusal) -> Finding:
    """By the system that holds the destination's mailboxes, or by its mail server."""
    field, code = _FIELDS[refusal.about], _REFUSED[refusal.about]
    return Finding(Level.BLOCKING, code, refusal.words, refusal.hint, field=field)


_REFUSED = {about: f"{about}_refused_by_destination" for about in About}
_FIELDS = {About.ADDRESS: "mailbox", About.PASSWORD: "mailbox_password"}


def _unproven(subject: CheckSubject, so_far: SoFar) -> tuple[Finding, ...]:
    """Doubts about a new password, unless the old mail server has just taken the same one."""
    same = subject.login.password in ("", subject.mailbox_password)
    if same and so_far.counted is not None:
        return ()
    return doubts(subject.mailbox_password, line=subject.line, guessed=subject.guessed)


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


def _closed(names: Sequence[str]) -> Finding:
    return Finding(
        Level.WARNING,
        "folders_closed",
        f"The old mail server does not let {_named(names)} be opened, so nothing of it can be "
        "copied.",
        "Look at these folders in webmail; often they are leftovers without mail.",
    )


def _hiding(names: Sequence[str]) -> Finding:
    return Finding(
        Level.WARNING,
        "folders_not_whole",
        f"The old mail server does not show all messages of {_named(names)}.",
        "Their copies will not be verified. Ask the server's operator to repair the folder's "
        "index, or to raise the limit on how many messages one command may list.",
    )


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:_SHOWN_FOLDERS])
    more = f" and {len(names) - _SHOWN_FOLDERS} more" if len(names) > _SHOWN_FOLDERS else ""
    return shown + more


def unencrypted(server: Server) -> tuple[Finding, ...]:
    return (_UNENCRYPTED,) if server.security is Security.NONE else ()


def pinned(server: Server, policy: NetworkPolicy) -> tuple[Finding, ...]:
    """An exception of the operator's is said wherever it is used."""
    if server.security is Security.NONE or not policy.pin(server):
        return ()
    words = (
        f"The certificate of {server.host} would not pass otherwise: your operator allows the one "
        f"with the SHA-256 fingerprint {policy.pin(server)}, and no other."
    )
    hint = "Nothing has to be done. When the server gets another certificate, tell your operator."
    return (Finding(Level.WARNING, "certificate_exception", words, hint),)


_UNENCRYPTED = Finding(
    Level.WARNING,
    "unencrypted",
    "The connection is not encrypted: others on the way can read password and mail.",
    "Choose SSL/TLS or STARTTLS in step 1 if the server offers it.",
    field="source_host",
)

_UNWEIGHED = Finding(
    Level.WARNING,
    "sizes_unknown",
    "The old mail server did not tell the sizes of its messages, so nobody knows yet how many "
    "megabytes will be copied.",
    "Nothing has to be done: the run counts for itself.",
)
