"""What every provisioner keeps to. Subclasses give a `provisioner`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from provisioners.base import Ensured, Mailbox, Provisioner


class ProvisionerContract:
    @pytest.fixture
    def provisioner(self) -> Iterator[Provisioner]:
        raise NotImplementedError

    def test_a_mailbox_exists_once_it_is_ensured(self, provisioner: Provisioner) -> None:
        """What is ensured is there, or the system cannot tell."""
        before = provisioner.exists("new@example.test")
        made = provisioner.ensure("new@example.test", "New-Secret-2026")
        assert made == Ensured(created=before is False)
        assert provisioner.exists("new@example.test") is (None if before is None else True)

    def test_ensuring_twice_makes_one(self, provisioner: Provisioner) -> None:
        """The second time, and in another letter case, nothing is made."""
        provisioner.ensure("twice@example.test", "New-Secret-2026")
        listed = provisioner.mailboxes("example.test")
        assert not provisioner.ensure("twice@example.test", "Other-Secret-1").created
        assert not provisioner.ensure("Twice@Example.test", "Other-Secret-1").created
        assert provisioner.mailboxes("example.test") == listed

    def test_only_what_can_create_creates(self, provisioner: Provisioner) -> None:
        """A system that can create nothing says so beforehand."""
        created = provisioner.ensure("can@example.test", "New-Secret-2026").created
        assert created is provisioner.can_create

    def test_mailboxes_are_listed_by_domain(self, provisioner: Provisioner) -> None:
        """Sorted by address, and of this domain alone."""
        for address in ("b@example.test", "a@example.test", "c@notexample.test"):
            provisioner.ensure(address, "New-Secret-2026")
        listed = [mailbox.address for mailbox in provisioner.mailboxes("example.test")]
        assert listed == (["a@example.test", "b@example.test"] if provisioner.can_create else [])
        assert all(isinstance(one, Mailbox) for one in provisioner.mailboxes("Example.test"))
        assert provisioner.mailboxes("elsewhere.example") == ()
