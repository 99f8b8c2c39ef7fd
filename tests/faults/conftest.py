"""Two real servers with a proxy before each, started once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from launch.dovecot import Dovecot
from sync.errors import Side
from tests.faults.stage import Nursery, Stage

BARE = "IMAP4rev1 LITERAL+ NAMESPACE"
"""A destination that can do nothing in bulk and tells no new uid."""


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    started = Nursery(tmp_path_factory.mktemp("nursery") / "log")
    started.start()
    yield started
    started.stop()


def opened(stage: Stage) -> Iterator[Stage]:
    stage.open()
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def stage(
    make_dovecot: Callable[..., Dovecot], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Separator '/' to separator '.' with prefix 'INBOX.', with all that Dovecot can do."""
    servers = {
        Side.SOURCE: make_dovecot(),
        Side.DESTINATION: make_dovecot(separator=".", prefix="INBOX."),
    }
    yield from opened(Stage(servers, nursery, tmp_path_factory.mktemp("ledgers")))


@pytest.fixture(scope="session")
def bare_stage(
    make_dovecot: Callable[..., Dovecot], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The same with a destination of few words: one APPEND a message."""
    servers = {
        Side.SOURCE: make_dovecot(),
        Side.DESTINATION: make_dovecot(separator=".", prefix="INBOX.", capability=BARE),
    }
    yield from opened(Stage(servers, nursery, tmp_path_factory.mktemp("bare-ledgers")))
