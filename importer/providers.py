"""What well-known providers ask of a login, known by the host's name or by the server's words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """`hosts` are ends of host names; `advice` is what to do when its login is refused."""

    name: str
    hosts: tuple[str, ...]
    advice: str


_GOOGLE = (
    "Google takes no ordinary password over IMAP. Switch on 2-step verification in the Google "
    "account, make an app password at myaccount.google.com/apppasswords, and use that."
)
_MICROSOFT = (
    "Microsoft has switched off passwords over IMAP for Microsoft 365 and Outlook.com for good, "
    "app passwords too; only a sign-in through the browser (OAuth) is accepted. This mailbox "
    "cannot be fetched with a password."
)
_GMX = (
    "Switch on “POP3 and IMAP access” in the GMX settings, and use the whole address as the "
    "username. With two-factor authentication, make an app-specific password there."
)
_WEBDE = (
    "Switch on “POP3 and IMAP access” in the WEB.DE settings, and use only the part before the @ "
    "as the username. With two-factor authentication, make an app-specific password there."
)
_ICLOUD = (
    "Apple takes an app-specific password only: make one at account.apple.com. "
    "The username is the part before the @."
)
_YAHOO = "Yahoo and AOL take an app password only: make one under “Account security” on their site."

_NETEASE = (
    "NetEase (163.com, 126.com, yeah.net) opens folders only to programs that it trusts. Switch on "
    "“IMAP/SMTP” in the webmail's settings, make an authorization code there, and use that as the "
    "password. If it is refused still, confirm the sign-in that NetEase reports to the owner."
)

NETEASE_HOSTS = ("163.com", "126.com", "yeah.net", "188.com", "netease.com")

PROVIDERS = (
    Provider("Gmail", ("gmail.com", "googlemail.com"), _GOOGLE),
    Provider(
        "Microsoft",
        ("office365.com", "outlook.com", "hotmail.com", "live.com", "office.com"),
        _MICROSOFT,
    ),
    Provider("GMX", ("gmx.net", "gmx.com", "gmx.de"), _GMX),
    Provider("WEB.DE", ("web.de",), _WEBDE),
    Provider("iCloud", ("me.com", "icloud.com"), _ICLOUD),
    Provider("Yahoo", ("yahoo.com", "yahoo.de", "aol.com"), _YAHOO),
    Provider(
        "T-Online",
        ("t-online.de",),
        "T-Online has a password for e-mail programs of its own: set it in the Customer Centre.",
    ),
    Provider(
        "Free",
        ("free.fr",),
        "Use only the part before the @ as the username.",
    ),
    Provider(
        "Yandex",
        ("yandex.com", "yandex.ru"),
        "Allow IMAP in the Yandex settings and make an app password there.",
    ),
    Provider(
        "Zoho",
        ("zoho.com", "zoho.eu"),
        "Switch on IMAP in the Zoho settings. With two-factor authentication, make an "
        "application-specific password there.",
    ),
    Provider(
        "Fastmail",
        ("fastmail.com",),
        "Make an app password with IMAP access in the Fastmail settings.",
    ),
    Provider("NetEase", NETEASE_HOSTS, _NETEASE),
)

LOGIN_PHRASES = (
    ("application-specific password required", _GOOGLE),
    ("please log in via your web browser", _GOOGLE),
    ("web login required", _GOOGLE),
    ("basic authentication is disabled", _MICROSOFT),
    ("basicauthblocked", _MICROSOFT),
    ("logondenied-basicauthblocked", _MICROSOFT),
    (
        "imap access is disabled",
        "IMAP is switched off for this mailbox: switch it on in the provider's settings.",
    ),
    (
        "not enabled for imap",
        "IMAP is switched off for this mailbox: switch it on in the provider's settings.",
    ),
    (
        "account is locked",
        "The provider has locked this account: its owner has to sign in on the provider's site.",
    ),
    (
        "too many failed",
        "The provider refuses logins for a while after wrong passwords: wait 15 minutes.",
    ),
)

OPENING_PHRASES = (
    ("unsafe login", _NETEASE),
    ("kefu@188.com", _NETEASE),
    (
        "imap access is disabled",
        "IMAP is switched off for this mailbox: switch it on in the provider's settings.",
    ),
    (
        "quota",
        "The mailbox is full, and its server opens no folder until there is room: delete some mail "
        "there, or have the quota raised.",
    ),
    (
        "locked",
        "Another program holds the mailbox, a POP3 one perhaps: close it, and check the row again.",
    ),
)

CONNECTION_PHRASES = (
    (
        "mail_max_userip_connections",
        "The server allows only so many connections for one user: close other mail programs "
        "that use this mailbox, or ask its operator to raise mail_max_userip_connections.",
    ),
    (
        "too many simultaneous connections",
        "Gmail allows 15 connections for one mailbox: close other mail programs that use it, "
        "and try again in some minutes.",
    ),
    (
        "bandwidth limits",
        "Google lets 2,500 MB a day be fetched from one mailbox: go on tomorrow.",
    ),
)


def login_advice(host: str, server_words: str) -> str:
    """What to do about a refused login; '' when nothing special is known."""
    said = server_words.casefold()
    for phrase, advice in LOGIN_PHRASES:
        if phrase in said:
            return advice
    provider = provider_of(host)
    return provider.advice if provider else ""


def opening_advice(host: str, server_words: str) -> str:
    """What to do about a server that opens no folder; '' when nothing special is known."""
    said = server_words.casefold()
    for phrase, advice in OPENING_PHRASES:
        if phrase in said:
            return advice
    return _NETEASE if _is_at(host, NETEASE_HOSTS) else ""


def connection_advice(server_words: str) -> str:
    said = server_words.casefold()
    return next((advice for phrase, advice in CONNECTION_PHRASES if phrase in said), "")


def provider_of(host: str) -> Provider | None:
    return next((one for one in PROVIDERS if _is_at(host, one.hosts)), None)


def _is_at(host: str, ends: tuple[str, ...]) -> bool:
    name = host.casefold().rstrip(".")
    return any(name == end or name.endswith("." + end) for end in ends)
