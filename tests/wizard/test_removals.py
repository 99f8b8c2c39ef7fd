"""What a run removes: its plan in the report, what it did not dare, and the report's other sums."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest

from parameters.choices import NEW_CHOICES, to_json
from store import control
from store.tables import AccountRun, FolderRow, History, Migration
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services


@pytest.fixture
def refused(services: Services, world: World) -> tuple[int, int]:
    """A migration, and the account of it that would have lost most of a folder."""
    with services.store.write() as session:
        migration = seeds.refused(session, services.sealer, world)
        return migration.id, migration.accounts[2].id


def test_a_refused_removal_says_what_and_is_allowed_by_a_person(
    refused: tuple[int, int], reseller: Browser, services: Services
) -> None:
    """Once: this account is tried again and may remove them; it stands in the history."""
    number, account = refused
    page = reseller.text(f"/migrations/{number}/runs/1/accounts/{account}")
    assert "INBOX.Sent: 60 of 100 messages" in page
    assert "The server said" not in page
    assert "I have looked, remove them" in page
    assert (
        reseller.post(f"/migrations/{number}/accounts/{account}/allow-removal").status_code == 303
    )
    with services.store.read() as session:
        one = session.query(AccountRun).filter_by(account_id=account).one()
        assert (one.state, one.removal_allowed, one.error) == ("pending", True, "")
        others = session.query(AccountRun).filter(AccountRun.account_id != account)
        assert not any(other.removal_allowed for other in others)
        notes = [h.note for h in session.query(History).filter_by(kind="removal allowed")]
    assert notes == ["boss@example.com, INBOX.Sent: 60 of 100 messages."]
    assert "Removal allowed" in reseller.text(f"/migrations/{number}")


def test_a_retry_alone_allows_nothing(
    refused: tuple[int, int], reseller: Browser, services: Services
) -> None:
    """What was allowed for one attempt is not allowed for the next run, nor by trying again."""
    number, account = refused
    reseller.post(f"/migrations/{number}/accounts/{account}/allow-removal")
    with services.store.write() as session:
        one = session.query(AccountRun).filter_by(account_id=account).one()
        one.state, one.error = "failed", "deletion_refused"
        migration = session.get_one(Migration, number)
        migration.state = migration.runs[0].state = "complete"
        control.retry_failed(session, number, None)
    with services.store.read() as session:
        assert not session.query(AccountRun).filter_by(account_id=account).one().removal_allowed


def test_only_a_refused_removal_can_be_allowed_and_not_by_support(
    refused: tuple[int, int], person: Callable[[str], Browser], services: Services
) -> None:
    """Support does not even see the button."""
    number, account = refused
    with services.store.read() as session:
        other = session.get_one(Migration, number).accounts[0].id
    path = f"/migrations/{number}/accounts"
    support = person("support")
    assert "remove them" not in support.text(f"/migrations/{number}/runs/1/accounts/{account}")
    assert support.post(f"{path}/{account}/allow-removal").status_code == 403
    assert person("foreign").post(f"{path}/{account}/allow-removal").status_code == 404
    person("reseller").post(f"{path}/{other}/allow-removal")
    with services.store.read() as session:
        assert not any(one.removal_allowed for one in session.query(AccountRun))


def test_a_dry_run_prints_its_plan(reseller: Browser, services: Services, world: World) -> None:
    """F3: folder by folder what would be created, copied, flagged and removed."""
    with services.store.write() as session:
        migration = seeds.ready_draft(session, services.sealer, world, mode="all", dry_run=True)
        run = control.start(session, migration.id, None)
        for one in run.account_runs:
            seeds.rehearsed(session, one, found=9, copied=5, present=4, removed=3, flags_changed=2)
        run.state = migration.state = "complete"
        number, account = migration.id, run.account_runs[0].account_id
    for path in (f"/migrations/{number}/report", f"/migrations/{number}/runs/1/accounts/{account}"):
        page = reseller.text(path)
        for words in ("Would copy", "Nothing was written",
                      "3 messages would be removed at the destination",
                      "2 messages would get other flags"):  # fmt: skip
            assert words in page
        assert "Not verified" not in page
    assert "9 messages would be removed at the destination" in reseller.text(
        f"/migrations/{number}/report"
    )


def test_the_report_tells_what_was_done_beside_copying(
    reseller: Browser, services: Services, world: World
) -> None:
    """Folders left out, mail filed, read back, altered, removed; zeros are not told."""
    with services.store.write() as session:
        migration = seeds.finished(session, services.sealer, world)
        run = migration.runs[0]
        run.options = to_json(NEW_CHOICES) | {"proof": "content", "proof_sample": 20}
        run.account_runs[0].left_out = ["Junk", "=Spam"]
        row = session.query(FolderRow).filter_by(account_run_id=run.account_runs[0].id).first()
        assert row is not None
        row.refiled, row.bodies_spared, row.size_spared = 1200, 1100, 3_000_000
        row.read_back, row.altered, row.deleted_at_source = 20, 1, 4
        number = migration.id
    page = reseller.text(f"/migrations/{number}/report")
    for words in (
        "1\u202f200 messages filed from mail that was there",
        "1\u202f100 bodies (3.0 MB) not transferred",
        "1 message altered by the destination",
        "4 messages removed from the source",
        "of each folder 20 messages were read again",
        "Not looked at: Junk, =Spam.",
    ):
        assert words in page
    assert "as duplicates" not in page
    answer = reseller.get(f"/migrations/{number}/report.csv")
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert lines[0][-4:] == ["Filed", "Read back", "Altered", "Removed from the source"]
    assert any(line[-7:] == ["0", "0", "0", "1200", "20", "1", "4"] for line in lines)
    assert any(line[2] == "Junk" and line[4] == "left out" for line in lines)
    assert not any(re.match("[=+@-]", cell) for line in lines for cell in line)
