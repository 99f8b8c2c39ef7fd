"""Opening a provisioner from what the operator chose."""

from __future__ import annotations

from typing import Any

import pytest

from provisioners import KINDS, open_provisioner
from provisioners.base import ProvisionError


def test_every_kind_opens_with_its_settings() -> None:
    """A form made from the settings of a kind gives a configuration that opens."""
    for name, kind in KINDS.items():
        config = {setting.name: setting.default or "/nowhere" for setting in kind.settings}
        assert open_provisioner(name, config) is not None


@pytest.mark.parametrize(
    ("kind", "config", "words"),
    [
        ("exchange", {}, "no provisioner called “exchange”"),
        ("dovecot-passwd", {}, "“Users file” is missing"),
        ("dovecot-passwd", {"users_file": "  "}, "“Users file” is missing"),
        ("existing", {"users_file": "x"}, "no setting “users_file”"),
    ],
)
def test_bad_configurations(kind: str, config: dict[str, Any], words: str) -> None:
    """A wrong kind or setting is named."""
    with pytest.raises(ProvisionError, match=words):
        open_provisioner(kind, config)
