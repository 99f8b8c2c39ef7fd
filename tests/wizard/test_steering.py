"""One account alone, the course of a run, and a migration deleted: what the details page steers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest

from store.ledger import SqlLedger
from store.tables import AccountRun, History, Migration, Run, now
from sync.intent import FolderKey, Intent, Pair
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services

MOVES = re.compile(r'action="([^"]*/accounts/(\d+)/move[^"]*)".*?</form>', re.DOTALL)


@pytest.fixture
def running(services: Services, world: World) -> int:
    """Its accounts: 1 complete, 2 running, 3 waiting."""
    with services.store.write() as session:
        return seeds.running(session, services.sealer, world).id


@pytest.fixture
def finished(services: Services, world: World) -> int:
    with services.store.write() as session:
        return seeds.finished(session, services.sealer, world).id


def offered(page: str) -> dict[int, list[str]]:
    """The moves that a page offers, by account."""
    return {
        int(form[2]): re.findall(r'name="move" value="(\w+)"', form[0])
        for form in MOVES.finditer(page)
    }


def account_states(services: Services) -> list[tuple[str, str]]:
    with services.store.read() as session:
        rows = session.query(AccountRun).order_by(AccountRun.id)
        return [(one.state, one.wish) for one in rows]


def test_each_account_has_the_buttons_of_its_state(
    reseller: Browser, services: Services, running: int
) -> None:
    """On its line and on its page; a complete one has none."""
    page = reseller.text(f"/migrations/{running}")
    assert offered(page) == {2: ["pause", "stop"], 3: ["pause", "stop"]}
    for account, move in ((2, "pause"), (3, "pause")):
        answer = reseller.post(f"/migrations/{running}/accounts/{account}/move", move=move)
        assert answer.status_code == 303
    assert account_states(services)[1:] == [("running", "paused"), ("paused", "paused")]
    page = reseller.text(f"/migrations/{running}")
    assert offered(page) == {2: ["resume", "stop"], 3: ["resume", "stop"]}
    assert "Pausing at the next clean point" in page
    assert "Resume the paused accounts" in page
    own = reseller.text(f"/migrations/{running}/runs/1/accounts/3")
    assert offered(own) == {3: ["resume", "stop"]}
    assert "number=1" in own


def test_a_move_leads_back_to_where_it_was_asked(reseller: Browser, running: int) -> None:
    """To the account's page, to the list in its order, or as htmx asks to the live part."""
    path = f"/migrations/{running}/accounts/3/move"
    own = reseller.post(f"{path}?number=1", move="pause")
    assert own.location == f"/migrations/{running}/runs/1/accounts/3"
    listed = reseller.post(f"{path}?sort=failed&order=down", move="resume")
    assert listed.location == f"/migrations/{running}?sort=failed&order=down"
    part = reseller.post(f"{path}?sort=failed", move="resume", fragment=True)
    assert part.location == f"/migrations/{running}/live?sort=failed"
    live = reseller.get(part.location, headers={"HX-Request": "true"}).text
    assert "moved on meanwhile" in live
    assert f'href="/migrations/{running}?sort=mailbox' in live


def test_moves_that_are_none_are_refused(
    reseller: Browser, running: int, services: Services
) -> None:
    """A word that is no move, and an account of no run."""
    path = f"/migrations/{running}/accounts"
    assert reseller.post(f"{path}/3/move", move="erase").status_code == 400
    assert reseller.post(f"{path}/99/move", move="pause").status_code == 404
    assert account_states(services)[2] == ("pending", "")


def test_one_failed_account_is_tried_again(
    reseller: Browser, services: Services, finished: int
) -> None:
    """The others stay as they are; the history names the mailbox."""
    assert offered(reseller.text(f"/migrations/{finished}")) == {3: ["retry"]}
    reseller.post(f"/migrations/{finished}/accounts/3/move", move="retry")
    assert [state for state, _ in account_states(services)] == [
        "complete", "complete with skips", "pending",
    ]  # fmt: skip
    page = reseller.text(f"/migrations/{finished}/history")
    assert "Account tried again" in page
    assert "boss@example.com" in page


def test_accounts_of_an_earlier_run_have_no_buttons(reseller: Browser, finished: int) -> None:
    """What is over is only read."""
    reseller.post(f"/migrations/{finished}/start")
    assert offered(reseller.text(f"/migrations/{finished}?run=1")) == {}
    assert offered(reseller.text(f"/migrations/{finished}/runs/1/accounts/3")) == {}


def test_the_course_is_drawn_and_told(reseller: Browser, services: Services, running: int) -> None:
    """The chart's points, a table with the same, the speed of the last minute, the time left."""
    page = reseller.text(f"/migrations/{running}")
    assert page.count("not known yet") == 2
    with services.store.write() as session:
        seeds.sampled(session, session.query(Run).one(), minutes=20)
    page = reseller.text(f"/migrations/{running}")
    assert "18 messages/s" in page
    assert re.search(r"Time left</dt><dd>(about|less than)", page)
    table = reseller.text(f"/migrations/{running}/runs/1/chart")
    found = re.search(r'data-points="([^"]+)"', table)
    assert found is not None
    times, messages, sizes = json.loads(unescape(found[1]))
    assert len(times) == len(messages) == len(sizes) == 241
    assert times == sorted(times)
    assert messages == sorted(messages)
    assert table.count("<tr role=") == 13
    assert reseller.get(f"/migrations/{running}/runs/7/chart").status_code == 404


def test_the_note_is_stored_without_a_reload(
    reseller: Browser, services: Services, running: int
) -> None:
    """F20: htmx gets a word for beside the button, and no page."""
    answer = reseller.post(f"/migrations/{running}/note", fragment=True, note="Call Rita")
    assert (answer.status_code, "The note is stored" in answer.text) == (200, True)
    assert "<html" not in answer.text
    with services.store.read() as session:
        assert session.get_one(Migration, running).note == "Call Rita"


def test_the_history_tells_what_was_changed_from_what(
    reseller: Browser, services: Services, running: int
) -> None:
    """F22: threads 4 → 12; the same number again is no change. More and less in place."""
    for _ in range(2):
        reseller.post(f"/migrations/{running}/threads", threads="12")
    for number in range(6):
        reseller.post(f"/migrations/{running}/note", note=str(number))
    with services.store.read() as session:
        notes = [line.note for line in session.query(History) if line.kind == "changed"]
    assert notes == ["Accounts at a time: 4 → 12."]
    short = reseller.text(f"/migrations/{running}/history")
    assert "12." not in short
    assert "Show more (9 in all)" in short
    whole = reseller.text(f"/migrations/{running}/history?history=all")
    assert "4 → 12." in whole
    assert "Show less" in whole


def test_a_migration_that_is_over_is_deleted_by_its_number(
    reseller: Browser, services: Services, finished: int, person: Callable[[str], Browser]
) -> None:
    """A second page asks for it; another number deletes nothing; the list says who did it."""
    path = f"/migrations/{finished}/delete"
    assert f'href="{path}"' in reseller.text(f"/migrations/{finished}")
    assert f'href="{path}"' not in person("support").text(f"/migrations/{finished}")
    assert "3 accounts" in reseller.text(path)
    wrong = reseller.post(path, number=str(finished + 1))
    assert (wrong.status_code, "Nothing was deleted" in wrong.text) == (422, True)
    assert reseller.post(path, number=f"#{finished}").status_code == 303
    assert reseller.get(f"/migrations/{finished}").status_code == 404
    page = reseller.text("/?show=finished")
    assert "Deleted lately" in page
    assert f"(#{finished}), accounts: 3, runs: 1." in page
    assert "Deleted lately" not in person("foreign").text("/?show=finished")


def test_what_runs_or_waits_for_its_next_start_is_not_deleted(
    reseller: Browser, services: Services, running: int, finished: int
) -> None:
    """The page offers it nowhere but where it may be done."""
    with services.store.write() as session:
        loop = session.get_one(Migration, finished)
        loop.loop, loop.next_start_at = True, now() + timedelta(hours=1)
    for number in (running, finished):
        assert f"/migrations/{number}/delete" not in reseller.text(f"/migrations/{number}")
        answer = reseller.post(f"/migrations/{number}/delete", number=str(number))
        assert answer.status_code == 303
        assert reseller.get(f"/migrations/{number}").status_code == 200
    page = reseller.text("/?show=running")
    assert "last run had failures" in page
    assert "Migration" in page


def test_the_download_log_has_each_message_in_pages(
    reseller: Browser, services: Services, running: int
) -> None:
    """F24: folder, UID, size, time and outcome; what is not kept is said."""
    with services.store.read() as session:
        one = session.query(AccountRun).filter(AccountRun.id == 2).one()
    ledger = SqlLedger(services.store, one.account_id, one.id, one.token)
    key = FolderKey("Entwürfe", 1, "Drafts", 1)
    uids = tuple(range(1, 701))
    number = ledger.intend(key, Intent(uids, 1))
    ledger.settle(key, number, [Pair(uid, uid + 5000, 1234) for uid in uids])
    ledger.record(key, [Pair(900, 0, 99)])
    base = f"/migrations/{running}/runs/1/accounts/{one.account_id}/log"
    first = reseller.text(base)
    assert first.count("<tr role=") == 501
    assert "dates and subjects are not kept" in first
    following = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert following is not None
    second = reseller.text(unescape(following[1]))
    assert second.count("<tr role=") == 202
    assert "Already there" in second
    assert "not told" in second
    for wrong in ("x", "1", "1-2-3", "-1-2"):
        assert reseller.get(f"{base}?after={wrong}").status_code == 400
