"""The audit trail from the command line."""

from __future__ import annotations

import csv
import io
import json

import pytest
from flask.testing import FlaskCliRunner

from store import history
from store.engine import Store
from tests.cli.test_people import PASSWORD, add_acme


@pytest.fixture
def acme(cli: FlaskCliRunner) -> None:
    add_acme(cli)
    command = ["user", "add", "eve@acme.example", "--role", "support", "--organization", "Acme"]
    assert cli.invoke(args=[*command, "--password-stdin"], input=f"{PASSWORD}\n").exit_code == 0


def test_what_the_command_line_did_is_told_with_the_systems_account(
    cli: FlaskCliRunner, acme: None
) -> None:
    """Names and roles, no password, and who of this machine has done it."""
    told = cli.invoke(args=["audit"])
    assert told.exit_code == 0, told.output
    first, second, third = told.output.splitlines()
    assert "Audit trail downloaded: As text. All lines." in first
    assert "Person added: eve@acme.example, support." in second
    assert "Organization added: Acme: acme.example, b.example." in third
    assert all("  command line from " in line and " at " in line for line in (second, third))
    assert PASSWORD not in told.output


def test_filters_and_forms(cli: FlaskCliRunner, store: Store, acme: None) -> None:
    """JSON and CSV have the same lines; --last takes the newest."""
    found = json.loads(cli.invoke(args=["audit", "--json", "--kind", "person added"]).output)
    assert [(one["kind"], one["organization"], one["who"]) for one in found] == [
        ("person added", "Acme", "command line")
    ]
    with store.write() as session:
        history.record(session, kind="noted", note="=1+1")
    text = cli.invoke(args=["audit", "--csv", "--text", "1+1"]).stdout_bytes.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [(row["What"], row["Note"]) for row in rows[-1:]] == [("Note changed", "'=1+1")]
    assert len(cli.invoke(args=["audit", "--last", "2"]).output.splitlines()) == 2
    only = ["audit", "--organization", "Acme", "--from", "2020-01-01", "--to", "2020-01-02"]
    assert cli.invoke(args=only).output == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--kind", "nothing"], "There is no kind 'nothing'. There are: "),
        (["--organization", "Nowhere"], "There is no organization 'Nowhere'."),
        (["--from", "yesterday"], "does not match the format"),
        (["--csv", "--json"], "Choose one of --csv and --json."),
        (["--last", "0"], "0 is not in the range"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    cli: FlaskCliRunner, arguments: list[str], words: str
) -> None:
    """With status 2, and no line."""
    refused = cli.invoke(args=["audit", *arguments])
    assert refused.exit_code == 2
    assert words in refused.output
    assert "Traceback" not in refused.output
    assert len(cli.invoke(args=["audit"]).output.splitlines()) == 1
