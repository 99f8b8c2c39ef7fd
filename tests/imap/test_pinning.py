"""One certificate of one server, trusted because the operator says so."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import replace

import pytest

from imap import Login, NetworkPolicy, Server, Throttle, open_source
from launch.dovecot import Dovecot
from settings import Settings, SettingsError
from sync.errors import Code, ConnectFailed
from sync.options import Security
from tests.imap.policy import policy_for

LOGIN = Login("nobody@example.test", "wrong password")


def _digest(server: Dovecot) -> str:
    pem = (server.spec.directory / "cert.pem").read_text()
    first = pem[: pem.index("-----END CERTIFICATE-----") + 26]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def _code(server: Server, policy: NetworkPolicy, throttle: Throttle | None = None) -> Code:
    source = open_source(server, LOGIN, policy, throttle=throttle)
    with pytest.raises(Exception) as refused:  # noqa: PT011
        source.connect()
    source.close()
    code = getattr(refused.value, "code", None)
    assert isinstance(code, Code), refused.value
    return code


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("slow", [False, True])
def test_only_that_certificate_of_that_server_is_taken(
    source_server: Dovecot, security: Security, slow: bool
) -> None:
    """With it the password is sent (and refused here); with any other, at another port or without
    an exception, it is not."""
    spec = source_server.spec
    port = spec.tls_port if security is Security.TLS else spec.port
    server = Server("localhost", port, security)
    policy = policy_for(port, timeout=10.0)
    right, wrong = _digest(source_server), "0" * 64

    def told(*pinned: tuple[str, int, str]) -> Code:
        throttle = Throttle(1_000_000, lambda _seconds: None) if slow else None
        return _code(server, replace(policy, pinned=pinned), throttle)

    assert told() is Code.CERTIFICATE_UNTRUSTED
    assert told(("localhost", port, right)) is Code.LOGIN_REFUSED
    assert told(("localhost", port, wrong)) is Code.CERTIFICATE_UNTRUSTED
    assert told(("localhost", port + 1, right)) is Code.CERTIFICATE_UNTRUSTED
    assert told(("other.example", port, right)) is Code.CERTIFICATE_UNTRUSTED


def test_the_fingerprint_that_was_shown_instead_is_told(source_server: Dovecot) -> None:
    """So that the operator sees what has changed."""
    port = source_server.spec.tls_port
    policy = replace(policy_for(port, timeout=10.0), pinned=(("localhost", port, "0" * 64),))
    source = open_source(Server("localhost", port), LOGIN, policy)
    with pytest.raises(ConnectFailed) as refused:
        source.connect()
    assert refused.value.server_words == f"SHA-256 {_digest(source_server)}"


def test_exceptions_are_read_from_the_settings() -> None:
    """HOST:PORT=SHA256, with or without colons; what is no fingerprint is named."""
    digest = "ab" * 32
    colons = ":".join(["AB"] * 32)
    settings = Settings.from_env(
        {"CERTIFICATE_EXCEPTIONS": f"Mail.Old.example:993={colons} [2001:db8::1]:143={digest}"}
    )
    assert settings.certificate_exceptions == (
        ("mail.old.example", 993, digest),
        ("2001:db8::1", 143, digest),
    )
    for wrong in (f"mail.old.example={digest}", "mail.old.example:993=ab", f"*:0={digest}"):
        with pytest.raises(SettingsError, match="CERTIFICATE_EXCEPTIONS"):
            Settings.from_env({"CERTIFICATE_EXCEPTIONS": wrong})
