"""The kinds of lines that the audit trail has. Each has words in wizard/history_words.py."""

from __future__ import annotations

READINGS = frozenset({"report read", "report taken", "account read", "log read"})
"""Nothing was changed: lines of the audit trail, and none of a migration's own history."""

REFUSED_SIGN_IN = "sign-in refused"

OF_MIGRATIONS = frozenset(
    {
        "created",
        "changed",
        "started",
        "stopped",
        "paused",
        "resumed",
        "retried",
        "completed",
        "ended",
        "rehearsed",
        "noted",
        "scheduled",
        "suspended",
        "activated",
        "went on",
        "held",
        "lapsed",
        "time",
        "discarded",
        "deleted",
        "deletion confirmed",
        "passwords used",
        "passwords wiped",
        "test notice",
        "list asked",
        "certificate exception",
    }
)
OF_ACCOUNTS = frozenset(
    {
        "rows added",
        "rows removed",
        "rows checked",
        "row changed",
        "usernames changed",
        "account paused",
        "account resumed",
        "account stopped",
        "account retried",
        "removal allowed",
    }
)
OF_PEOPLE = frozenset(
    {
        "signed in",
        REFUSED_SIGN_IN,
        "signed out",
        "password",
        "password refused",
        "person added",
        "person changed",
    }
)
OF_THE_INSTALLATION = frozenset(
    {
        "organization added",
        "organization changed",
        "domain added",
        "domain removed",
        "destination added",
        "destination changed",
        "connections changed",
        "audit taken",
        "audit forgotten",
    }
)
KINDS = READINGS | OF_MIGRATIONS | OF_ACCOUNTS | OF_PEOPLE | OF_THE_INSTALLATION
