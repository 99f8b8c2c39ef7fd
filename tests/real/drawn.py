"""Odd mail and odd names drawn by a seed, for those that nobody has thought of."""

from __future__ import annotations

import random

from tests.real.corpus import NOON, Mail, few_mails

_ENDS = (b"\r\n",) * 12 + (b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n")
_WORDS = (
    *(b"word", b"two words", b"", b".", b"..", b"From x", b">From y", b"--edge", b"a" * 1200),
    *(b"nul \0", b"\0", b"\xe9", b"\xff\xfe", "ü".encode(), "😀".encode(), b"\x1b[0m", b"\x7f"),
    *(b"tab\t", b"blank ", b"=20", b"\x1a", b"{3}", b"* 1 EXISTS", b")", b"\x0c"),
)
_FIELDS = (
    *(
        b"Message-ID: <%d@drawn.test>",
        b"Message-Id:<%d@drawn.test>",
        b"Message-ID : <%d@drawn.test>",
    ),
    *(b"MESSAGE-ID:\r\n <%d@drawn.test>", b"Message-ID: <%d \xe9@drawn.test>", b"Message-ID: %d"),
    *(
        b"Subject: drawn %d",
        b"Subject:",
        b"Subject : %d",
        b"Subject: \xfc %d",
        b"SUBJECT: a\r\n\tb %d",
    ),
    *(b"Subject: nul \0 %d", b"Subject: %d\r\n \r\n after a blank", b"Subject: cr \r in %d"),
    *(b"From: a%d@x.test", b"From:b@x.test", b"From : c@x.test", b"From: J\xc3\xbcrgen <j@x.test>"),
    *(b"Date: Tue, 14 Nov 2023 22:13:20 +0000", b"Date: yesterday", b"date: 14 Nov 23", b"Date:"),
    *(b"X-Odd: %d", b"X-Long: " + b"z" * 990, b"X Odd: %d", b"no field %d", b"Content-Length: %d"),
    *(b"Status: RO", b"X-UID: %d", b"X-IMAP: 1 2", b"X-Keywords: a", b"Bcc: x@x.test", b">From a"),
)
_LETTERS = (
    *"abcxyzABC0123456789 ",
    *"äöüßéñ你好שלוםไทย😀🏳",
    *"\"'`´%*\\&+-_=~!?$#@,;:()[]{}<>|^",
    *("e\u0301", "\u00a0", "\u200b", "ﬁ", "İ", "ı"),
)
_NAMES = ("nil", "Nil", "NIL", "{1}", "inbox", "INBOX ", "Sent", "sent", "&", "&-", "-", "#", "~")


def drawn_mail(seed: int, count: int) -> list[Mail]:
    """So many messages; one in eight stands twice."""
    chosen = random.Random(seed)
    mails: list[Mail] = []
    while len(mails) < count:
        fields = chosen.sample(_FIELDS, chosen.randint(0, 8))
        number = len(mails) if chosen.random() < 0.8 else 0
        head = b"".join(
            field.replace(b"%d", b"%d" % number) + chosen.choice(_ENDS[:13]) for field in fields
        )
        words = chosen.choices(_WORDS, k=chosen.randint(0, 12))
        body = b"".join(word + chosen.choice(_ENDS) for word in words)
        if chosen.random() < 0.3:
            body = body.rstrip(b"\r\n")
        whole = head + (b"\r\n" if chosen.random() < 0.95 else b"") + body
        # Nothing at all no server keeps as a message.
        mail = Mail(whole or b"\r\n", chosen.choice(("", "S", "RS", "F")), NOON + len(mails))
        mails += [mail] * (2 if chosen.random() < 0.125 else 1)
    return mails[:count]


def drawn_names(seed: int, count: int) -> list[str]:
    """So many names, with '/' between the levels; no level is empty, and none is a dot's."""
    chosen = random.Random(seed)
    names: dict[str, None] = {}
    while len(names) < count:
        parts = [_part(chosen) for _ in range(chosen.choice((1, 1, 1, 2, 3)))]
        if parts[0].upper() != "INBOX":
            names["/".join(parts)] = None
    return list(names)


def _part(chosen: random.Random) -> str:
    if chosen.random() < 0.15:
        return chosen.choice(_NAMES)
    return "".join(chosen.choices(_LETTERS, k=chosen.choice((1, 2, 3, 5, 9, 30))))


def drawn_mailbox(seed: int, *, mails: int = 60, names: int = 30) -> dict[str, list[Mail]]:
    """By the folder's name, with '/' between the levels."""
    return {
        "INBOX": few_mails("INBOX"),
        "Drawn": drawn_mail(seed, mails),
        **{name: few_mails(name) for name in drawn_names(seed, names)},
    }
