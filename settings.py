"""What the operator decides, read once from the environment. Nothing else reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import getaddresses
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

Network = IPv4Network | IPv6Network


SECRETS = (
    "ADMIN_PASSWORD",
    "DATABASE_URL",
    "METRICS_TOKEN",
    "REDIS_URL",
    "SECRET_KEYS",
    "SMTP_URL",
)
"""Each of these may stand in a file instead, which NAME_FILE names."""


class SettingsError(ValueError):
    """A variable of the environment has a value that cannot be used; the text names both."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where notices are handed in. `security` is starttls, tls or plain; no username: no login."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration of one installation. Sizes are bytes, times are seconds."""

    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(repr=False)
    """Fernet keys, newest first. Empty: the key file in `data_dir` is used."""
    allowed_networks: tuple[Network, ...]
    """Private, loopback and special ranges that a mail server may stand in."""
    allowed_ports: frozenset[int]
    connections_per_server: int
    """How many checks and account runs may talk to one source server at a time."""
    refused_logins: int
    """How many logins a server may refuse an organization within an hour."""
    run_workers: int
    check_workers: int
    lease_seconds: int
    check_seconds: int
    """How long the check of one account may take."""
    audit_days: int
    """How long lines of the audit trail are kept; 0: for ever."""
    upload_limit: int
    upload_rows: int
    base_url: str
    public_url: str
    """BASE_URL as the operator set it; empty: nobody knows our address, and no link goes out."""
    listen: str
    trusted_proxies: tuple[Network, ...]
    """Whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    secure_cookies: bool
    admin_email: str
    admin_password: str = field(repr=False)
    demo: bool
    ca_file: str
    """PEM bundle trusted beside the system's own authorities; empty: none."""
    certificate_exceptions: tuple[tuple[str, int, str], ...]
    """Host, port and SHA-256 of one certificate that is trusted at that server alone."""
    demo_ports: tuple[int, ...]
    """Source plain and TLS, destination plain and TLS."""
    smtp: MailServer | None
    """None: this installation sends no mail."""
    mail_from: str
    """The sender of notices, with or without a name before the address."""
    metrics: bool
    """Whether /metrics answers at all."""
    metrics_token: str = field(repr=False)
    """What /metrics wants to be shown; empty: nothing."""
    demo_source: str
    """host:port:security that step 1 offers; set by `make run` while the demo runs, else empty."""

    @property
    def key_file(self) -> Path:
        return self.data_dir / "secret.keys"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check every variable.

        Raises SettingsError with the variable's name when a value cannot be used.
        """
        env = with_files(os.environ if environ is None else environ)
        _refuse_bytes(env)
        data_dir = Path(env.get("DATA_DIR") or "var").resolve()
        listen = env.get("LISTEN") or "127.0.0.1:8000"
        smtp = _mail_server(env.get("SMTP_URL", ""))
        token = env.get("METRICS_TOKEN", "").strip()
        return cls(
            data_dir=data_dir,
            database_url=_database(env) or f"sqlite:///{data_dir / 'mailhaul.db'}",
            redis_url=_redis(env) or f"unix://{data_dir / 'redis' / 'redis.sock'}",
            secret_keys=tuple(_words(env.get("SECRET_KEYS", ""))),
            allowed_networks=_networks(env.get("ALLOWED_NETWORKS", "")),
            allowed_ports=frozenset({143, 993}) | _ports(env.get("ALLOWED_PORTS", "")),
            connections_per_server=_number(env, "CONNECTIONS_PER_SERVER", 10, (1, 1000)),
            refused_logins=_number(env, "REFUSED_LOGINS", 20, (1, 10_000)),
            run_workers=_number(env, "RUN_WORKERS", 4, (1, 200)),
            check_workers=_number(env, "CHECK_WORKERS", 4, (1, 200)),
            lease_seconds=_number(env, "LEASE_SECONDS", 30, (5, 600)),
            check_seconds=_number(env, "CHECK_SECONDS", 120, (5, 3600)),
            audit_days=_number(env, "AUDIT_DAYS", 0, (0, 36_500)),
            upload_limit=_number(env, "UPLOAD_LIMIT", 16 * 1024 * 1024, (1024, 1 << 30)),
            upload_rows=_number(env, "UPLOAD_ROWS", 50_000, (1, 1_000_000)),
            base_url=(env.get("BASE_URL") or f"http://{listen}").rstrip("/"),
            public_url=(env.get("BASE_URL") or "").rstrip("/"),
            listen=listen,
            trusted_proxies=_networks(env.get("TRUSTED_PROXIES", ""), "TRUSTED_PROXIES"),
            secure_cookies=_switch(
                env, "SECURE_COOKIES", (env.get("BASE_URL") or "").startswith("https://")
            ),
            admin_email=env.get("ADMIN_EMAIL", ""),
            admin_password=env.get("ADMIN_PASSWORD", ""),
            demo=_switch(env, "DEMO", True),
            ca_file=env.get("CA_FILE", ""),
            certificate_exceptions=_exceptions(env.get("CERTIFICATE_EXCEPTIONS", "")),
            demo_ports=_demo_ports(env.get("DEMO_PORTS") or "10143 10993 11143 11993"),
            smtp=smtp,
            mail_from=_sender(env.get("MAIL_FROM", ""), smtp),
            metrics=_switch(env, "METRICS", bool(token)),
            metrics_token=token,
            demo_source=env.get("DEMO_SOURCE", ""),
        )


_NAMES = [
    "DATA_DIR",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEYS",
    "ALLOWED_NETWORKS",
    "ALLOWED_PORTS",
    "BASE_URL",
    "LISTEN",
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "CA_FILE",
    "SMTP_URL",
    "MAIL_FROM",
    "METRICS_TOKEN",
    "DEMO_SOURCE",
    "DEMO_PORTS",
]


def _refuse_bytes(env: Mapping[str, str]) -> None:
    """The value is not shown: it may be a password, and cannot be printed."""
    for name in _NAMES:
        if any("\ud800" <= one <= "\udfff" for one in env.get(name, "")):
            raise SettingsError(f"{name} is not UTF-8")


def with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """The same with what the files of NAME_FILE hold, less the end of their last line.

    Raises SettingsError, whose text names the file and never what is in it."""
    env = dict(environ)
    for name in SECRETS:
        if not (place := env.pop(f"{name}_FILE", "")):
            continue
        if env.get(name):
            raise SettingsError(f"{name} and {name}_FILE are both set: keep one of them")
        try:
            env[name] = Path(place).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise SettingsError(f"{name}_FILE: {place} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError:
            raise SettingsError(f"{name}_FILE: {place} is not UTF-8") from None
    return env


def _database(env: Mapping[str, str]) -> str:
    """The errors do not show the value: a password may stand in it."""
    url = env.get("DATABASE_URL") or ""
    known = ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")
    if url and not url.startswith(known):
        raise SettingsError(
            "DATABASE_URL cannot be read: postgresql://... or sqlite:///... is needed"
        )
    return url


_REDIS_URL = (
    "redis://:password@host:6379/0, rediss:// with TLS, or unix:///path/to/redis.sock is needed, "
    "with %40 for an @ in the password"
)
_REDIS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_REDIS_OPTIONS = (*_REDIS_FILES, "ssl_ca_path", "ssl_cert_reqs", "ssl_check_hostname", "db")


def _redis(env: Mapping[str, str]) -> str:
    """The errors do not show the value: a password may stand in it."""
    url = env.get("REDIS_URL") or ""
    if not url or url.startswith("unix://"):
        return url
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0
    except ValueError:
        raise SettingsError(f"REDIS_URL cannot be read: {_REDIS_URL}") from None
    number = parts.path.removeprefix("/")
    if not known or "#" in url or parts.netloc.count("@") > 1 or not (number or "0").isdecimal():
        raise SettingsError(f"REDIS_URL cannot be read: {_REDIS_URL}")
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        _check_redis_option(name, value, tls=parts.scheme == "rediss")
    return url


def _check_redis_option(name: str, value: str, *, tls: bool) -> None:
    if name not in _REDIS_OPTIONS or (name == "db" and not value.isdecimal()):
        raise SettingsError(
            "REDIS_URL has something else behind its ? than "
            f"{', '.join(_REDIS_OPTIONS)}; a ? in the password is written %3F"
        )
    if name.startswith("ssl_") and not tls:
        raise SettingsError(f"REDIS_URL has {name} without TLS: it has to begin with rediss://")
    if name in _REDIS_FILES and not os.access(value, os.R_OK):
        raise SettingsError(f"REDIS_URL names {value} as {name}, which cannot be read")


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _number(env: Mapping[str, str], name: str, default: int, between: tuple[int, int]) -> int:
    text = env.get(name) or str(default)
    low, high = between
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name} is {text!r}: a whole number from {low} to {high} is needed")
    return int(text)


def _switch(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = (env.get(name) or "").strip().lower()
    if text in ("", "1", "0", "yes", "no", "true", "false", "on", "off"):
        return default if not text else text in ("1", "yes", "true", "on")
    raise SettingsError(f"{name} is {text!r}: 1 or 0 is needed")


def _networks(text: str, name: str = "ALLOWED_NETWORKS") -> tuple[Network, ...]:
    try:
        return tuple(ip_network(word, strict=False) for word in _words(text))
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from error


def _ports(text: str) -> frozenset[int]:
    words = _words(text)
    if not all(_is_port(word) for word in words):
        raise SettingsError(f"ALLOWED_PORTS is {text!r}: port numbers from 1 to 65535 are needed")
    return frozenset(int(word) for word in words)


def _exceptions(text: str) -> tuple[tuple[str, int, str], ...]:
    found: dict[tuple[str, int], str] = {}
    for word in _words(text):
        place, _, digest = word.partition("=")
        host, _, port = place.rpartition(":")
        plain = digest.replace(":", "").lower()
        whole = host and _is_port(port) and re.fullmatch("[0-9a-f]{64}", plain)
        if not whole or (host.lower().strip("[]"), int(port)) in found:
            raise SettingsError(
                f"CERTIFICATE_EXCEPTIONS has {word!r}: HOST:PORT=SHA256 is needed, once a server, "
                "the certificate's fingerprint as 64 hexadecimal digits, with or without colons"
            )
        found[host.lower().strip("[]"), int(port)] = plain
    return tuple((host, port, digest) for (host, port), digest in found.items())


def _demo_ports(text: str) -> tuple[int, ...]:
    words = _words(text)
    if len(set(words)) != 4 or len(words) != 4 or not all(_is_port(word) for word in words):
        raise SettingsError(f"DEMO_PORTS is {text!r}: four different port numbers are needed")
    return tuple(int(word) for word in words)


_MAIL_SCHEMES = {"smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("plain", 25)}
_MAIL_URL = "smtp://user:password@host:587 is needed, with %40 for an @ in the password"


def _mail_server(url: str) -> MailServer | None:
    """The errors do not show the value: a password may stand in it."""
    if not url.strip():
        return None
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise SettingsError(f"SMTP_URL cannot be read: {_MAIL_URL}") from None
    if parts.scheme not in _MAIL_SCHEMES or not parts.hostname or _has_more(parts):
        raise SettingsError(f"SMTP_URL cannot be read: {_MAIL_URL}")
    security, usual = _MAIL_SCHEMES[parts.scheme]
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, port or usual, security, username, password)


def _has_more(parts: SplitResult) -> bool:
    """A / ? or # that was not escaped cuts a password off; a name without one is no login, and
    SMTP's old ways to log in carry ASCII only."""
    half_login = bool(parts.username) != bool(parts.password)
    login = unquote((parts.username or "") + (parts.password or ""))
    return (
        half_login
        or not login.isascii()
        or parts.path not in ("", "/")
        or bool(parts.query or parts.fragment)
    )


def _sender(text: str, smtp: MailServer | None) -> str:
    """The login of SMTP_URL where that is an address; only an operator who sends mail needs one."""
    text = text.strip() or (smtp.username if smtp is not None else "")
    if smtp is None and not text:
        return ""
    addresses = [address for _, address in getaddresses([text])]
    if len(addresses) != 1 or "@" not in addresses[0] or not text.isascii() or _has_control(text):
        raise SettingsError(f"MAIL_FROM is {text!r}: one address is needed, such as a@example.com")
    return text


def _has_control(text: str) -> bool:
    return any(character < " " for character in text)


def _is_port(word: str) -> bool:
    return word.isascii() and word.isdigit() and 1 <= int(word) <= 65535
