"""Two real servers with a proxy before each, started once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from launch.dovecot import Dovecot
from sync.errors import Side
from tests.faults.runs import Nursery
from tests.faults.stage import Stage

IN_BULK = ("MULTIAPPEND",)
NEW_UIDS = ("UIDPLUS",)
BARE = (*IN_BULK, *NEW_UIDS, "LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE", "CONDSTORE", "QRESYNC")
"""A destination of few words: one APPEND a message, and no new uid is told."""
UNSAFE = "mail_fsync = never\n"
"""It is never the servers that die here."""


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    started = Nursery(tmp_path_factory.mktemp("nursery") / "log")
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def stage(
    make_dovecot: Callable[..., Dovecot], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Separator '/' to separator '.' with prefix 'INBOX.', with all that Dovecot can do."""
    servers = {
        Side.SOURCE: make_dovecot(settings=UNSAFE),
        Side.DESTINATION: make_dovecot(separator=".", prefix="INBOX.", settings=UNSAFE),
    }
    stage = Stage(servers, nursery, tmp_path_factory.mktemp("ledgers"))
    stage.open()
    yield stage
    stage.close()


def variant(**how: object) -> Callable[[Stage], Iterator[Stage]]:
    """A fixture: the same servers behind proxies of another kind, as Stage.behind has them."""

    @pytest.fixture(scope="session")
    def behind(stage: Stage) -> Iterator[Stage]:
        other = stage.behind(**how)
        yield other
        other.close()

    return behind


mute_stage = variant(without=NEW_UIDS)
single_stage = variant(without=IN_BULK)
copying_stage = variant(without=("MOVE",))
bare_stage = variant(without=BARE)


@pytest.fixture(scope="session")
def tls_stage(stage: Stage, ca_file: str) -> Iterator[Stage]:
    """Under TLS on both sides, with the servers' own certificates."""
    other = stage.behind(ca_file=ca_file)
    yield other
    other.close()
