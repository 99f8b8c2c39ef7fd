"""The pre-flight check of one row: everything that can be known before a run, as findings."""

from __future__ import annotations

from contextlib import closing

from imap import open_source
from imap.address import look_up
from imap.permit import Permits, nobody_counts
from imap.server import Login, NetworkPolicy, Server
from importer.address import AddressFault, ascii_domain, mailbox_address
from importer.check_result import CheckResult, CheckSubject, Doing, SoFar
from importer.finding import Finding, Level
from importer.preflight_sides import (
    check_destination,
    check_mailbox,
    check_source,
    pinned,
    unencrypted,
    weigh,
)
from importer.usernames import source_login
from provisioners.base import Provisioner
from sync.errors import Side

__all__ = ["CheckResult", "CheckSubject", "SoFar", "check"]

_MAIL_PORTS = frozenset({143, 993})


def check(
    subject: CheckSubject,
    *,
    policy: NetworkPolicy,
    provisioner: Provisioner,
    so_far: SoFar | None = None,
    permits: Permits = nobody_counts,
) -> CheckResult:
    """Raises nothing for what a row, a server or a provisioner can do wrong. Has no end of its own
    where a server goes on answering: `so_far` is for whoever sets one.

    Nobody is logged in for a row that is blocked without it: servers count wrong passwords."""
    so_far = so_far or SoFar()
    if subject.reading_fault is not None:
        so_far.row = (subject.reading_fault,)
        return so_far.result()
    so_far.address, findings = _address(subject)
    so_far.row = (*findings, *_empty_fields(subject), *subject.duplicates)
    login = source_login(
        subject.login.username,
        subject.login.password,
        address=so_far.address,
        mailbox_password=subject.mailbox_password,
    )
    if so_far.address and _same_mailbox(subject, login, so_far.address):
        return so_far.result(_SAME)
    if so_far.address and subject.mailbox_password:
        check_mailbox(subject, so_far, provisioner=provisioner)
    if not so_far.blocked:
        _over_the_wire(subject, login, so_far, policy=policy, permits=permits)
    return so_far.result()


def _over_the_wire(
    subject: CheckSubject,
    login: Login,
    so_far: SoFar,
    *,
    policy: NetworkPolicy,
    permits: Permits,
) -> None:
    """The sizes come last: a row may start without them."""
    so_far.source = (*unencrypted(subject.source), *pinned(subject.source, policy))
    permit = permits(subject.source, login, Side.SOURCE)
    with closing(open_source(subject.source, login, policy, permit=permit)) as source:
        check_source(source, subject.source, login, choice=subject.folders, so_far=so_far)
        if so_far.blocked:
            return
        check_destination(subject, so_far, policy=policy, permits=permits)
        if so_far.unweighed:
            so_far.doing = Doing.SIZES
            weigh(source, so_far)


def _address(subject: CheckSubject) -> tuple[str, list[Finding]]:
    try:
        found = mailbox_address(subject.mailbox, domain=subject.domain, domains=subject.domains)
    except AddressFault as fault:
        return "", [fault.finding]
    return found, []


def _empty_fields(subject: CheckSubject) -> list[Finding]:
    """A blank username or password at the source is none: the mailbox's own are used."""
    missing = []
    if not subject.source.host.strip():
        missing.append(_empty("source_host", "The old mail server is empty.", "its name"))
    if not subject.mailbox_password:
        words = "The mailbox's password is empty."
        missing.append(_empty("mailbox_password", words, "the password"))
    return missing


def _empty(where: str, words: str, what: str) -> Finding:
    return Finding(Level.BLOCKING, f"{where}_empty", words, f"Fill in {what}.", field=where)


_SAME = Finding(
    Level.BLOCKING,
    "same_mailbox",
    "Source and destination are the same mailbox: its mail would be copied into itself.",
    "Correct the old mail server, or the mailbox.",
    field="source_host",
)


def _same_mailbox(subject: CheckSubject, login: Login, address: str) -> bool:
    """The same login at the same server, whichever of its names or addresses is written."""
    source, destination = subject.source, subject.destination
    own_names = {address.casefold(), address.partition("@")[0].casefold()}
    if login.username.casefold() not in own_names or _door(source) != _door(destination):
        return False
    if ascii_domain(source.host) == ascii_domain(destination.host):
        return True
    return bool(_addresses(source.host) & _addresses(destination.host))


def _door(server: Server) -> int:
    """143 and 993 lead to the same mailboxes; other ports may lead to other servers."""
    return 0 if server.port in _MAIL_PORTS else server.port


def _addresses(host: str) -> set[str]:
    """Of a host that cannot be resolved, none: the connection says why."""
    found = look_up(ascii_domain(host), None, NetworkPolicy().connect_timeout)
    if found is None or isinstance(found, Exception):
        return set()
    return {str(entry[4][0]) for entry in found}
