"""`migration import` without workers: what is written, what is refused, what is printed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from parameters.choices import NEW_CHOICES, from_json
from store.engine import Store
from store.tables import Account, Migration
from tests.house.tree import ROOT

DEMO = str(ROOT / "sample_csv" / "demo.csv")
IMPORT = ("migration", "import")


@pytest.fixture(autouse=True)
def world(cli: FlaskCliRunner) -> None:
    """One organization with one domain, one destination."""
    for command in (
        ["organization", "add", "Acme", "--domain", "acme.example"],
        ["destination", "add", "Mail", "--provisioner", "existing", "--host", "mail.acme.example"],
    ):
        assert cli.invoke(args=command).exit_code == 0


def run(cli: FlaskCliRunner, *arguments: str, stdin: bytes | None = None) -> tuple[int, str]:
    result = cli.invoke(args=[*IMPORT, *arguments], input=stdin)
    return result.exit_code, result.output


def imported(cli: FlaskCliRunner, *arguments: str) -> dict[str, Any]:
    status, output = run(cli, *arguments, "--destination", "Mail", "--json")
    assert status == 0, output
    found: dict[str, Any] = json.loads(output)
    return found


def test_every_row_becomes_an_account(cli: FlaskCliRunner, store: Store) -> None:
    """The draft has the file's rows in its order, each with its line, and what was asked for."""
    numbers = imported(cli, DEMO, "--source-port", "10993", "--threads", "7", "--dry-run")
    assert [one["line"] for one in numbers["accounts"]] == list(range(2, 14))
    assert numbers["accounts"][0]["destination"] == "anna.berger@acme.example"
    assert numbers["run"] is None
    with store.read() as session:
        migration = session.scalars(select(Migration)).one()
        assert (migration.name, migration.threads, migration.dry_run) == ("demo", 7, True)
        assert (migration.source_port, migration.source_security) == (10993, "ssl")
        assert migration.domain == "acme.example"


def test_no_password_is_printed_or_stored_in_clear(cli: FlaskCliRunner, store: Store) -> None:
    """Neither the numbers nor the database file show one."""
    status, output = run(cli, DEMO, "--destination", "Mail", "--json")
    assert status == 0
    assert "Herbst-Laub-2019" not in output
    with store.read() as session:
        account = session.scalars(select(Account)).first()
        assert account is not None
        assert account.source_password_sealed
        assert b"Herbst" not in account.source_password_sealed


def test_a_file_from_stdin_keeps_a_faulty_line(cli: FlaskCliRunner) -> None:
    """A line that cannot be read is a blocked account with its reason, and the status is 2."""
    data = (
        b"imap.old.example;a@old.example;pw;a;Secret-Pass-123\nimap.old.example;b@old.example;pw\n"
    )
    status, output = run(cli, "-", "--destination", "Mail", "--json", stdin=data)
    numbers = json.loads(output)
    assert status == 2
    assert [one["check"] for one in numbers["accounts"]] == ["new", "blocked"]
    assert numbers["accounts"][1]["findings"][0]["level"] == "blocking"


def test_the_only_organization_and_domain_need_no_name(cli: FlaskCliRunner) -> None:
    """With a second of each, the command asks which is meant, and says what there is."""
    imported(cli, DEMO)
    cli.invoke(
        args=["organization", "add", "Two", "--domain", "c.example", "--domain", "d.example"]
    )
    status, output = run(cli, DEMO, "--destination", "Mail")
    assert status == 2
    assert "'Acme', 'Two'" in output
    status, output = run(cli, DEMO, "--destination", "Mail", "--organization", "Two")
    assert status == 2
    assert "c.example, d.example" in output
    imported(cli, DEMO, "--organization", "Two", "--domain", "D.example")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such.csv", "--destination", "Mail"], "no-such.csv"),
        ([DEMO], "--destination"),
        ([DEMO, "--destination", "Elsewhere"], "There are: 'Mail'"),
        ([DEMO, "--destination", "Mail", "--domain", "x.example"], "It has: acme.example"),
        ([DEMO, "--destination", "Mail", "--threads", "0"], "threads"),
        ([DEMO, "--destination", "Mail", "--mode", "most"], "flags-and-new"),
    ],
)
def test_wrong_usage_says_what_is_right(
    cli: FlaskCliRunner, store: Store, arguments: list[str], words: str
) -> None:
    """Status 2, and nothing is written."""
    status, output = run(cli, *arguments)
    assert status == 2
    assert words in output
    with store.read() as session:
        assert session.scalars(select(Migration)).all() == []


def test_a_file_that_is_none_is_refused_in_words(cli: FlaskCliRunner, tmp_path: Path) -> None:
    """A picture, and an empty file: status 2, no stack trace."""
    for name, data in (("a.png", b"\x89PNG\r\n\x1a\n\0\0\0"), ("empty.csv", b"")):
        (tmp_path / name).write_bytes(data)
        status, output = run(cli, str(tmp_path / name), "--destination", "Mail")
        assert status == 2
        assert output.startswith("Error: ")
        assert "Traceback" not in output


def test_waiting_without_workers_ends_with_the_time(cli: FlaskCliRunner) -> None:
    """`--timeout` ends the wait with status 2; the rows stay and go on waiting."""
    arguments = (DEMO, "--destination", "Mail", "--check", "--timeout", "0.6")
    status, output = run(cli, *arguments)
    assert status == 2
    assert "had not ended after 0.6 seconds" in output
    listed = cli.invoke(args=["migration", "list", "--json"])
    assert [one["state"] for one in json.loads(listed.output)] == ["draft"]


def test_a_report_of_nothing_is_refused(cli: FlaskCliRunner) -> None:
    """An unknown number has status 2; a draft's report shows its rows."""
    assert cli.invoke(args=["migration", "report", "7"]).exit_code == 2
    number = imported(cli, DEMO)["migration"]
    shown = cli.invoke(args=["migration", "report", str(number)])
    assert shown.exit_code == 0
    assert "line 2: anna.berger@old.example to anna.berger@acme.example: new" in shown.output


def test_options_are_taken_along(cli: FlaskCliRunner, store: Store) -> None:
    """By name, and imapsync's; what was not said is as it is without options."""
    line = ("--option", "exclude=^Junk$", "--option", "max_age_days=30")
    imported(cli, DEMO, *line, "--custom", "--folder=INBOX --useuid")
    with store.read() as session:
        options = session.scalars(select(Migration)).one().options
    assert (options["exclude"], options["max_age_days"]) == ("^Junk$", 30)
    assert options["custom"] == "--folder=INBOX --useuid"
    assert options["timeout_source"] == 600


@pytest.mark.parametrize(("given", "exclude"), [((), NEW_CHOICES.exclude), (("exclude=",), "")])
def test_the_same_folders_are_left_out_as_by_a_new_migration_of_the_page(
    cli: FlaskCliRunner, store: Store, given: tuple[str, ...], exclude: str
) -> None:
    """Junk, unless it is said otherwise."""
    imported(cli, DEMO, *(word for one in given for word in ("--option", one)))
    with store.read() as session:
        stored = from_json(session.scalars(select(Migration)).one().options)
    assert stored == replace(NEW_CHOICES, exclude=exclude)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["--option", "colour=blue"], "'colour=blue' is no option"),
        (["--option", "max_age_days=99999"], "The maximum age is from 0 to 32,000 days."),
        (["--custom", "--maxage 30"], "Write --maxage=30, and not --maxage 30."),
        (["--mode", "all", "--option", "refiling=move"], "The mode 'all' removes"),
    ],
)
def test_an_option_that_is_wrong_makes_no_migration(
    cli: FlaskCliRunner, store: Store, line: list[str], words: str
) -> None:
    """Refused in the words of the page."""
    status, output = run(cli, DEMO, "--destination", "Mail", *line)
    assert status == 2
    assert words in output
    with store.read() as session:
        assert session.scalars(select(Migration)).all() == []
