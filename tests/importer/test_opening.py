"""A server that lets somebody in, and lists and counts, is not ready before it has opened a folder
and handed out a header: on either side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from imap.server import Login, NetworkPolicy, Server
from importer.finding import Finding, Level
from importer.preflight import CheckResult, CheckSubject, check
from provisioners import open_provisioner
from sync.options import FolderChoice, Mode, Security
from tests.importer.mini import MiniServer, refusing

UNSAFE = "[ALERT] EXAMINE Unsafe Login. Please contact kefu@188.com for help"
FILLED = {"INBOX": 5, "Sent": 9, "Empty": 0}


@pytest.fixture
def policy(policy: NetworkPolicy) -> NetworkPolicy:
    return replace(policy, read_timeout=5)


@pytest.fixture
def mini() -> Iterator[Callable[..., MiniServer]]:
    started: list[MiniServer] = []

    def start(folders: dict[str, int] | None = None, **more: object) -> MiniServer:
        started.append(MiniServer(FILLED if folders is None else folders, **more))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for server in started:
        server.close()


def checked(
    policy: NetworkPolicy,
    source: MiniServer,
    destination: MiniServer | None = None,
    folders: FolderChoice | None = None,
) -> CheckResult:
    target = destination or MiniServer({"INBOX": 0})
    subject = CheckSubject(
        source=Server("127.0.0.1", source.port, Security.NONE),
        login=Login("u", "secret"),
        mailbox="u@example.test",
        mailbox_password="secret",
        domain="example.test",
        domains=("example.test",),
        destination=Server("127.0.0.1", target.port, Security.NONE),
        password_policy="konsoleh",
        mode=Mode.NEW,
        folders=folders or FolderChoice(),
    )
    result = check(subject, policy=policy, provisioner=open_provisioner("existing", {}))
    if destination is None:
        target.close()
    return result


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings if finding.code != "unencrypted"]


def one(result: CheckResult, code: str) -> Finding:
    (finding,) = [finding for finding in result.findings if finding.code == code]
    return finding


def test_a_server_that_opens(policy: NetworkPolicy, mini: Callable[..., MiniServer]) -> None:
    """INBOX by EXAMINE and one header of it, in one round trip; sizes come last."""
    server = mini()
    result = checked(policy, server)
    assert codes(result) == ["source_ready", "mailbox_ready"]
    assert (result.messages, result.size) == (14, 14_000)
    at = server.heard.index('EXAMINE "INBOX"')
    assert server.heard[at + 1].startswith("FETCH 1 (UID BODY.PEEK[HEADER")
    assert [line for line in server.heard if line.startswith(("SELECT", "STORE"))] == []


def test_an_empty_inbox_is_fine(policy: NetworkPolicy, mini: Callable[..., MiniServer]) -> None:
    """No message is asked for, and nothing is said."""
    server = mini({"INBOX": 0})
    assert codes(checked(policy, server)) == ["source_ready", "mailbox_ready"]
    assert [line for line in server.heard if "FETCH" in line] == []


@pytest.mark.parametrize("only", ["", "INBOX"])
@pytest.mark.parametrize("status", ["NO", "BAD"])
def test_a_source_that_refuses_examine(
    policy: NetworkPolicy, mini: Callable[..., MiniServer], only: str, status: str
) -> None:
    """It is not ready; its own words stand beside ours, and what is known of them."""
    server = mini(instead=refusing("EXAMINE", UNSAFE, only=only, status=status))
    result = checked(policy, server)
    assert result.blocked
    assert codes(result) == ["folder_refused"]
    assert result.size is None
    finding = one(result, "folder_refused")
    assert "the old mail server 127.0.0.1 does not let “INBOX” be opened" in finding.words
    assert "Unsafe Login" in finding.server_words
    assert "authorization code" in finding.hint
    assert (result.folders, result.messages) == (3, 14)


def test_an_inbox_that_is_left_out_holds_nothing_up(
    policy: NetworkPolicy, mini: Callable[..., MiniServer]
) -> None:
    """Where a person has chosen other folders, the fullest of these is opened."""
    server = mini(instead=refusing("EXAMINE", "damaged", only="INBOX"))
    result = checked(policy, server, folders=FolderChoice(folders=("Empty", "Sent")))
    assert codes(result) == ["folders_closed", "source_ready", "mailbox_ready"]
    assert not result.blocked
    assert 'EXAMINE "Sent"' in server.heard


def test_a_destination_that_refuses_examine(
    policy: NetworkPolicy, mini: Callable[..., MiniServer]
) -> None:
    """The kind on the other side: it cannot be filled, and nothing was opened for writing."""
    target = mini({"INBOX": 0}, instead=refusing("EXAMINE", "[NOPERM] not yours"))
    result = checked(policy, mini(), target)
    assert codes(result) == ["source_ready", "folder_refused"]
    assert "destination's mail server" in one(result, "folder_refused").words
    assert "not yours" in one(result, "folder_refused").server_words
    assert not [line for line in target.heard if line.startswith("SELECT")]


@pytest.mark.parametrize("instead", [
    refusing("FETCH", "[SERVERBUG] cannot read"),
    refusing("FETCH", "what?", status="BAD"),
    refusing("FETCH", "completed", status="OK"),
    lambda line: "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (MESSAGE-ID)] NIL)\r\n{tag} OK done\r\n"
    if line.startswith("FETCH") else None,
])  # fmt: skip
def test_a_source_that_opens_and_hands_out_nothing(
    policy: NetworkPolicy, mini: Callable[..., MiniServer], instead: Callable[[str], str | None]
) -> None:
    """NO, BAD, NIL, or an OK without anything, for each of three messages and another folder's."""
    server = mini(instead=instead)
    result = checked(policy, server)
    assert result.blocked
    assert codes(result) == ["unreadable"]
    assert "any of 3 messages" in one(result, "unreadable").words
    assert 'EXAMINE "Sent"' in server.heard


def test_one_message_costs_nothing(policy: NetworkPolicy, mini: Callable[..., MiniServer]) -> None:
    """The first one's header is refused: the last, or one in the middle, is as good."""
    result = checked(policy, mini(instead=refusing("FETCH 1 ", "broken")))
    assert codes(result) == ["source_ready", "mailbox_ready"]


def test_one_folder_costs_nothing(policy: NetworkPolicy, mini: Callable[..., MiniServer]) -> None:
    """No message of INBOX can be read, those of another folder can: a warning."""
    opened: list[str] = []

    def instead(line: str) -> str | None:
        opened.append(line) if line.startswith("EXAMINE") else None
        inbox = bool(opened) and "INBOX" in opened[-1]
        return "{tag} NO broken\r\n" if line.startswith("FETCH") and inbox else None

    result = checked(policy, mini(instead=instead))
    assert one(result, "unreadable").level is Level.WARNING
    assert not result.blocked


def test_a_line_that_drops_at_one_message_costs_nothing(
    policy: NetworkPolicy, mini: Callable[..., MiniServer]
) -> None:
    """The server dies at the first message: the check asks for another on a new line."""
    server = mini(instead=lambda line: "BYE" if line.startswith("FETCH 1 ") else None)
    result = checked(policy, server)
    assert codes(result) == ["source_ready", "mailbox_ready"]


def test_a_line_that_drops_at_examine(
    policy: NetworkPolicy, mini: Callable[..., MiniServer]
) -> None:
    """Each time: it is not ready, and the words tell the folder."""
    server = mini(instead=lambda line: "BYE" if line.startswith("EXAMINE") else None)
    result = checked(policy, server)
    assert result.blocked
    assert "“INBOX”" in one(result, "connection_lost").words


def test_counted_messages_that_are_not_shown(
    policy: NetworkPolicy, mini: Callable[..., MiniServer]
) -> None:
    """STATUS says five, EXAMINE none: said, and not counted as fine."""
    result = checked(policy, mini(shown={"INBOX": 0}))
    assert one(result, "incomplete").level is Level.WARNING
    assert "counts 5 messages in “INBOX”, and shows none" in one(result, "incomplete").words


def test_a_list_of_folders_that_is_not_whole(
    policy: NetworkPolicy, mini: Callable[..., MiniServer]
) -> None:
    """A line that cannot be understood stands in the finding, on either side."""
    broken = "* LIST Lost and found\r\n"
    result = checked(policy, mini(extra=broken), mini({"INBOX": 0}, extra=broken))
    found = [finding for finding in result.findings if finding.code == "unread_answer"]
    assert [finding.level for finding in found] == [Level.WARNING, Level.WARNING]
    assert "Lost" in found[0].server_words
    assert "would not be copied" in found[0].words
    assert "at the destination" in found[1].words


def test_a_folder_that_is_counted_and_not_opened(
    policy: NetworkPolicy, mini: Callable[..., MiniServer]
) -> None:
    """Found where sizes are asked for: a warning, as for one that is not counted."""
    result = checked(policy, mini(instead=refusing("EXAMINE", "no right", only="Sent")))
    assert "“Sent”" in one(result, "folders_closed").words
    assert not result.blocked


def test_sizes_that_do_not_come_hold_nothing_up(
    policy: NetworkPolicy, mini: Callable[..., MiniServer]
) -> None:
    """The line drops whenever sizes are asked for."""
    server = mini(instead=lambda line: "BYE" if line.startswith("UID FETCH") else None)
    result = checked(policy, server)
    assert one(result, "sizes_unknown").level is Level.WARNING
    assert not result.blocked
    assert (result.messages, result.size) == (14, None)
