"""Leave to log in, asked of SQL before each login (store.brake), for one check or account run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from imap.permit import Permit
from imap.server import Login, Server
from store import brake
from store.brake import Answer, Door
from store.engine import Store
from sync.errors import AuthenticationFailed, Code, ConnectFailed, Side


class Permits:
    """`holder` names the check or account run. Both lines of one may ask at the same time."""

    def __init__(self, store: Store, organization_id: int, budget: int, holder: str) -> None:
        self._store = store
        self._organization_id = organization_id
        self._budget = budget
        self._holder = holder

    def give_back(self) -> None:
        """The work ends now, from another thread, amid a login perhaps."""
        with self._store.write() as session:
            brake.give_back(session, self._holder)

    def __call__(self, server: Server, login: Login, side: Side) -> Permit:
        door = Door.of(self._organization_id, server.host, server.port, login.username)

        def permit(again: bool) -> AbstractContextManager[None]:
            return self._coming_back(door) if again else self._at(door, side)

        return permit

    @contextmanager
    def _at(self, door: Door, side: Side) -> Iterator[None]:
        self._ask(door, side)
        try:
            with self._coming_back(door):
                yield
        except Exception as error:
            if not _is_refused(error):
                with self._store.write() as session:
                    brake.give_back(session, self._holder, door)
            raise
        with self._store.write() as session:
            brake.taken(session, door, self._holder)

    @contextmanager
    def _coming_back(self, door: Door) -> Iterator[None]:
        """With a login that was taken a while ago: nobody is asked, but a refusal counts."""
        try:
            yield
        except AuthenticationFailed as error:
            if _is_refused(error):
                with self._store.write() as session:
                    brake.refused(session, door, self._holder)
            raise

    def _ask(self, door: Door, side: Side) -> None:
        with self._store.write() as session:
            answer = brake.reserve(session, door, self._holder, self._budget)
        if answer is Answer.HELD:
            raise AuthenticationFailed(Code.LOGIN_HELD, side=side, where=door.host)
        if answer is Answer.WAIT:
            raise ConnectFailed(Code.LOGINS_WAIT, side=side, where=door.host)


def _is_refused(error: Exception) -> bool:
    return isinstance(error, AuthenticationFailed) and error.code is Code.LOGIN_REFUSED
