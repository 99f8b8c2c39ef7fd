"""NAME=VALUE of a command line."""

from __future__ import annotations

from datetime import date

import pytest

from parameters.choices import Choices
from parameters.reading import Usage
from parameters.typed import typed
from sync.options import ProofLevel, Refiling


def test_each_kind_of_value() -> None:
    """Texts, numbers, yes and no, days, words of a list; names with '-' too; the last counts."""
    words = [
        "exclude=a=b",
        "max-age-days=3",
        "max_age_days=4",
        "bytes-per-second-total=500000",
        "once=yes",
        "automap=no",
        "since=2024-02-29",
        "proof=content",
        "refiling=move",
        "custom=--folder=INBOX",
    ]
    assert typed(words, Choices(subfolder="Old")) == Choices(
        subfolder="Old",
        exclude="a=b",
        max_age_days=4,
        bytes_per_second_total=500_000,
        once=True,
        automap=False,
        since=date(2024, 2, 29),
        proof=ProofLevel.CONTENT,
        refiling=Refiling.MOVE,
        custom="--folder=INBOX",
    )
    assert typed(["since="], Choices(since=date(2024, 1, 1))).since is None


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("colour=blue", "'colour=blue' is no option"),
        ("once", "'once' is no option"),
        ("once=perhaps", "once is yes or no"),
        ("max_size=big", "max_size is a whole number"),
        ("max_size=-1", "max_size is a whole number"),
        ("since=yesterday", "since cannot be 'yesterday'"),
        ("proof=eyes", "proof cannot be 'eyes'"),
        ("places=A", "--f1f2=A=B"),
        ("source-deletion=once synchronized", "confirmed on the page"),
    ],
)
def test_what_is_wrong_is_told(word: str, words: str) -> None:
    """By name."""
    with pytest.raises(Usage, match=words):
        typed([word], Choices())
