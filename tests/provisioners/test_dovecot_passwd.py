"""Mailboxes in a passwd-file, proven by a real Dovecot."""

from __future__ import annotations

import imaplib
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from launch.dovecot import Dovecot
from provisioners import open_provisioner
from provisioners.base import Provisioner, ProvisionError
from tests.provisioners.contract import ProvisionerContract

PASSWORD = 'Pä;ss:"{PLAIN}\\ wörd'
KEPT = (
    "# a comment\n\nold@example.test:{PLAIN}x::::::userdb_quota_rule=*:storage=1M\n#no:user\nlast"
)


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users"
    path.touch(mode=0o640)
    return path


def opened(users: Path, **config: str) -> Provisioner:
    return open_provisioner("dovecot-passwd", {"users_file": str(users), **config})


def log_in(server: Dovecot, address: str, password: str) -> str:
    client = imaplib.IMAP4("127.0.0.1", server.spec.port, timeout=20)
    try:
        return client.authenticate("PLAIN", lambda _: f"\0{address}\0{password}".encode())[0]
    finally:
        client.logout()


def ensure_many(users: str, first: int, words: str) -> None:
    """One of several processes: its own mailboxes, and one that all of them want."""
    provisioner = opened(Path(users))
    for number in range(first, first + 2):
        provisioner.ensure(f"u{number}@example.test", words)
        provisioner.ensure("shared@example.test", words)


class TestDovecotPasswd(ProvisionerContract):
    @pytest.fixture
    def provisioner(self, users: Path) -> Provisioner:
        return opened(users)


class TestWithDovecot:
    def test_a_new_mailbox_can_be_logged_in_to(self, destination_server: Dovecot) -> None:
        """At once, without a restart, whatever signs the password holds."""
        provisioner = opened(destination_server.spec.users_file)
        assert provisioner.ensure("Fresh.One@Example.test", PASSWORD).created
        assert log_in(destination_server, "fresh.one@example.test", PASSWORD) == "OK"
        assert log_in(destination_server, "Fresh.One@Example.test", PASSWORD) == "OK"
        with pytest.raises(imaplib.IMAP4.error):
            log_in(destination_server, "fresh.one@example.test", PASSWORD + "x")

    def test_mailboxes_made_one_after_the_other(self, destination_server: Dovecot) -> None:
        """A login right after the making works, though others log in all the time (Dovecot looks
        at its users file once a second only)."""
        provisioner = opened(destination_server.spec.users_file)
        for number in range(3):
            with pytest.raises(imaplib.IMAP4.error):
                log_in(destination_server, f"row{number}@example.test", PASSWORD)
            provisioner.ensure(f"row{number}@example.test", PASSWORD)
            assert log_in(destination_server, f"row{number}@example.test", PASSWORD) == "OK"

    def test_an_old_mailbox_keeps_its_password(
        self, destination_server: Dovecot, address: str
    ) -> None:
        """Ensuring a mailbox that exists changes nothing."""
        destination_server.add_user(address, "first")
        assert not opened(destination_server.spec.users_file).ensure(address, "second").created
        assert log_in(destination_server, address, "first") == "OK"


class TestTheFile:
    def test_other_lines_are_kept(self, users: Path) -> None:
        """Comments, blank lines, foreign fields and a last line without end stay as they are."""
        users.write_text(KEPT, encoding="utf-8")
        opened(users).ensure("new@example.test", PASSWORD)
        after = users.read_text(encoding="utf-8")
        assert after.startswith(KEPT + "\nnew@example.test:{ARGON2ID}$argon2id$")
        assert after.endswith("::::::\n")
        assert [m.address for m in opened(users).mailboxes("example.test")] == [
            "new@example.test", "old@example.test",
        ]  # fmt: skip

    def test_owner_and_mode_stay(self, users: Path) -> None:
        """Dovecot's own user can still read the file, and nobody else."""
        owner = 65534 if os.getuid() == 0 else os.getuid()
        os.chown(users, owner, -1)
        users.chmod(0o640)
        opened(users).ensure("new@example.test", PASSWORD)
        after = users.stat()
        assert after.st_uid == owner
        assert stat.S_IMODE(after.st_mode) == 0o640

    def test_nothing_is_left_behind(self, users: Path) -> None:
        """Only the file and its lock stand there, and the password nowhere."""
        opened(users).ensure("new@example.test", PASSWORD)
        assert sorted(path.name for path in users.parent.iterdir()) == ["users", "users.lock"]
        assert PASSWORD not in users.read_text(encoding="utf-8")

    def test_a_link_is_followed(self, users: Path, tmp_path: Path) -> None:
        """A users file behind a link is changed itself; the link stays one."""
        link = tmp_path / "link"
        link.symlink_to(users)
        opened(link).ensure("new@example.test", PASSWORD)
        assert link.is_symlink()
        assert "new@example.test" in users.read_text(encoding="utf-8")

    def test_several_processes(self, users: Path) -> None:
        """Four processes that make 8 mailboxes, and all of them one more, lose and double none."""
        context = multiprocessing.get_context("spawn")
        workers = [
            context.Process(target=ensure_many, args=(str(users), first, PASSWORD))
            for first in (0, 2, 4, 6)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert [worker.exitcode for worker in workers] == [0] * 4
        names = [line.partition(":")[0] for line in users.read_text("utf-8").splitlines()]
        assert sorted(names) == sorted(
            ["shared@example.test", *(f"u{n}@example.test" for n in range(8))]
        )


class TestRefusals:
    @pytest.mark.parametrize(
        "address",
        ["a:b@example.test", "a\nb@example.test", "a\0@example.test", "a/b@example.test",
         "../x@example.test", "#a@example.test", "a b@example.test", "a@b@example.test", "a",
         "ä@example.test", "a%u@example.test", ""],
    )  # fmt: skip
    def test_addresses_that_could_break_the_file(self, users: Path, address: str) -> None:
        """An address is a plain one, or nothing is written."""
        with pytest.raises(ProvisionError, match="cannot be made"):
            opened(users).ensure(address, PASSWORD)
        assert users.read_bytes() == b""

    @pytest.mark.parametrize("password", ["", "a\0b"])
    def test_passwords_that_no_login_could_send(self, users: Path, password: str) -> None:
        """An empty password would open the mailbox to everybody."""
        with pytest.raises(ProvisionError, match="without a usable password"):
            opened(users).ensure("a@example.test", password)
        assert users.read_bytes() == b""

    def test_no_such_file(self, tmp_path: Path) -> None:
        """A wrong path is said to be one; no file is made that no Dovecot reads."""
        with pytest.raises(ProvisionError, match="could not be read") as caught:
            opened(tmp_path / "none").exists("a@example.test")
        assert "No such file" in caught.value.server_words
        with pytest.raises(ProvisionError):
            opened(tmp_path / "none").ensure("a@example.test", PASSWORD)
        assert list(tmp_path.iterdir()) == []

    def test_administrators(self, users: Path) -> None:
        """F4: by default admin and postmaster; by choice, names or whole addresses."""
        for name in ("admin", "boss", "info"):
            opened(users).ensure(f"{name}@example.test", PASSWORD)
        assert [m.admin for m in opened(users).mailboxes("example.test")] == [True, False, False]
        chosen = opened(users, admins="Boss, info@example.test").mailboxes("example.test")
        assert [m.admin for m in chosen] == [False, True, True]
