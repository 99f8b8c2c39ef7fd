"""Step 2: accounts come in, are mended, removed and checked again."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from store import aim
from store.tables import Account
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services

HEADER = "IMAP server;IMAP username;IMAP password;Mailbox;Password\r\n"


@pytest.fixture
def draft(services: Services, world: World) -> int:
    with services.store.write() as session:
        return seeds.draft(session, world).id


@pytest.fixture
def mixed(services: Services, world: World) -> int:
    with services.store.write() as session:
        return seeds.mixed_draft(session, services.sealer, world).id


def _rows(services: Services, migration_id: int) -> list[Account]:
    with services.store.read() as session:
        query = session.query(Account).filter_by(migration_id=migration_id)
        return query.order_by(Account.position).all()


def _password(services: Services, row: Account, side: str) -> str:
    with services.store.read() as session:
        found = aim.opened(services.sealer, session.get_one(Account, row.id))
    return found.source if side == "source" else found.mailbox


def _upload(browser: Browser, migration_id: int, data: bytes, **fields: Any) -> Any:
    file = (io.BytesIO(data), "accounts.csv")
    return browser.post(f"/migrations/{migration_id}/add/csv", file=file, **fields)


def test_a_file_becomes_rows_with_their_passwords_sealed(
    reseller: Browser, services: Services, draft: int
) -> None:
    """K2, K3: quoted semicolons and doubled quotes kept; no password is in the database's text."""
    data = HEADER + 'imap.a.example;info;"pa;ss""word";info;" New;Passw0rd12"\r\n'
    assert _upload(reseller, draft, data.encode()).status_code == 303
    (row,) = _rows(services, draft)
    assert (row.source_host, row.source_username) == ("imap.a.example", "info")
    assert row.mailbox == "info@example.com"
    assert (row.line, row.state) == (2, "new")
    assert _password(services, row, "source") == 'pa;ss"word'
    assert _password(services, row, "mailbox") == " New;Passw0rd12"
    page = reseller.text(f"/migrations/{draft}/accounts")
    assert "1 being checked" in page
    assert "pa;ss" not in page.replace('"pa;ss"', "").replace("&#34;pa;ss&#34;", "")


def test_every_fault_is_listed_and_no_line_is_lost(
    reseller: Browser, services: Services, draft: int
) -> None:
    """A line that cannot be understood stays as a blocked row, with line, why and what to do."""
    data = HEADER + "a.example;one;secret-1;one;Secret-2026-a\r\nb.example;two;secret-3\r\n"
    _upload(reseller, draft, data.encode())
    rows = _rows(services, draft)
    assert [row.state for row in rows] == ["new", "blocked"]
    page = reseller.text(f"/migrations/{draft}/accounts")
    assert "Lines of the file that could not be understood" in page
    assert "it has 3 column(s) instead of 5" in page
    assert "secret-" not in page


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (HEADER.encode(), "nothing below it"),
        (b"a,b,c,d,e\r\n", "divided by commas"),
        (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 9,
            "a picture, not a CSV file",
        ),
    ],
)
def test_files_that_cannot_be_read_say_why_on_the_same_page(
    data: bytes, words: str, reseller: Browser, services: Services, draft: int
) -> None:
    """Empty, header alone, wrong delimiter, binary: words instead of a stack trace."""
    answer = _upload(reseller, draft, data)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Read and check" in answer.text
    assert _rows(services, draft) == []


def test_a_file_that_is_too_large_is_refused_on_the_same_page(
    reseller: Browser, services: Services, draft: int
) -> None:
    """413 with the form again and the limit in words."""
    answer = _upload(reseller, draft, b"x" * 400_000)
    assert answer.status_code == 413
    assert "larger than 300 kB" in answer.text
    assert "Read and check" in answer.text


def test_a_guessed_encoding_is_kept_with_the_row_and_chosen_again(
    reseller: Browser, services: Services, draft: int
) -> None:
    """What a Mac has written is read as Windows-1252, which is said to be a guess; with the
    encoding chosen the same file is read again, and a password typed by hand ends the doubt."""
    data = "imap.old.example;a;x;a;Wörter-Geheim-26\n".encode("mac_roman")
    page = _upload(reseller, draft, data)
    told = reseller.get(page.headers["Location"]).text
    assert "Windows-1252, a guess" in told
    assert "choose the file&#39;s encoding, upload the file again" in told
    assert _rows(services, draft)[0].guessed_encoding == "Windows-1252"
    _upload(reseller, draft, data, keep="replace", encoding="mac-roman")
    (row,) = _rows(services, draft)
    assert row.guessed_encoding == ""
    assert _password(services, row, "mailbox") == "Wörter-Geheim-26"
    _upload(reseller, draft, data, keep="replace")
    (row,) = _rows(services, draft)
    reseller.post(
        f"/migrations/{draft}/accounts/{row.id}/edit",
        source_username="a",
        mailbox="a",
        source_host="imap.old.example",
        source_password="x",
        mailbox_password="Typed-Secret-2026",
    )
    assert _rows(services, draft)[0].guessed_encoding == ""


def test_a_second_file_adds_or_replaces_as_chosen(
    reseller: Browser, services: Services, draft: int
) -> None:
    """The radio buttons decide; adding keeps what stands."""
    line = "a.example;{0};secret-1;{0};Secret-2026-a\r\n"
    _upload(reseller, draft, line.format("one").encode())
    _upload(reseller, draft, line.format("two").encode(), keep="add")
    assert [row.source_username for row in _rows(services, draft)] == ["one", "two"]
    _upload(reseller, draft, line.format("three").encode(), keep="replace")
    assert [row.source_username for row in _rows(services, draft)] == ["three"]


def test_ten_thousand_rows_are_taken_and_shown_in_pages(
    reseller: Browser, services: Services, draft: int
) -> None:
    """Pasted, and a page shows 50 of them."""
    services_limit = services.settings.upload_limit
    text = "".join(f"h.ex;u{n};pw;u{n};Pw-{n}\n" for n in range(10_000))
    assert len(text) < services_limit
    answer = reseller.post(f"/migrations/{draft}/add/csv", text=text)
    assert answer.status_code == 303
    page = reseller.text(f"/migrations/{draft}/accounts?page=200")
    assert page.count('class="row-card') == 50
    assert "of 10\u202f000" in page


def test_one_account_is_added_by_hand(reseller: Browser, services: Services, draft: int) -> None:
    """K1: five fields; a whole address is taken when its domain is ours, another is refused."""
    path = f"/migrations/{draft}/add/single"
    fields = {
        "source_host": "imap.b.example:1143",
        "source_username": "jane",
        "source_password": " secret ",
        "mailbox": "jane@example.de",
        "mailbox_password": "New-Secret-2026",
    }
    assert reseller.post(path, **fields).status_code == 303
    (row,) = _rows(services, draft)
    assert (row.source_host, row.source_port, row.mailbox) == (
        "imap.b.example",
        1143,
        "jane@example.de",
    )
    assert _password(services, row, "source") == " secret "
    answer = reseller.post(path, **(fields | {"mailbox": "jane@example.org"}))
    assert answer.status_code == 422
    assert "not one of your organization" in answer.text
    assert answer.text.count("Enter it again: a password is never sent back") == 2
    assert "secret" not in answer.text.replace("New-Secret-2026", "").split("<h1>")[1].split(
        "The format"
    )[0].replace("imap.old.example;info@old.example;secret", "")


def test_mailboxes_are_chosen_from_the_destinations_own(
    reseller: Browser, services: Services, world: World, draft: int
) -> None:
    """F6, F7: a blank username is the mailbox's address; a blank password is none of its own."""
    with services.store.write() as session:
        seeds.listed(session, world)
    assert "jane.doe@example.com" in reseller.text(f"/migrations/{draft}/accounts?tab=choose")
    reseller.post(
        f"/migrations/{draft}/add/choose",
        pick=["info@example.com", "office@example.com", "made-up@example.com"],
        **{
            "username:office@example.com": "the.office",
            "source:office@example.com": "old secret",
            "mailbox:office@example.com": "own secret",
        },
    )
    first, second = _rows(services, draft)
    assert (first.source_username, first.source_password_sealed) == ("info@example.com", None)
    assert second.source_username == "the.office"
    assert _password(services, second, "mailbox") == "own secret"


def test_the_destination_is_asked_for_its_mailboxes_when_wanted(
    reseller: Browser, services: Services, draft: int
) -> None:
    """The page waits for the answer by itself, and shows an error in the destination's words."""
    reseller.post(f"/migrations/{draft}/add/mailboxes")
    page = reseller.text(f"/migrations/{draft}/add/mailboxes")
    assert "is being asked for its mailboxes" in page
    assert 'hx-trigger="load' in page


def test_a_mended_row_is_checked_again_with_its_neighbours(
    reseller: Browser, services: Services, mixed: int
) -> None:
    """K7: an empty password keeps the stored one; rows that shared its mailbox are checked too."""
    blocked = _rows(services, mixed)[2]
    path = f"/migrations/{mixed}/accounts/{blocked.id}/edit"
    answer = reseller.post(
        path,
        fragment=True,
        source_host="",
        source_username="boss",
        mailbox="info",
        reaim="y",
        ids=".".join(str(row.id) for row in _rows(services, mixed)),
        at="2020-01-01T00:00:00",
    )
    assert answer.status_code == 200
    rows = _rows(services, mixed)
    assert (rows[2].source_username, rows[2].mailbox) == ("boss", "info@example.com")
    assert [row.state for row in rows[:4]] == ["new", "ready", "new", "ready"]
    assert _password(services, rows[2], "source") == "src-boss"
    assert f'id="account-{rows[0].id}"' in answer.text
    assert f'id="account-{blocked.id}"' in answer.text


def test_a_stored_password_does_not_go_to_another_server(
    person: Callable[[str], Browser], services: Services, mixed: int
) -> None:
    """Support may mend a row, but not have its password sent to a server of their choice."""
    row = _rows(services, mixed)[0]
    path = f"/migrations/{mixed}/accounts/{row.id}/edit"
    fields = {
        "source_host": "imap.evil.example",
        "source_username": "info",
        "mailbox": "info",
    }
    support = person("support")
    answer = support.post(path, fragment=True, **fields)
    assert answer.status_code == 422
    assert "enter the password again, or ask a reseller" in answer.text
    assert _rows(services, mixed)[0].source_host == ""
    assert support.post(path, fragment=True, **fields, source_password="own").status_code == 200


def test_passwords_are_never_on_a_page(reseller: Browser, services: Services, mixed: int) -> None:
    """The editor of a row shows neither of them."""
    for row in _rows(services, mixed)[:5]:
        page = reseller.text(f"/migrations/{mixed}/accounts/{row.id}/edit")
        assert "src-" not in page
        assert "Dst-" not in page


def test_an_unreadable_line_is_mended_by_its_editor(
    reseller: Browser, services: Services, mixed: int
) -> None:
    """Afterwards it is a row like the others; a check of all leaves it blocked until then."""
    reseller.post(f"/migrations/{mixed}/all/recheck")
    row = _rows(services, mixed)[5]
    assert row.state == "blocked"
    reseller.post(
        f"/migrations/{mixed}/accounts/{row.id}/edit",
        source_username="half@old.example",
        source_password="a",
        mailbox="half",
        mailbox_password="b",
    )
    row = _rows(services, mixed)[5]
    assert (row.state, row.reading_fault) == ("new", None)


def test_a_row_is_removed(reseller: Browser, services: Services, mixed: int) -> None:
    """The bin asks first; afterwards the row is gone with its findings."""
    row = _rows(services, mixed)[2]
    assert "Nothing is removed on any server" in reseller.text(
        f"/migrations/{mixed}/accounts/{row.id}/remove"
    )
    answer = reseller.post(f"/migrations/{mixed}/accounts/{row.id}/remove", fragment=True)
    assert answer.status_code == 200
    assert row.id not in [one.id for one in _rows(services, mixed)]


def test_a_click_on_the_username_checks_that_login_alone(
    reseller: Browser, services: Services, mixed: int
) -> None:
    """F10."""
    rows = _rows(services, mixed)
    answer = reseller.post(f"/migrations/{mixed}/accounts/{rows[0].id}/recheck", fragment=True)
    assert "Waiting for its check" in answer.text
    after = _rows(services, mixed)
    assert after[0].check_token == rows[0].check_token + 1
    assert [row.state for row in after[1:4]] == ["ready", "blocked", "ready"]


def test_domains_are_appended_and_removed_for_all(
    reseller: Browser, services: Services, draft: int
) -> None:
    """F8, F9."""
    reseller.post(
        f"/migrations/{draft}/add/csv",
        text="h.example;one;a;one;b\nh.example;two@old.example;a;two;b\n",
    )
    reseller.post(f"/migrations/{draft}/all/append-domain", domain="@new.example", reaim="y")
    names = [row.source_username for row in _rows(services, draft)]
    assert names == ["one@new.example", "two@old.example"]
    reseller.post(f"/migrations/{draft}/all/remove-domain", reaim="y")
    assert [row.source_username for row in _rows(services, draft)] == ["one", "two"]
    reseller.post(f"/migrations/{draft}/all/append-domain", domain="no domain")
    assert "is no domain" in reseller.text(f"/migrations/{draft}/accounts")


def test_only_rows_that_changed_are_sent_again(
    reseller: Browser, services: Services, mixed: int
) -> None:
    """The page asks with the ids it shows; open editors are left alone."""
    rows = _rows(services, mixed)
    with services.store.write() as session:
        seeds.checked(session, rows[4].id, seeds.WRONG_PASSWORD)
    ids = ".".join(str(row.id) for row in rows)
    path = f"/migrations/{mixed}/accounts/live?ids={ids}&at=2099-01-01T00:00:00"
    assert f'id="account-{rows[0].id}"' not in reseller.text(path)
    path = path.replace("2099", "2020")
    assert f'id="account-{rows[4].id}"' in reseller.text(path)
    assert f'id="account-{rows[4].id}"' not in reseller.text(f"{path}&open={rows[4].id}")
