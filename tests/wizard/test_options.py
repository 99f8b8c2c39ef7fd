"""The options of step 1: kept, shown again, refused at their field, and told in short."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from parameters.choices import NEW_CHOICES, Choices, Unit, from_json
from store.obstacles import removes
from store.tables import History, Migration
from sync.options import ProofLevel, Refiling, SourceDeletion
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.test_schedule import STANDING
from tests.wizard.test_steps import SERVER
from tests.wizard.world import World
from wizard.forms.options import written_size
from wizard.options import USUAL, in_short
from wizard.services import Services

PLAIN = {"automap": "y", "copy_unfiled": "y"}
EVERYTHING = {
    "subfolder": "Old mail",
    "exclude": "(?i)trash$",
    "subscribe_all": "y",
    "skip_empty": "y",
    "max_age_days": "32000",
    "min_age_days": "1",
    "since": "2024-02-29",
    "max_size": "25 MB",
    "min_size": "1,5 kb",
    "once": "y",
    "bytes_per_second": "125000000",
    "bytes_per_second_total": "2500000",
    "timeout_source": "1",
    "timeout_destination": "32000",
    "source_deletion": "if older than",
    "source_deletion_amount": "2",
    "source_deletion_unit": "years",
    "deletion_wanted": "y",
    "proof": "content",
    "refiling": "move",
    "refile_from": "Archive",
}


def _fields(world: World, **changes: str) -> dict[str, Any]:
    return SERVER | PLAIN | {"destination_id": str(world.destination)} | changes


def _stored(services: Services, number: int = 1) -> Choices:
    with services.store.read() as session:
        return from_json(session.get_one(Migration, number).options)


def test_a_new_migration_has_the_usual_options(
    reseller: Browser, services: Services, world: World
) -> None:
    """Junk is left out, nothing is deleted, and the fold says that all is as usual."""
    assert "(?i)spam|(?i)junk" in reseller.text("/migrations/new")
    assert USUAL in reseller.text("/migrations/new")
    reseller.post("/migrations/new", **_fields(world))
    assert _stored(services) == NEW_CHOICES


def test_every_option_is_kept_and_comes_back(
    reseller: Browser, services: Services, world: World
) -> None:
    """As typed, in the form of the draft and in that of a migration made like it."""
    assert reseller.post("/migrations/new", **_fields(world, **EVERYTHING)).status_code == 303
    assert _stored(services) == Choices(
        subfolder="Old mail", exclude="(?i)trash$", subscribe_all=True, skip_empty=True,
        max_age_days=32000, min_age_days=1, since=_stored(services).since, max_size=25_000_000,
        min_size=1500, once=True, bytes_per_second=125_000_000,
        bytes_per_second_total=2_500_000, timeout_source=1, timeout_destination=32000,
        source_deletion=SourceDeletion.OLDER,
        source_deletion_amount=2, source_deletion_unit=Unit.YEARS, proof=ProofLevel.CONTENT,
        refiling=Refiling.MOVE, refile_from="Archive",
    )  # fmt: skip
    for path in ("/migrations/1/server", "/migrations/new?like=1"):
        page = reseller.text(path)
        for shown in ('value="Old mail"', 'value="25 MB"', 'value="1500"', 'value="2024-02-29"'):
            assert shown in page
    assert "deletion_wanted" in reseller.text("/migrations/new?like=1")
    assert re.search(
        r'name="deletion_wanted" value="y" checked', reseller.text("/migrations/1/server")
    )
    assert not re.search(r'name="deletion_wanted" value="y" checked', page)
    again = _fields(world, **EVERYTHING)
    assert reseller.post("/migrations/new?like=1", **again).status_code == 303
    assert _stored(services, 2) == _stored(services, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_age_days": "32001"}, "from 0 to 32000"),
        ({"max_age_days": "old"}, "from 0 to 32000"),
        ({"bytes_per_second": "125000001"}, "from 0 to 125000000"),
        ({"bytes_per_second_total": "125000001"}, "from 0 to 125000000"),
        ({"timeout_source": "0"}, "from 1 to 32000"),
        ({"timeout_destination": "32001"}, "from 1 to 32000"),
        ({"max_size": "huge"}, "such as 25 MB"),
        ({"since": "yesterday"}, "Not a valid date"),
        ({"exclude": "(spam"}, "no regular expression"),
        ({"subfolder": "a\nb"}, "line break"),
        ({"min_age_days": "9", "max_age_days": "9"}, "No message is older than"),
        ({"source_deletion": "once synchronized", "proof": "content"}, "Tick that you want this"),
        ({"source_deletion": "once synchronized", "deletion_wanted": "y"}, "proof by content"),
        ({"source_deletion": "now"}, "Not a valid choice"),
        ({"refiling": "move", "mode": "all"}, "choose another mode"),
        ({"custom": "--automap --maxage 5"}, "Write --maxage=5, and not --maxage 5."),
        ({"custom": "--password1=secret"}, "--password1 cannot be set here"),
        (
            {
                "source_deletion": "once synchronized",
                "deletion_wanted": "y",
                "proof": "content",
                "mode": "all",
            },
            "would remove the last copy",
        ),
    ],
)
def test_an_option_that_cannot_be_is_refused_at_its_field(
    changes: dict[str, str], words: str, reseller: Browser, world: World
) -> None:
    """The fold opens, the words stand there, and nothing that was typed is lost."""
    answer = reseller.post("/migrations/new", **_fields(world, subfolder="Kept") | changes)
    assert answer.status_code == 422
    assert words in answer.text
    assert '<details class="panel fold" id="options" open>' in answer.text
    assert 'value="Kept"' in answer.text or "subfolder" in changes
    assert "Begin with your first" in reseller.text("/")


def test_custom_parameters_are_kept_as_typed(
    reseller: Browser, services: Services, world: World
) -> None:
    """H8. The page says which are taken; one that removes has to be confirmed like its tick."""
    assert "--folderrec=…" in reseller.text("/migrations/new")
    typed = "--folder=INBOX\r\n--delete2duplicates"
    assert reseller.post("/migrations/new", **_fields(world, custom=typed)).status_code == 303
    assert _stored(services).custom == typed
    with services.store.read() as session:
        assert removes(session.get_one(Migration, 1))


def test_the_short_form_has_two_of_them(
    reseller: Browser, services: Services, world: World
) -> None:
    """H1: where everything goes, and what is left out."""
    fields = STANDING | {"destination_id": str(world.destination), "subfolder": "Old mail"}
    wrong = reseller.post("/standing/new", **fields, exclude="(spam")
    assert wrong.status_code == 422
    assert "no regular expression" in wrong.text
    assert 'value="Old mail"' in wrong.text
    assert reseller.post("/standing/new", **fields, exclude="^Spam$").status_code == 303
    assert _stored(services) == replace(NEW_CHOICES, subfolder="Old mail", exclude="^Spam$")


def test_a_fault_elsewhere_keeps_the_options(reseller: Browser, world: World) -> None:
    """And leaves the fold closed."""
    answer = reseller.post("/migrations/new", **_fields(world, source_host="", subfolder="Kept"))
    assert answer.status_code == 422
    assert 'value="Kept"' in answer.text
    assert 'id="options" open' not in answer.text


def test_changed_options_stand_in_the_history(
    reseller: Browser, services: Services, world: World
) -> None:
    """With the old values and the new; deletion in the source above all. Places are not lost."""
    with services.store.write() as session:
        migration = seeds.ready_draft(session, services.sealer, world)
        migration.options = {"places": [["Sent", "Gesendet"]]}
        number = migration.id
    changes = {
        "source_deletion": "once synchronized",
        "deletion_wanted": "y",
        "proof": "content",
        "reaim": "y",
    }
    path = f"/migrations/{number}/server"
    assert reseller.post(path, **_fields(world, **changes)).status_code == 303
    assert _stored(services, number).places == (("Sent", "Gesendet"),)
    with services.store.read() as session:
        notes = [row.note for row in session.query(History).filter_by(migration_id=number)]
    assert any("deletion in the source: never → once synchronized" in note for note in notes)


def test_options_are_told_in_short() -> None:
    """Only what differs from the usual, in the words of the page."""
    assert in_short(NEW_CHOICES) == USUAL
    told = in_short(Choices(max_size=25_000_000, source_deletion=SourceDeletion.OLDER,
                            source_deletion_amount=2, source_deletion_unit=Unit.WEEKS))  # fmt: skip
    assert told == (
        "Folders left out: none; Not larger than: 25.0 MB; "
        "Messages removed from the source: If they are older than 2 weeks"
    )


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, ""), (1, "1"), (1500, "1500"), (25_000_000, "25 MB"), (3000, "3 kB"), (10**12, "1 TB")],
)
def test_sizes_are_written_as_they_can_be_read(amount: int, words: str) -> None:
    """Whole units, or the number of bytes."""
    assert written_size(amount) == words
