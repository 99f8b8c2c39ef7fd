"""Each kind of line of the audit trail, in words."""

from __future__ import annotations

from collections.abc import Mapping

HISTORY: Mapping[str, str] = {
    # migrations
    "created": "Created",
    "changed": "Changed",
    "started": "Started",
    "stopped": "Stopped",
    "paused": "Paused",
    "resumed": "Resumed",
    "retried": "Tried again",
    "completed": "Completed",
    "ended": "Ended",
    "rehearsed": "Dry run ended",
    "noted": "Note changed",
    "scheduled": "Scheduled",
    "suspended": "Schedule suspended",
    "activated": "Schedule active again",
    "went on": "Went on after refused logins",
    "held": "Could not start yet",
    "lapsed": "Not started any more",
    "time": "Next start computed anew",
    "passwords wiped": "Stored passwords removed",
    "passwords used": "Stored passwords used",
    "deletion confirmed": "Deletion in the source confirmed",
    "discarded": "Draft removed",
    "deleted": "Deleted",
    "test notice": "Test notice sent",
    "list asked": "List of mailboxes asked for",
    "certificate exception": "Certificate accepted by an exception",
    "report read": "Report read",
    "report taken": "Report downloaded",
    "account read": "Account's report read",
    "log read": "Download log read",
    # accounts
    "rows added": "Accounts added",
    "rows removed": "Accounts removed",
    "rows checked": "Checked again",
    "row changed": "Account edited",
    "usernames changed": "Usernames changed",
    "account paused": "Account paused",
    "account resumed": "Account resumed",
    "account stopped": "Account stopped",
    "account retried": "Account tried again",
    "removal allowed": "Removal allowed",
    # people
    "signed in": "Signed in",
    "sign-in refused": "Sign-in refused",
    "signed out": "Signed out",
    "password": "Password changed",
    "password refused": "Password not changed",
    "person added": "Person added",
    "person changed": "Person changed",
    # the installation
    "organization added": "Organization added",
    "organization changed": "Organization changed",
    "domain added": "Domain added",
    "domain removed": "Domain removed",
    "destination added": "Destination added",
    "destination changed": "Destination changed",
    "connections changed": "Connections to a server changed",
    "audit taken": "Audit trail downloaded",
    "audit forgotten": "Audit trail shortened",
}


def happened(kind: str) -> str:
    """What an earlier version has written has words of its own."""
    return HISTORY.get(kind, kind.capitalize())
