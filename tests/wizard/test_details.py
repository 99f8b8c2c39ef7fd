"""A migration as it runs: its buttons, its accounts, its report."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from store.tables import AccountRun, FolderRow, History, Migration, Reading
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services


@pytest.fixture
def running(services: Services, world: World) -> int:
    with services.store.write() as session:
        return seeds.running(session, services.sealer, world).id


@pytest.fixture
def finished(services: Services, world: World) -> int:
    with services.store.write() as session:
        return seeds.finished(session, services.sealer, world).id


def _state(services: Services, number: int) -> str:
    with services.store.read() as session:
        return session.get_one(Migration, number).state


def test_buttons_are_the_moves_that_the_state_allows(
    reseller: Browser, services: Services, running: int
) -> None:
    """Pause, resume, stop, run again: each offered where it is legal and nowhere else."""
    path = f"/migrations/{running}"
    for button, state, offered, closed in (
        ("pause", "paused", ("resume", "stop"), ("start", "pause")),
        ("resume", "running", ("pause", "stop"), ("start", "resume")),
        ("stop", "stopped", ("start",), ("pause", "resume", "stop")),
    ):
        assert reseller.post(f"{path}/{button}").status_code == 303
        assert _state(services, running) == state
        page = reseller.text(path)
        for name in offered:
            assert f'action="{path}/{name}"' in page
        for name in closed:
            assert f'action="{path}/{name}"' not in page


def test_a_button_pressed_too_late_does_nothing(
    reseller: Browser, services: Services, finished: int
) -> None:
    """Someone else was faster: the page says so and shows what is."""
    assert reseller.post(f"/migrations/{finished}/pause").status_code == 303
    assert "state has changed meanwhile" in reseller.text(f"/migrations/{finished}")
    assert _state(services, finished) == "complete"


def test_failed_accounts_are_tried_again(
    reseller: Browser, services: Services, finished: int
) -> None:
    """In the same run; the complete ones stay as they are."""
    assert "Ended, with failures" in reseller.text(f"/migrations/{finished}")
    reseller.post(f"/migrations/{finished}/retry")
    with services.store.read() as session:
        states = [run.state for run in session.query(AccountRun).order_by(AccountRun.id)]
    assert states == ["complete", "complete with skips", "pending"]


def test_running_again_makes_a_second_run_to_choose_from(
    reseller: Browser, services: Services, finished: int
) -> None:
    """F23: a selector of runs; the first one's numbers stay."""
    reseller.post(f"/migrations/{finished}/start")
    page = reseller.text(f"/migrations/{finished}?run=1")
    assert "Run 2" in reseller.text(f"/migrations/{finished}") or 'value="2"' in page
    assert "4\u202f703" in page
    assert reseller.get(f"/migrations/{finished}?run=9").status_code == 404


def test_the_live_part_shows_where_each_account_is(reseller: Browser, running: int) -> None:
    """Phase, folder, share and counts; it asks again by itself while something runs."""
    page = reseller.text(f"/migrations/{running}/live")
    for shown in ("Copying", "Entwürfe", "42% of", 'hx-trigger="every 2s, seen"', "1 of 3"):
        assert shown in page


def test_threads_and_note_are_changed_while_it_runs(
    reseller: Browser, services: Services, running: int
) -> None:
    """F20, F21, with a line in the history; a number out of range changes nothing."""
    reseller.post(f"/migrations/{running}/threads", threads="12")
    reseller.post(f"/migrations/{running}/threads", threads="51")
    reseller.post(f"/migrations/{running}/threads", threads="00501")
    reseller.post(f"/migrations/{running}/note", note="Call <Rita> first")
    with services.store.read() as session:
        migration = session.get_one(Migration, running)
        kinds = [line.kind for line in session.query(History).order_by(History.id)]
    assert (migration.threads, migration.note) == (12, "Call <Rita> first")
    assert kinds[-2:] == ["changed", "noted"]
    assert "Call &lt;Rita&gt; first" in reseller.text(f"/migrations/{running}")


def test_rows_are_closed_while_they_are_being_copied(
    reseller: Browser, services: Services, running: int
) -> None:
    """Nothing is edited, removed or added under a running copy."""
    with services.store.read() as session:
        account = session.query(AccountRun).first()
        assert account is not None
        number = account.account_id
    base = f"/migrations/{running}"
    for path in (f"accounts/{number}/edit", f"accounts/{number}/remove", "add/csv", "all/remove"):
        assert reseller.post(f"{base}/{path}").status_code == 400, path


def test_an_account_page_tells_every_number_and_exception(
    reseller: Browser, services: Services, finished: int
) -> None:
    """F24: found is the sum of the five, folder by folder; exceptions by name with a reason."""
    with services.store.read() as session:
        first, second, third = [run.account_id for run in session.query(AccountRun)]
        for row in session.query(FolderRow):
            parts = row.copied + row.present + row.skipped + row.failed + row.vanished
            assert row.found == parts
    base = f"/migrations/{finished}/runs/1/accounts"
    page = reseller.text(f"{base}/{first}")
    for shown in ("Archiv/Gelöschte Elemente", "4\u202f711", "Verified", "Return to the migration"):
        assert shown in page
    page = reseller.text(f"{base}/{second}")
    for shown in ("larger than the destination accepts", "UID 17", "[TOOBIG]", "88.0 MB"):
        assert shown in page
    page = reseller.text(f"{base}/{third}")
    assert "[AUTHENTICATIONFAILED] no" in page
    assert "Type the password again" in page
    assert "Nothing was copied" in reseller.text(f"{base}/{first}/log")
    assert reseller.get(f"{base}/99999").status_code == 404


def test_the_report_says_the_verdict_in_words(reseller: Browser, finished: int) -> None:
    """With totals, and what to do for each account that did not end well."""
    page = reseller.text(f"/migrations/{finished}/report")
    for shown in ("Not complete", "1 account of 3 did not end well", "4\u202f716", "4\u202f703"):
        assert shown in page


def test_the_report_as_csv_runs_no_formula(reseller: Browser, finished: int) -> None:
    """One line a folder and one a named message; nothing begins like a formula."""
    answer = reseller.get(f"/migrations/{finished}/report.csv")
    assert answer.mimetype == "text/csv"
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert lines[0][:3] == ["Mailbox", "Source login", "Source folder"]
    assert all(len(line) == len(lines[0]) for line in lines)
    found = sum(int(line[5]) for line in lines[1:] if line[5])
    assert found == 4716
    assert any("Message 17" in line[13] for line in lines)
    assert not any(cell.startswith(("=", "+", "@")) for line in lines for cell in line)


def test_reports_are_opened_to_chosen_customers_only(
    reseller: Browser,
    services: Services,
    world: World,
    finished: int,
    person: Callable[[str], Browser],
) -> None:
    """Only customers of the same organization can be chosen, whatever the form is made to send."""
    path = f"/migrations/{finished}/readers"
    reseller.post(path, reader=[str(world.customer), str(world.foreign)])
    with services.store.read() as session:
        assert [row.user_id for row in session.query(Reading)] == [world.customer]
    assert person("customer").get(f"/migrations/{finished}/report").status_code == 200
    reseller.post(path)
    assert person("customer").get(f"/migrations/{finished}/report").status_code == 404


def test_a_draft_is_discarded_and_a_started_one_kept(
    reseller: Browser, services: Services, world: World, finished: int
) -> None:
    """A report never goes away by a button."""
    with services.store.write() as session:
        number = seeds.mixed_draft(session, services.sealer, world).id
    reseller.post(f"/migrations/{number}/discard")
    assert reseller.get(f"/migrations/{number}").status_code == 404
    reseller.post(f"/migrations/{finished}/discard")
    assert reseller.get(f"/migrations/{finished}").status_code == 200


def test_the_overview_finds_by_name_and_number_and_sorts(
    reseller: Browser, services: Services, world: World, running: int
) -> None:
    """K9, K10: tabs, a search that takes percent signs as such, and columns both ways."""
    with services.store.write() as session:
        for name in ("Alpha 100%", "beta", "Gamma"):
            seeds.draft(session, world, name=name)
    assert "Running move" in reseller.text("/?show=running")
    assert "Alpha" not in reseller.text("/?show=running")
    page = reseller.text("/?q=100%25")
    assert "Alpha 100%" in page
    assert "beta" not in page
    assert "Running move" in reseller.text(f"/?q=%23{running}")
    page = reseller.text("/?show=drafts&sort=name&order=up")
    assert page.index("Alpha 100%") < page.index(">beta<") < page.index(">Gamma<")
