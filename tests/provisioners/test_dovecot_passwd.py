"""Mailboxes in a passwd-file, proven by a real Dovecot."""

from __future__ import annotations

import imaplib
import multiprocessing
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from launch.dovecot import Dovecot
from provisioners import open_provisioner
from provisioners.base import About, NewMailbox, Provisioner, ProvisionError
from provisioners.login_names import DEFAULT
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


ATEXT = "!#$&'*+-=?^_`{|}~"
"""What may stand in an address (RFC 5321) beside letters, digits and dots, but % and /."""


class TestLoginNames:
    """What is refused when it is asked for is refused by Dovecot, and what is not logs in."""

    @pytest.mark.parametrize("local", [*(f"a{sign}b" for sign in ATEXT), "o'brien", "info+test"])
    def test_what_dovecot_takes_is_taken(self, destination_server: Dovecot, local: str) -> None:
        """Every sign of an address, where auth_username_chars allows all."""
        provisioner = opened(destination_server.spec.users_file)
        new = NewMailbox(f"{local}@signs.test", PASSWORD)
        assert provisioner.refusals(new) == ()
        assert provisioner.ensure(new.address, PASSWORD).created
        assert log_in(destination_server, new.address, PASSWORD) == "OK"
        assert provisioner.exists(new.address)
        assert not provisioner.ensure(new.address, PASSWORD).created
        assert new.address in [one.address for one in provisioner.mailboxes("signs.test")]

    def test_dovecots_default(self, make_dovecot: Callable[..., Dovecot]) -> None:
        """dovecot.conf beside the users file says what is taken; nobody else is made."""
        usual = "".join(sorted(DEFAULT))
        server = make_dovecot(settings=f"auth_username_chars = {usual}")
        provisioner = opened(server.spec.users_file)
        for local, sign in (("info+test", "+"), ("o'brien", "'"), ("a&b", "&"), ("x!y", "!")):
            new = NewMailbox(f"{local}@signs.test", PASSWORD)
            (refusal,) = provisioner.refusals(new)
            assert refusal.about is About.ADDRESS
            assert f"“{sign}” (its setting auth_username_chars)" in refusal.words
            with pytest.raises(ProvisionError, match="auth_username_chars"):
                provisioner.ensure(new.address, PASSWORD)
            # As if it had been made all the same.
            server.add_user(new.address, "x")
            with pytest.raises(imaplib.IMAP4.error):
                log_in(server, new.address, "x")
        assert provisioner.refusals(NewMailbox("Jane.d-o_e9@signs.test", PASSWORD)) == ()

    @pytest.mark.parametrize(
        ("said", "refused"),
        [("", "+'"), ("any", ""), ("abcdeginost@.+", "'r"), (" ANY ", "")],
    )
    def test_the_operators_word(self, users: Path, said: str, refused: str) -> None:
        """The setting stands above Dovecot's default, where no dovecot.conf is beside the file."""
        provisioner = opened(users, login_chars=said)
        found = provisioner.refusals(NewMailbox("oi+b'r@test.de", PASSWORD))
        named = {sign for sign in "+'r" if found and f"“{sign}”" in found[0].words}
        assert named == set(refused)

    def test_the_last_word_of_the_files_counts(self, users: Path) -> None:
        """conf.d, then dovecot.conf; comments and other settings say nothing."""
        (users.parent / "conf.d").mkdir()
        auth = users.parent / "conf.d" / "10-auth.conf"
        new = NewMailbox("a+b@example.test", PASSWORD)
        auth.write_text("#auth_username_chars = ab+\nauth_username_chars_x = +\n")
        assert opened(users).refusals(new)
        auth.write_text("auth_username_chars = abexmplts@.+\n")
        assert not opened(users).refusals(new)
        (users.parent / "dovecot.conf").write_text("auth_username_chars = abexmplts@.\n")
        assert opened(users).refusals(new)

    @pytest.mark.parametrize(
        "local", ["lager/alt", "a:b", "a%u", "a b", "a\tb", "ä", "#a", 'a"b', "a\\b", "a\x7fb"]
    )
    def test_what_no_setting_allows(self, users: Path, local: str) -> None:
        """Separators of the file and of paths are refused when they are asked about, too."""
        (refusal,) = opened(users, login_chars="any").refusals(
            NewMailbox(f"{local}@example.test", PASSWORD)
        )
        assert refusal.about is About.ADDRESS
        assert "cannot stand in the name of a Dovecot mailbox" in refusal.words

    @pytest.mark.parametrize(
        "password", ["x" * 4096, "😀" * 1000, "".join(map(chr, range(14, 128))), " = ", "'\"\\"]
    )
    def test_passwords_that_are_taken_log_in(
        self, destination_server: Dovecot, address: str, password: str
    ) -> None:
        """Up to the longest that is taken, and of all kinds of signs."""
        provisioner = opened(destination_server.spec.users_file)
        assert provisioner.refusals(NewMailbox(address, password)) == ()
        provisioner.ensure(address, password)
        assert log_in(destination_server, address, password) == "OK"

    @pytest.mark.parametrize("sign", ["\t", "\x01"])
    def test_what_dovecot_itself_refuses(
        self, destination_server: Dovecot, address: str, sign: str
    ) -> None:
        """Signs that are refused, though the password is right: so no mailbox is made with them."""
        provisioner = opened(destination_server.spec.users_file)
        (refusal,) = provisioner.refusals(NewMailbox(address, f"a{sign}b"))
        assert refusal.about is About.PASSWORD
        destination_server.add_user(address, f"a{sign}b")
        provisioner.ensure(f"other-{address}", "x")
        assert log_in(destination_server, f"other-{address}", "x") == "OK"
        with pytest.raises(imaplib.IMAP4.error):
            log_in(destination_server, address, f"a{sign}b")

    def test_a_directory_that_cannot_be_written(self, users: Path) -> None:
        """It is said when it is asked, and not in the run. As root, everything can be written."""
        if os.getuid():
            users.parent.chmod(0o500)
            with pytest.raises(ProvisionError, match="could not be written"):
                opened(users).refusals(NewMailbox("a@example.test", PASSWORD))
            users.parent.chmod(0o700)
            return
        child = os.fork()
        if not child:
            os._exit(_asked_as_nobody(users))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def _asked_as_nobody(users: Path) -> int:
    for place in (users, *users.parents):
        place.chmod(place.stat().st_mode | 0o055)
    os.setresuid(65534, 65534, 65534)
    try:
        opened(users).refusals(NewMailbox("a@example.test", PASSWORD))
    except ProvisionError as error:
        return 7 if "could not be written" in error.words else 8
    return 9


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

    @pytest.mark.parametrize("password", ["", "a\0b", "a\nb", "a\r", "a\tb", "\x01", "x" * 4097])
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
