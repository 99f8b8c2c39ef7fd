"""The systems that hold the destination's mailboxes, one file each, and how one is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioners import dovecot_passwd, existing
from provisioners.base import Kind, Provisioner, ProvisionError

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (dovecot_passwd.KIND, existing.KIND)}


def open_provisioner(kind: str, config: Mapping[str, Any]) -> Provisioner:
    """The provisioner of a destination. Raises ProvisionError for an unknown kind, an unknown
    setting, or a required one that is missing; asks nothing of the system yet."""
    if kind not in KINDS:
        raise ProvisionError(f"There is no provisioner called “{kind}”: {', '.join(KINDS)}.")
    _refuse_bad_config(KINDS[kind], config)
    if kind == dovecot_passwd.KIND.name:
        return dovecot_passwd.DovecotPasswd(config)
    return existing.Existing()


def _refuse_bad_config(kind: Kind, config: Mapping[str, Any]) -> None:
    known = {setting.name for setting in kind.settings}
    for name in config:
        if name not in known:
            raise ProvisionError(f"{kind.label}: there is no setting “{name}”.")
    for setting in kind.settings:
        if setting.required and not str(config.get(setting.name) or "").strip():
            raise ProvisionError(f"{kind.label}: the setting “{setting.label}” is missing.")
