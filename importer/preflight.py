"""The pre-flight check of one row: everything that can be known before a run, as findings."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from imap.server import Login, NetworkPolicy, Server
from importer.address import AddressFault, ascii_domain, mailbox_address
from importer.finding import Finding, Level
from importer.preflight_sides import DestinationSeen, check_destination, check_source
from importer.usernames import source_login
from provisioners.base import Provisioner
from sync.model import FolderList
from sync.options import Mode

_MAIL_PORTS = frozenset({143, 993})


@dataclass(frozen=True, slots=True)
class CheckSubject:
    """One row as it stands, with what the migration says for all rows.

    `mailbox` is raw, `source` already merged from the row and the migration. `reading_fault` is
    there until a person has edited a row whose line could not be read."""

    source: Server
    login: Login
    mailbox: str
    mailbox_password: str = field(repr=False)
    domain: str
    domains: tuple[str, ...]
    destination: Server
    password_policy: str
    mode: Mode
    reading_fault: Finding | None = None
    duplicates: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`address` is '' where there is none. The numbers are None where the source did not answer;
    `size` in bytes. `mailbox_exists` None: unknown. The folders of both sides, as far as they were
    seen."""

    findings: tuple[Finding, ...]
    address: str = ""
    folders: int | None = None
    messages: int | None = None
    size: int | None = None
    mailbox_exists: bool | None = None
    source: FolderList | None = None
    destination: FolderList | None = None

    @property
    def blocked(self) -> bool:
        return any(finding.level is Level.BLOCKING for finding in self.findings)


def check(subject: CheckSubject, *, policy: NetworkPolicy, provisioner: Provisioner) -> CheckResult:
    """Raises nothing for what a row, a server or a provisioner can do wrong."""
    if subject.reading_fault is not None:
        return CheckResult((subject.reading_fault,))
    address, findings = _address(subject)
    findings += _empty_fields(subject)
    findings += subject.duplicates
    login = source_login(
        subject.login.username,
        subject.login.password,
        address=address,
        mailbox_password=subject.mailbox_password,
    )
    if address and _same_mailbox(subject, login, address):
        return CheckResult((*findings, _SAME), address)
    return _over_the_wire(
        subject, login, address, findings=findings, policy=policy, provisioner=provisioner
    )


def _over_the_wire(
    subject: CheckSubject,
    login: Login,
    address: str,
    *,
    findings: list[Finding],
    policy: NetworkPolicy,
    provisioner: Provisioner,
) -> CheckResult:
    counted, seen = None, DestinationSeen(None, ())
    if subject.source.host.strip() and login.username and login.password:
        counted, found = check_source(subject.source, login, policy)
        findings = [*findings, *found]
    if address and subject.mailbox_password:
        seen = check_destination(
            subject.destination,
            Login(address, subject.mailbox_password),
            policy,
            provisioner=provisioner,
            password_policy=subject.password_policy,
            mode=subject.mode,
        )
    return CheckResult(
        (*findings, *seen.findings),
        address,
        folders=counted.folders if counted else None,
        messages=counted.messages if counted else None,
        size=counted.size if counted else None,
        mailbox_exists=seen.exists,
        source=counted.listed if counted else None,
        destination=seen.listed,
    )


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
    try:
        found = socket.getaddrinfo(ascii_domain(host), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {str(entry[4][0]) for entry in found}
