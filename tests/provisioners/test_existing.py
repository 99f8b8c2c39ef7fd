"""A destination where nothing can be made."""

from __future__ import annotations

import pytest

from provisioners import open_provisioner
from provisioners.base import Provisioner
from tests.provisioners.contract import ProvisionerContract


class TestExisting(ProvisionerContract):
    @pytest.fixture
    def provisioner(self) -> Provisioner:
        return open_provisioner("existing", {})
