"""Destinations that cannot remove single messages (no UIDPLUS)."""

from __future__ import annotations

import pytest

from importer.diagnosis import explain, said
from sync.errors import Code
from sync.options import Mode, SyncOptions
from tests.sync.sides import content, message
from tests.sync.test_mailbox import small_world


@pytest.mark.parametrize("allowed", [False, True])
def test_what_the_server_cannot_remove_nobody_is_asked_about(allowed: bool) -> None:
    """A person's leave would help nothing: that is said instead, of a folder that only the
    destination has, too; and nothing is removed."""
    world = small_world()
    world.run()
    world.destination.uidplus = False
    world.source.content["INBOX"].messages.clear()
    world.destination.make_folder("INBOX.Other").add(message(50))
    before = content(world.destination)
    report = world.run(SyncOptions(mode=Mode.ALL, allow_removal=allowed))
    errors = {folder.destination: folder.error for folder in report.folders if folder.error}
    assert errors == dict.fromkeys(("INBOX", "INBOX.Other"), Code.REMOVAL_UNSUPPORTED)
    assert content(world.destination) == before


def test_each_reason_why_nothing_was_removed_has_words_of_its_own() -> None:
    """Only what a person can allow says so; a count is nothing that a server has said."""
    asked, cannot, waits = (
        explain(code, server_words="INBOX: 3 of 4 messages")
        for code in (Code.DELETION_REFUSED, Code.REMOVAL_UNSUPPORTED, Code.REMOVAL_WAITS)
    )
    assert "allow it on the account's page" in asked.hint
    assert "UIDPLUS" in cannot.words
    assert "UIDPLUS" not in asked.words
    assert "could not be read" in waits.words
    assert said(Code.DELETION_REFUSED) == said(Code.REMOVAL_WAITS) == "Namely"
