"""Whether the installation works: for the operator's monitoring, and for people who wait.

What is away      what it means for them
the database      no page, no run
Redis             nothing is started, since nobody can be called
the clock         nothing is started, and nothing lost is taken up again
workers           nothing is copied, or nothing is checked
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, current_app, make_response, render_template, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue

from jobs.queue import CHECKS, RUNS
from jobs.seen import Lookout, Seen
from store import trouble
from store.engine import Store, StoreError
from store.judge import Judge
from store.trouble import AWAY
from store.vitals import Overdue, overdue

health = Blueprint("health", __name__)

CLOCK_SECONDS = 60.0
"""A tick comes each second; under load one may take long."""
SQL_SECONDS = 2.0
_KEPT_SECONDS = 5.0
_BANNER_PAGES = ("overview.index", "details.page", "accounts.page")
_COOKIELESS = ("health.healthz", "metrics.show", "health.banner")


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is away. `words` are for the people who wait for their migrations."""

    what: str
    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """None: the database, or Redis, does not answer; `sql_words`, `redis_words` say why."""

    sql: Overdue | None
    redis: Seen | None
    sql_words: str = AWAY
    redis_words: str = ""

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        if self.sql is None:
            return (Trouble("sql", self.sql_words),)
        if self.redis is None:
            why = self.redis_words or "Redis does not answer"
            words = f"{why}. What runs now goes on, and the rest waits."
            return (Trouble("redis", f"{_NOTHING}: {words}"),)
        if self.redis.refuses:
            words = f"{self.redis.refuses}. What runs now goes on, and the rest waits."
            return (Trouble("redis", f"{_NOTHING}: {words}"),)
        found = (*_clock_troubles(self.redis), *_worker_troubles(self.redis))
        return (*found, *_time_troubles(self.redis, self.sql))


class Watch:
    """The facts, asked anew at most every few seconds, whoever wants to know."""

    def __init__(self, store: Store, lookout: Lookout) -> None:
        self._lookout = lookout
        judge = Judge()
        self._sql = _Patient(lambda: _overdue(store, judge))
        self._asking = threading.Lock()
        self._asked = float("-inf")
        self._facts: Facts | None = None

    def facts(self, kept: float = _KEPT_SECONDS) -> Facts:
        """At most `kept` seconds old, or asked for at this moment by somebody else."""
        old = self._facts
        if old is not None and time.monotonic() - self._asked < kept:
            return old
        # Nobody waits for who asks already, but at the very first time.
        if not self._asking.acquire(blocking=old is None) and old is not None:
            return old
        try:
            sql, redis = self._sql.answer(SQL_SECONDS), self._lookout.look()
            late = sql if isinstance(sql, Overdue) else None
            words = sql if isinstance(sql, str) else AWAY
            self._facts = Facts(late, redis, words, self._lookout.why)
            self._asked = time.monotonic()
            return self._facts
        finally:
            self._asking.release()

    def close(self) -> None:
        self._lookout.close()


class _Patient:
    """A question that may hang for ever: it is asked once at a time, and not waited for longer
    than was said."""

    def __init__(self, question: Callable[[], Overdue | str]) -> None:
        self._question = question
        self._thread: threading.Thread | None = None
        self._answer: Overdue | str | None = None

    def answer(self, seconds: float) -> Overdue | str | None:
        """None: there is none (yet); words: why there is none."""
        if self._thread is None:
            self._answer = None
            self._thread = threading.Thread(target=self._ask, name="health", daemon=True)
            self._thread.start()
        self._thread.join(seconds)
        if self._thread.is_alive():
            return None
        self._thread = None
        return self._answer

    def _ask(self) -> None:
        self._answer = self._question()


class _Sessions(SecureCookieSessionInterface):
    """Monitoring gets no cookie, and a page that looks by itself keeps nobody signed in."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return request.endpoint not in _COOKIELESS and super().should_set_cookie(app, session)


@health.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 when all is well, 503 when something is away. No names, no numbers of anybody's mail."""
    facts = watch().facts(1.0)
    return as_json(facts), 503 if facts.troubles else 200


@health.get("/degraded")
def banner() -> ResponseReturnValue:
    """What pages show, asked for while they stand open. 204: it is still the same."""
    if request.args.get("shown", "") == _named(watch().facts().troubles):
        return make_response("", 204)
    return render_template("health/banner.html")


def watch() -> Watch:
    found: Watch = current_app.extensions["mailhaul-watch"]
    return found


def as_json(facts: Facts) -> dict[str, Any]:
    seen, late = facts.redis, facts.sql
    queues = {} if seen is None else seen.queues
    return {
        "status": "degraded" if facts.troubles else "ok",
        "degraded": {one.what: one.words for one in facts.troubles},
        "web": "ok",
        "sql": "away" if late is None else "ok",
        "redis": "away" if seen is None else "refuses" if seen.refuses else "ok",
        "workers": {name: one.workers for name, one in queues.items()},
        "waiting": {name: one.waiting for name, one in queues.items()},
        "clock_seconds": None if seen is None else _rounded(seen.clock),
        "oldest_due_start_seconds": None if late is None else _rounded(late.start),
        "oldest_lapsed_claim_seconds": None if late is None else _rounded(late.claim),
        "times_apart_seconds": None if seen is None else _rounded(seen.apart or seen.jumped),
        "times_too_far_ahead": None if late is None else late.ahead,
        "starts_computed_anew": None if late is None else late.computed_anew,
    }


def _clock_troubles(seen: Seen) -> tuple[Trouble, ...]:
    if seen.clock is not None and seen.clock <= CLOCK_SECONDS:
        return ()
    since = "does not run" if seen.clock is None else f"has been silent for {_long(seen.clock)}"
    return (Trouble("clock", f"{_NOTHING}: the clock {since}."),)


def _worker_troubles(seen: Seen) -> tuple[Trouble, ...]:
    missing = {name for name, one in seen.queues.items() if not one.workers}
    if missing >= {RUNS, CHECKS}:
        return (Trouble("workers", f"{_NOTHING}: no worker runs."),)
    return tuple(
        Trouble(f"workers {name}", f"No account is {done} at the moment: no worker runs for that.")
        for name, done in ((RUNS, "copied"), (CHECKS, "checked"))
        if name in missing
    )


def _time_troubles(seen: Seen, late: Overdue) -> tuple[Trouble, ...]:
    if seen.jumped:
        jump = f"has jumped {_direction(seen.jumped)} by {_long(abs(seen.jumped))}"
        return (Trouble("time", f"The time of day of the clock {jump}: no schedule starts yet."),)
    if seen.apart:
        words = f"a clock is {_long(abs(seen.apart))} {_side(seen.apart)} this one"
        return (Trouble("time", f"Times may be wrong: {words}. Set all machines' clocks."),)
    if late.ahead:
        many = "1 stored time is" if late.ahead == 1 else f"{late.ahead} stored times are"
        return (Trouble("time", f"{many} too far in the future, and will be corrected."),)
    return ()


def _direction(seconds: float) -> str:
    return "ahead" if seconds > 0 else "back"


def _side(seconds: float) -> str:
    return "ahead of" if seconds > 0 else "behind"


_NOTHING = "Nothing is started at the moment"


def _long(seconds: float) -> str:
    """In whole minutes, so that a page that looks again says nothing new each time."""
    minutes = int(seconds / 60)
    if minutes >= 120:
        return f"{minutes // 60} hours"
    return "1 minute" if minutes <= 1 else f"{minutes} minutes"


def _overdue(store: Store, judge: Judge) -> Overdue | str:
    try:
        with store.read() as session:
            return overdue(session, judge)
    except StoreError as error:
        return trouble.words(error)


def _named(troubles: tuple[Trouble, ...]) -> str:
    return " ".join(one.words for one in troubles)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _degraded() -> dict[str, object]:
    troubles = watch().facts().troubles
    return {"troubles": troubles, "named": _named(troubles)}


def init_app(app: Flask) -> None:
    here = app.extensions["mailhaul"]
    app.extensions["mailhaul-watch"] = Watch(here.store, Lookout(here.settings.redis_url))
    app.session_interface = _Sessions()
    app.jinja_env.globals.update(degraded=_degraded, BANNER_PAGES=_BANNER_PAGES)
