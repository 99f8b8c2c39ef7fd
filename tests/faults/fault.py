"""What can go wrong on a line, and in which phases there is such a thing."""

from __future__ import annotations

from enum import StrEnum

from sync.errors import Side
from tests.faults.wire import Phase


class Fault(StrEnum):
    RESET = "reset"
    CLOSE = "close"
    HALF_CLOSE = "half-close"
    STALL = "stall"
    DRIP = "one byte at a time"
    CRAWL = "a few bytes a second"
    SHORT = "cut in the middle"
    GARBAGE = "garbage line"
    BYE = "BYE"
    NO = "NO"
    BAD = "BAD"
    MISSING_FETCH = "missing FETCH"
    DOUBLE_FETCH = "FETCH twice"
    UNSOLICITED = "unsolicited responses"
    NIL_BODY = "NIL body"
    EMPTY_BODY = "{0} body"
    SHORT_BODY = "short literal"
    SHORT_LARGE = "short literal of a large message"
    WRONG_UID = "wrong UID"
    WRONG_TAG = "wrong tag"
    UIDVALIDITY = "UIDVALIDITY change"
    NO_UIDNEXT = "UIDNEXT missing"


class TlsFault(StrEnum):
    """Those that only TLS has."""

    TRUNCATE = "end without a farewell"
    BESIDE = "garbage beside the records"
    BROKEN = "a damaged record"


OF_A_LINE = (
    Fault.RESET,
    Fault.CLOSE,
    Fault.HALF_CLOSE,
    Fault.STALL,
    Fault.DRIP,
    Fault.CRAWL,
    Fault.SHORT,
    Fault.GARBAGE,
    Fault.BYE,
)
"""They need no certain response."""

_READ = (Phase.LISTING, Phase.BODIES, Phase.PROOF)
_OPENED = (Phase.LISTING, Phase.PROOF)
_PLACES = {
    Fault.MISSING_FETCH: _READ,
    Fault.DOUBLE_FETCH: _READ,
    Fault.WRONG_UID: (*_READ, Phase.APPEND),
    Fault.NIL_BODY: (Phase.BODIES,),
    Fault.EMPTY_BODY: (Phase.BODIES,),
    Fault.SHORT_BODY: (Phase.BODIES,),
    Fault.SHORT_LARGE: (Phase.BODIES,),
    Fault.UIDVALIDITY: (*_OPENED, Phase.LIST, Phase.APPEND),
    Fault.NO_UIDNEXT: (*_OPENED, Phase.LIST),
}
"""Where there is such a response; the others are everywhere but in the greeting."""

_PHASES = {
    Side.SOURCE: (Phase.GREETING, Phase.LOGIN, Phase.LIST, Phase.LISTING, Phase.BODIES),
    Side.DESTINATION: (
        Phase.GREETING,
        Phase.LOGIN,
        Phase.LIST,
        Phase.MAKING,
        Phase.LISTING,
        Phase.APPEND,
        Phase.PROOF,
        Phase.FLAGS,
    ),
}

Case = tuple[Side, Phase, Fault]


def cases() -> list[Case]:
    """Every fault in every phase in which there is such a thing."""
    return [
        (side, phase, fault)
        for side, phases in _PHASES.items()
        for phase in phases
        for fault in Fault
        if _possible(phase, fault)
    ]


def quick_cases() -> list[Case]:
    """Without those that take long and say little."""
    return [case for case in cases() if case[2] is not Fault.CRAWL or case[1] is Phase.BODIES]


def _possible(phase: Phase, fault: Fault) -> bool:
    if fault in OF_A_LINE:
        return True
    return phase in _PLACES.get(fault, tuple(set(Phase) - {Phase.GREETING}))


GROUPS: list[tuple[Side, Phase]] = sorted(
    {(side, phase) for side, phase, _ in cases() if phase is not Phase.GREETING}
)
"""Where there are commands to be refused."""

BACKOFF = "Suggested Backoff Time: 299961 Milliseconds"
"""As Exchange says it."""

NO_CODES = (
    "ALERT",
    "ALREADYEXISTS",
    "AUTHENTICATIONFAILED",
    "AUTHORIZATIONFAILED",
    "BADCHARSET (UTF-8)",
    'BADURL "imap:///"',
    "CANNOT",
    "CLIENTBUG",
    "CLOSED",
    "COMPRESSIONACTIVE",
    "CONTACTADMIN",
    "CORRUPTION",
    "EXPIRED",
    "EXPUNGEISSUED",
    "HASCHILDREN",
    "INUSE",
    "LIMIT",
    "MAXCONVERTMESSAGES 3",
    "METADATA LONGENTRIES 3",
    "NOMODSEQ",
    "NONEXISTENT",
    "NOPERM",
    "NOTSAVED",
    'NOUPDATE "tag"',
    "OVERQUOTA",
    "PARSE",
    "PRIVACYREQUIRED",
    "READ-ONLY",
    "REFERRAL imap://elsewhere.example/",
    "SERVERBUG",
    "TEMPFAIL INBOX",
    "THROTTLED",
    "TOOBIG",
    "TRYCREATE",
    "UIDNOTSTICKY",
    "UNAVAILABLE",
    "UNKNOWN-CTE",
    "USEATTR",
    "X-UNHEARD-OF",
)
"""Those of RFC 9051 and RFC 5530, of extensions, and others that servers send with NO."""
