"""The check of a row against two real Dovecots."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imap.permit import Permit, Permits, freely, nobody_counts
from imap.server import Login, NetworkPolicy, Server
from importer.finding import Finding, Level
from importer.preflight import CheckResult, CheckSubject, check
from launch.dovecot import Dovecot
from provisioners import open_provisioner
from provisioners.base import Provisioner
from sync.errors import Side
from sync.options import Mode, Security
from tests.conftest import free_port
from tests.importer.conftest import PASSWORD, SOURCE_PASSWORD, ScriptedServer, put

Check = Callable[..., CheckResult]


@pytest.fixture
def checked(subject: CheckSubject, policy: NetworkPolicy, provisioner: Provisioner) -> Check:
    """Check the good row with these changes."""

    def run(*, provisioner: Provisioner = provisioner, policy: NetworkPolicy = policy,
            permits: Permits = nobody_counts, **changed: object) -> CheckResult:  # fmt: skip
        row = replace(subject, **changed)  # type: ignore[arg-type]
        return check(row, policy=policy, provisioner=provisioner, permits=permits)

    return run


@pytest.fixture
def existing(destination_server: Dovecot, subject: CheckSubject) -> CheckSubject:
    """The row's mailbox exists at the destination, with a password that breaks the policy."""
    address = subject.login.username
    destination_server.add_user(address, "weak")
    put(destination_server, address, "weak", messages=0)
    return replace(subject, mailbox_password="weak")


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def one(result: CheckResult, code: str) -> Finding:
    (finding,) = [finding for finding in result.findings if finding.code == code]
    return finding


class TestGoodRows:
    def test_a_mailbox_that_will_be_made(self, checked: Check, subject: CheckSubject) -> None:
        """Login, numbers and what will be made are said, and nothing has been made."""
        result = checked()
        assert codes(result) == ["source_ready", "mailbox_to_be_made"]
        assert not result.blocked
        assert (result.address, result.mailbox_exists) == (subject.login.username, False)
        assert (result.folders, result.messages, result.size) == (5, 3, 3000)
        assert "5 folders, 3 messages, 3.0 KB" in one(result, "source_ready").words
        assert checked().mailbox_exists is False
        assert result.source is not None
        assert result.destination is None
        inbox = result.source.statuses["INBOX"]
        assert (len(result.source.statuses), inbox.messages, inbox.size) == (5, 3, 3000)

    def test_a_mailbox_that_exists(
        self, existing: CheckSubject, policy: NetworkPolicy, provisioner: Provisioner
    ) -> None:
        """Its own password counts, whatever the policy for new ones says."""
        result = check(existing, policy=policy, provisioner=provisioner)
        assert codes(result) == ["source_ready", "mailbox_ready"]
        assert result.mailbox_exists is True
        assert result.destination is not None
        assert result.destination.statuses["INBOX"].messages == 0

    def test_a_blank_login_is_the_mailboxs_own(
        self, checked: Check, source_server: Dovecot
    ) -> None:
        """F7: without username and password, address and password of the mailbox are tried."""
        source_server.add_user("own@example.test", PASSWORD)
        put(source_server, "own@example.test", PASSWORD, messages=1)
        result = checked(login=Login("", ""), mailbox="own")
        assert result.messages == 1

    def test_starttls_and_none(self, checked: Check, source_server: Dovecot) -> None:
        """STARTTLS is as good as TLS; no encryption is a warning."""
        port = source_server.spec.port
        assert "unencrypted" not in codes(
            checked(source=Server("localhost", port, Security.STARTTLS))
        )
        result = checked(source=Server("localhost", port, Security.NONE))
        assert one(result, "unencrypted").level is Level.WARNING
        assert not result.blocked

    def test_sizes_without_status_size(
        self, checked: Check, make_dovecot: Callable[..., Dovecot]
    ) -> None:
        """A server that knows no size of a folder is asked for its messages' sizes."""
        server = make_dovecot(capability="IMAP4rev1 UIDPLUS")
        server.add_user("plain@example.test", SOURCE_PASSWORD)
        put(server, "plain@example.test", SOURCE_PASSWORD, messages=2)
        source = Server("localhost", server.spec.tls_port, Security.TLS)
        result = checked(source=source, login=Login("plain@example.test", SOURCE_PASSWORD))
        assert (result.messages, result.size) == (2, 2000)


def test_an_exception_for_a_certificate_is_said(
    checked: Check, policy: NetworkPolicy, subject: CheckSubject
) -> None:
    """As a warning on the side that uses it, and not where there is none."""
    server = subject.source
    pem = ssl.get_server_certificate((server.host, server.port))
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    pinned = replace(policy, ca_file=policy.ca_file, pinned=((server.host, server.port, digest),))
    found = [one for one in checked(policy=pinned).findings if one.code == "certificate_exception"]
    assert [one.level for one in found] == [Level.WARNING]
    assert digest in found[0].words
    assert not [one for one in checked().findings if one.code == "certificate_exception"]


class TestFields:
    def test_a_line_that_could_not_be_read(self, checked: Check) -> None:
        """Its fault is all that there is to say, and nobody is connected to."""
        fault = Finding(Level.BLOCKING, "unclosed_quote", "Line 3 of the file: …", "Close it.")
        result = checked(reading_fault=fault)
        assert result.findings == (fault,)
        assert result.blocked

    def test_empty_fields(self, checked: Check) -> None:
        """All that is missing is said at once, with the field."""
        result = checked(
            source=Server("", 993), login=Login("", ""), mailbox=" ", mailbox_password=""
        )
        assert [f.field for f in result.findings] == ["mailbox", "source_host", "mailbox_password"]
        assert result.blocked

    @pytest.mark.parametrize(
        "changed",
        [
            {"mailbox": "info@elsewhere.example"},
            {"mailbox_password": "short"},
            {"mailbox_password": ""},
            {"mailbox": "lager/alt"},
            {"duplicates": (Finding(Level.BLOCKING, "duplicate_source", "Twice."),)},
        ],
    )
    def test_nobody_logs_in_for_a_row_that_is_blocked_anyway(
        self, checked: Check, changed: dict[str, object]
    ) -> None:
        """By its address, its password, the destination's system or another row."""
        asked: list[Side] = []

        def permits(_server: Server, _login: Login, side: Side) -> Permit:
            asked.append(side)
            return freely

        assert checked(permits=permits, **changed).blocked
        assert asked == []
        assert not checked(permits=permits).blocked
        assert asked == [Side.SOURCE]

    def test_duplicates_are_passed_on(self, checked: Check) -> None:
        """What was found over all rows stands with the row's other findings."""
        double = Finding(Level.BLOCKING, "duplicate_mailbox", "Twice.", "Remove one.")
        result = checked(duplicates=(double,))
        assert double in result.findings
        assert result.blocked

    def test_source_and_destination_are_one(self, checked: Check, subject: CheckSubject) -> None:
        """Found out by the addresses, whatever name is written."""
        port = subject.destination.port
        for host in ("127.0.0.1", "LOCALHOST"):
            result = checked(source=Server(host, port, Security.TLS))
            assert codes(result) == ["same_mailbox"]
        other = checked(source=Server("127.0.0.1", port, Security.TLS), login=Login("another", "x"))
        assert "same_mailbox" not in codes(other)


class TestSourceFaults:
    def test_wrong_password(self, checked: Check, subject: CheckSubject) -> None:
        """The field is named, the server's own words stand beside, the password nowhere."""
        wrong = "Wr0ng-and-secret"
        result = checked(login=Login(subject.login.username, wrong))
        finding = one(result, "login_refused")
        assert finding.field == "source_password"
        assert "AUTHENTICATIONFAILED" in finding.server_words
        assert wrong not in repr(result)
        assert result.messages is None

    @pytest.mark.parametrize(
        ("security", "code"),
        [(Security.TLS, "tls_not_spoken"), (Security.STARTTLS, "starttls_missing")],
    )
    def test_no_tls(
        self, checked: Check, make_dovecot: Callable[..., Dovecot], security: Security, code: str
    ) -> None:
        """A server without encryption is told apart from one without an answer."""
        server = make_dovecot(tls=False)
        assert code in codes(checked(source=Server("localhost", server.spec.port, security)))

    def test_closed_port(self, checked: Check) -> None:
        """Nobody listens there."""
        result = checked(source=Server("localhost", free_port(), Security.TLS))
        assert one(result, "connect_refused").field == "source_host"

    def test_untrusted_certificate(self, checked: Check, policy: NetworkPolicy) -> None:
        """A certificate of an unknown authority ends the check of this side before the login."""
        result = checked(policy=replace(policy, ca_file=""))
        assert "certificate_untrusted" in codes(result)

    def test_certificate_for_another_name(
        self, checked: Check, make_dovecot: Callable[..., Dovecot]
    ) -> None:
        """The name that is written is the name that is proven."""
        server = make_dovecot(certificate_names=("mail.example.test",))
        result = checked(source=Server("localhost", server.spec.tls_port, Security.TLS))
        assert "certificate_name" in codes(result)

    def test_expired_certificate(
        self, checked: Check, make_dovecot: Callable[..., Dovecot]
    ) -> None:
        """Too old is said as such."""
        server = make_dovecot(certificate_days=(-30, -1))
        result = checked(source=Server("localhost", server.spec.tls_port, Security.TLS))
        assert "certificate_expired" in codes(result)

    def test_forbidden_and_unknown_hosts_look_the_same(self, checked: Check) -> None:
        """Nobody learns from a check which machines an inner network has."""
        forbidden = one(checked(source=Server("10.0.0.7", 993)), "host_unknown")
        unknown = one(checked(source=Server("nowhere.invalid", 993)), "host_unknown")
        assert forbidden.words.replace("10.0.0.7", "H") == unknown.words.replace(
            "nowhere.invalid", "H"
        )
        assert forbidden.server_words == unknown.server_words == ""

    def test_forbidden_port(self, checked: Check, policy: NetworkPolicy) -> None:
        """A port that the operator does not allow is refused."""
        result = checked(policy=replace(policy, allowed_ports=frozenset({143})))
        assert "port_refused" in codes(result)

    @pytest.mark.parametrize(
        ("greeting", "code"),
        [(b"220 mx ESMTP\r\n", "not_imap"), (b"* BYE go away\r\n", "server_bye")],
    )
    def test_odd_greetings(
        self,
        checked: Check,
        scripted: Callable[..., ScriptedServer],
        greeting: bytes,
        code: str,
    ) -> None:
        """A mail server of another kind, and one that closes at once, are told apart."""
        server = scripted(greeting)
        assert code in codes(checked(source=Server("127.0.0.1", server.port, Security.NONE)))

    def test_a_server_that_repeats_the_password(
        self, checked: Check, scripted: Callable[..., ScriptedServer]
    ) -> None:
        """Its words are shown without it."""
        capability = "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"
        refusal = f"{{tag}} NO [AUTHENTICATIONFAILED] {SOURCE_PASSWORD} is wrong\r\n"
        server = scripted(b"* OK hello\r\n", capability, refusal, refusal)
        result = checked(source=Server("127.0.0.1", server.port, Security.NONE))
        assert "is wrong" in one(result, "login_refused").server_words
        assert SOURCE_PASSWORD not in repr(result)


class TestDestination:
    def test_a_new_mailbox_needs_a_good_password(self, checked: Check) -> None:
        """K4: every rule of the policy that is not met blocks the row."""
        result = checked(mailbox_password="short")
        assert codes(result) == [
            "mailbox_to_be_made", "password_short", "password_no_upper",
            "password_no_digit_or_sign",
        ]  # fmt: skip
        assert result.blocked

    def test_wrong_password_of_an_old_mailbox(
        self, existing: CheckSubject, policy: NetworkPolicy, provisioner: Provisioner
    ) -> None:
        """K5: it keeps its own, and the words say so; the policy has no say."""
        wrong = replace(existing, mailbox_password="wrong")
        result = check(wrong, policy=policy, provisioner=provisioner)
        assert codes(result) == ["source_ready", "login_refused"]
        assert result.findings[1].field == "mailbox_password"
        assert "keeps the password that it has" in result.findings[1].words

    @pytest.mark.parametrize(
        ("mode", "code"),
        [(Mode.NEW, "mailbox_not_empty"), (Mode.ALL, "mailbox_not_empty_removal")],
    )
    def test_a_mailbox_that_holds_mail(
        self,
        existing: CheckSubject,
        destination_server: Dovecot,
        policy: NetworkPolicy,
        provisioner: Provisioner,
        *,
        mode: Mode,
        code: str,
    ) -> None:
        """Its messages are counted; the mode that removes says that it would."""
        put(destination_server, existing.login.username, "weak", messages=2)
        result = check(replace(existing, mode=mode), policy=policy, provisioner=provisioner)
        assert "2 messages" in one(result, code).words
        assert one(result, code).level is Level.WARNING

    def test_where_nothing_can_be_made(
        self, existing: CheckSubject, checked: Check, policy: NetworkPolicy
    ) -> None:
        """Whether the mailbox exists shows by its login; a refusal brings up the policy too."""
        kind = open_provisioner("existing", {})
        assert check(existing, policy=policy, provisioner=kind).mailbox_exists is True
        result = checked(provisioner=kind, mailbox="nobody", mailbox_password="short")
        assert result.mailbox_exists is None
        assert codes(result)[1:3] == ["login_refused", "password_short"]

    @pytest.mark.parametrize(
        ("changed", "code", "field"),
        [
            ({"mailbox": "lager/alt"}, "address_refused_by_destination", "mailbox"),
            ({"mailbox": "a%b"}, "address_refused_by_destination", "mailbox"),
            ({"mailbox_password": "New-Secret-2026\n"}, "password_refused_by_destination",
             "mailbox_password"),
            ({"mailbox_password": "New\0Secret-2026"}, "password_refused_by_destination",
             "mailbox_password"),
        ],
    )  # fmt: skip
    def test_what_the_destinations_system_refuses(
        self, checked: Check, changed: dict[str, object], code: str, field: str
    ) -> None:
        """It is asked before anything is made, and its words are a finding at the field."""
        result = checked(**changed)
        assert result.blocked
        assert codes(result) == [code]
        assert one(result, code).field == field

    @pytest.mark.parametrize("mailbox", ["info+test", "o'brien", "a&b"])
    def test_what_the_destinations_system_takes(self, checked: Check, mailbox: str) -> None:
        """Signs that its Dovecot is set up to take."""
        assert codes(checked(mailbox=mailbox)) == ["source_ready", "mailbox_to_be_made"]

    def test_a_new_password_that_nothing_proves(
        self, checked: Check, source_server: Dovecot
    ) -> None:
        """It is a warning with its place, and none where the old server has taken the same one."""
        odd = "Neü-Secret-2026"
        result = checked(mailbox_password=odd, line=3, guessed="Windows-1252")
        assert not result.blocked
        assert codes(result) == ["source_ready", "mailbox_to_be_made", "password_doubtful"]
        said = one(result, "password_doubtful").words
        assert said.startswith("Line 3 of the file, column Password: character 3 ")
        assert not any(odd in f"{f.words}{f.hint}" for f in result.findings)
        odd = "=Neu-Secret-2026"
        assert codes(checked(mailbox_password=odd))[-1] == "password_doubtful"
        source_server.add_user("same@example.test", odd)
        put(source_server, "same@example.test", odd, messages=0)
        source = Login("same@example.test", odd)
        for login in (source, Login("same@example.test", "")):
            result = checked(login=login, mailbox_password=odd, mailbox="same", guessed="X")
            assert codes(result) == ["source_ready", "mailbox_to_be_made"]

    def test_a_provisioner_that_fails(self, checked: Check, tmp_path: Path) -> None:
        """Its words are a finding."""
        broken = open_provisioner("dovecot-passwd", {"users_file": str(tmp_path / "none")})
        result = checked(provisioner=broken)
        assert codes(result) == ["provision_failed"]
        assert "No such file" in one(result, "provision_failed").server_words
