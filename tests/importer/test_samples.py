"""The files in sample_csv do what its README says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from importer.reading import read
from importer.rows import FileFault, Reading

SAMPLES = Path(__file__).parents[2] / "sample_csv"
README = (SAMPLES / "README.md").read_text(encoding="utf-8")
CLEAN, FAULTY = (
    re.findall(r"^\| `(\S+\.csv)`", part, re.M) for part in README.split("## Files with faults")
)


def reading(name: str) -> Reading:
    return read((SAMPLES / name).read_bytes(), rows_limit=1000)


@pytest.mark.parametrize("name", CLEAN)
def test_clean(name: str) -> None:
    """Each file of the first table imports without a fault."""
    found = reading(name)
    assert found.rows
    assert found.faults == ()


@pytest.mark.parametrize("name", ["konsoleh-without-header.csv", "utf-16.csv"])
def test_same_accounts(name: str) -> None:
    """Neither header nor encoding changes an account."""
    wanted = reading("konsoleh.csv").rows
    for one, other in zip(wanted, reading(name).rows, strict=True):
        for field in ("source_host", "source_port", "source_username", "source_password",
                      "mailbox", "mailbox_password"):  # fmt: skip
            assert getattr(one, field) == getattr(other, field)


def test_passwords_of_the_sample() -> None:
    """Quoted semicolon, doubled mark, blanks, zeros and null stand as in the file."""
    assert [row.source_password for row in reading("konsoleh.csv").rows] == [
        "Old-Secret-1", 'pa;ss"word', "  two blanks before", "000123", "null",
    ]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in FAULTY if name != "faulty-rows.csv"])
def test_whole_file_faults(name: str) -> None:
    """Each file of the second table is refused with the very words of the README."""
    with pytest.raises(FileFault) as caught:
        reading(name)
    assert f"| `{name}` | {caught.value.words} |" in README


def test_faulty_rows() -> None:
    """Eight rows, six of them with a fault, on the lines that the README names."""
    found = reading("faulty-rows.csv")
    assert len(found.rows) == 8
    assert [(fault.line, fault.code) for fault in found.faults] == [
        (3, "too_many_columns"), (4, "too_few_columns"), (6, "unclosed_quote"),
        (7, "text_after_quote"), (8, "bad_host"), (9, "bad_host"),
    ]  # fmt: skip


def test_every_file_is_documented() -> None:
    """No sample lies about that the README does not name."""
    assert {path.name for path in SAMPLES.glob("*.csv")} <= {*CLEAN, *FAULTY}
