"""One login on one server, connected when it is needed, and anew when the line has broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from imap.compression import Compression
from imap.connect import connect
from imap.dialogue import Dialogue
from imap.login import log_in
from imap.names import wire_name
from imap.patience import Heed, heedless
from imap.permit import Permit, freely
from imap.selection import Opening, Selected
from imap.server import Login, NetworkPolicy, Server
from imap.throttle import Throttle
from sync.errors import Code, ConnectFailed, ConnectionLost, FolderBusy, Side, Stopped
from sync.model import Capabilities, Folder

PAUSES = (0.0, 1.0, 5.0, 20.0)
"""Seconds before a new connection after the first, second, … loss in a row."""
ATTEMPTS = (2.0, 8.0)
"""Seconds between attempts to come back on a server that is away for a moment."""
BUSY = 2.0
"""Seconds before something is asked for again that was refused for now."""
PASSING = {
    Code.CONNECT_REFUSED,
    Code.CONNECT_TIMEOUT,
    Code.UNREACHABLE,
    Code.SERVER_BYE,
    Code.LOGIN_TEMPORARY,
    Code.TOO_MANY_CONNECTIONS,
}

Wait = Callable[[float], None]


class Session:
    """Not for two threads. Remembers which folder is open on the connection."""

    def __init__(
        self,
        server: Server,
        login: Login,
        policy: NetworkPolicy,
        *,
        side: Side,
        wait: Wait,
        throttle: Throttle | None = None,
        compress: bool | None = None,
        heed: Heed = heedless,
        permit: Permit = freely,
    ) -> None:
        self.server = server
        self.side = side
        self.selected: Selected | None = None
        self.permanent_flags: dict[bytes, frozenset[str]] = {}
        """By wire name, as SELECT told them: in a folder opened by EXAMINE nothing is permanent."""
        self.strikes: Counter[tuple[str, int]] = Counter()
        """By folder and uid: how often the line has broken at a body."""
        self.hard: set[tuple[str, int]] = set()
        """By folder and uid: bodies that were refused alone."""
        self.has_read = False
        """A body has come."""
        self.refusing = False
        """The server is refusing commands, one after the other perhaps."""
        self._login = login
        self._policy = policy
        self._wait = wait
        self._heed = heed
        self._permit = permit
        self._limit = throttle.limit() if throttle else None
        limit = throttle.bytes_per_second if throttle else 0
        self._compression = Compression(compress, limit)
        self._dialogue: Dialogue | None = None
        self._capabilities = Capabilities()
        self._known = False
        self._losses = 0
        self._suggested = 0.0

    @property
    def capabilities(self) -> Capabilities:
        """What the server offers after login; nothing before the first connection."""
        return self._capabilities

    @contextmanager
    def line(self) -> Iterator[Dialogue]:
        """The connection, for one piece of work. It is given up when the work ends amid an
        answer, since the next command could not be told from the last."""
        dialogue = self.dialogue()
        try:
            self._compression.consider(dialogue)
            yield dialogue
            self.worked()
        except ConnectionLost as lost:
            if self._dialogue is dialogue:
                self.drop(lost)
            raise
        finally:
            self.release()

    def dialogue(self) -> Dialogue:
        """The connection. Connects and logs in when there is none, after the pause that the
        losses before, or the server itself, ask for."""
        self.release()
        if self._dialogue is None:
            pause = max(PAUSES[min(self._losses, len(PAUSES)) - 1], self._suggested)
            if self._losses and pause:
                self._wait(pause)
            self._suggested = 0.0
            self._dialogue = self._return() if self._known else self._come()
            self._compression.begin(self._dialogue)
            self._capabilities = self._dialogue.capabilities
            self._known = True
        return self._dialogue

    def open(self, dialogue: Dialogue, folder: Folder, *, writable: bool = False) -> Selected:
        """Have this folder open on the connection. Raises FolderError when it cannot be."""
        now = self.selected
        if now and now.wire_name == wire_name(folder) and (now.writable or not writable):
            return now
        self.selected = None
        try:
            opened = self._open(dialogue, folder, writable)
        except FolderBusy as busy:
            self.await_turn(busy.suggested_wait)
            opened = self._open(dialogue, folder, writable)
        self.selected = opened
        if writable:
            self.permanent_flags[opened.wire_name] = opened.permanent_flags
        return opened

    def _open(self, dialogue: Dialogue, folder: Folder, writable: bool) -> Selected:
        opening = Opening.send(dialogue, folder, writable=writable)
        answer = opening.answer(dialogue)
        if not answer.ok:
            raise dialogue.refusal(answer, folder.name)
        return opening.selected

    def await_turn(self, suggested: float) -> None:
        """Before that is asked for again, once, which was refused for now."""
        self._wait(max(suggested, BUSY))

    def worked(self) -> None:
        """The connection has been of use: the next loss is a first one."""
        self._losses = 0

    def release(self) -> None:
        """Give up a connection that is in the middle of something."""
        if self._dialogue is not None and not self._dialogue.usable:
            self.drop()

    def drop(self, lost: ConnectionLost | None = None) -> None:
        """Hang up. `lost` is why, when the line broke by itself."""
        if self._dialogue is not None:
            self._dialogue.wire.close()
        self._dialogue = self.selected = None
        if lost is not None:
            self._compression.lost(lost)
            self._losses += 1
            self._suggested = max(self._suggested, lost.suggested_wait)

    def close(self) -> None:
        """Log out and hang up. Never raises."""
        if self._dialogue is not None:
            with suppress(Stopped):
                self._dialogue.close()
            self._dialogue.wire.close()
        self._dialogue = self.selected = None

    def _come(self) -> Dialogue:
        with self._permit(self._known):
            dialogue = connect(self.server, self._policy, self.side, self._limit, self._heed)
            try:
                log_in(dialogue, self._login, identify=self.server.identify)
            except Exception:
                dialogue.wire.close()
                raise
        return dialogue

    def _return(self) -> Dialogue:
        for pause in ATTEMPTS:
            try:
                return self._come()
            except ConnectFailed as failed:
                if failed.code not in PASSING:
                    raise
                self._wait(max(pause, failed.suggested_wait))
        return self._come()
