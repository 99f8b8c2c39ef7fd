"""The verdict over a run: green is only what was proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.judgement import Judgement, RunNumbers, judge, sentence

WELL = RunNumbers(accounts=4, complete=4, verified=4, skipped=0, failed=0, dry_run=False)


@pytest.mark.parametrize(
    ("changes", "judgement"),
    [
        ({}, Judgement.VERIFIED),
        ({"skipped": 1, "excepted": 1}, Judgement.EXCEPTIONS),
        ({"skipped": 1}, Judgement.VERIFIED),
        ({"failed": 1}, Judgement.EXCEPTIONS),
        ({"verified": 3}, Judgement.INCOMPLETE),
        ({"complete": 3, "verified": 3}, Judgement.INCOMPLETE),
        ({"dry_run": True, "verified": 0}, Judgement.DRY_RUN),
        ({"dry_run": True, "verified": 0, "complete": 3}, Judgement.DRY_INCOMPLETE),
    ],
)
def test_a_run_is_judged_by_its_worst_account(
    changes: dict[str, int], judgement: Judgement
) -> None:
    """A dry run proves nothing, and is called a dry run whatever came of it."""
    assert judge(replace(WELL, **changes)) == judgement


def test_what_is_open_is_counted_in_the_sentence() -> None:
    """The accounts that did not end well, of all."""
    assert "1 account of 4 did not end well" in sentence(replace(WELL, complete=3, verified=3))
    assert "left out as it was chosen" in sentence(replace(WELL, skipped=1))
    assert "Nothing was written" in sentence(replace(WELL, dry_run=True, verified=0))
