"""The installation's figures for Prometheus, from the store and from Redis."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence

from flask import Blueprint, abort, make_response, request
from flask.typing import ResponseReturnValue

from jobs.seen import Seen
from store.vitals import Figures, Overdue, figures
from wizard.exposition import CONTENT_TYPE, Family, Sample, exposed
from wizard.health import Facts, watch
from wizard.services import services

metrics = Blueprint("metrics", __name__)

_QUANTILES = (0.5, 0.9, 0.99)


@metrics.get("/metrics")
def show() -> ResponseReturnValue:
    """404 unless the operator has switched it on; 401 without his token, where he set one."""
    settings = services().settings
    if not settings.metrics:
        abort(404)
    shown = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    wanted = f"Bearer {settings.metrics_token}".encode()
    if settings.metrics_token and not hmac.compare_digest(shown, wanted):
        return make_response("", 401, {"WWW-Authenticate": "Bearer"})
    facts = watch().facts()
    text = exposed(_of_services(facts))
    if facts.sql is not None:
        with services().store.read() as session:
            text += exposed(_of_store(figures(session)))
    return make_response(text, 200, {"Content-Type": CONTENT_TYPE})


def _of_services(facts: Facts) -> Iterator[Family]:
    up = {"sql": facts.sql is not None, "redis": facts.redis is not None}
    yield Family("mailhaul_up", "1: it answers.", _each("part", up))
    if facts.redis is not None:
        yield from _of_redis(facts.redis)
    if facts.sql is not None:
        yield from _overdue(facts.sql)


def _of_redis(seen: Seen) -> Iterator[Family]:
    workers = {name: one.workers for name, one in seen.queues.items()}
    waiting = {name: one.waiting for name, one in seen.queues.items()}
    yield Family("mailhaul_workers", "Workers with a fresh sign of life.", _each("queue", workers))
    yield Family("mailhaul_queue_depth", "Calls no worker has taken.", _each("queue", waiting))
    if seen.clock is not None:
        words = "Since the clock's last tick."
        yield Family("mailhaul_clock_age_seconds", words, [Sample(seen.clock)])


def _overdue(late: Overdue) -> Iterator[Family]:
    start, claim = [Sample(late.start)], [Sample(late.claim)]
    yield Family("mailhaul_due_start_age_seconds", "Of the start that is due longest.", start)
    yield Family("mailhaul_lapsed_claim_age_seconds", "Of the claim that lapsed first.", claim)


def _of_store(found: Figures) -> Iterator[Family]:
    states = "In each state."
    yield Family("mailhaul_migrations", states, _each("state", found.migrations))
    yield Family("mailhaul_accounts", states, _each("state", found.accounts))
    yield Family("mailhaul_account_runs", states, _each("state", found.account_runs))
    yield Family("mailhaul_notices", "Mails in each state.", _each("state", found.mails))
    kept = "over all account runs that are kept."
    yield Family("mailhaul_messages", f"By outcome, {kept}", _each("outcome", found.messages))
    copied = [Sample(found.bytes_copied)]
    yield Family("mailhaul_copied_bytes", f"Bytes of the copied messages, {kept}", copied)
    yield Family("mailhaul_errors", f"By code, {kept}", _each("code", found.run_errors))
    words = "What blocks accounts now, by code."
    yield Family("mailhaul_blocking_findings", words, _each("code", found.findings))
    for kind, seconds in found.durations.items():
        name = f"mailhaul_{kind.replace(' ', '_')}_seconds"
        yield Family(name, "Of those that ended in the last hour.", _summary(seconds), "summary")


def _each(label: str, values: Mapping[str, float]) -> list[Sample]:
    return [Sample(value, {label: name}) for name, value in sorted(values.items())]


def _summary(seconds: Sequence[float]) -> list[Sample]:
    """`seconds` are sorted."""
    last = len(seconds) - 1
    samples = [
        Sample(seconds[round(last * quantile)], {"quantile": str(quantile)})
        for quantile in _QUANTILES
        if seconds
    ]
    return [*samples, Sample(sum(seconds), suffix="_sum"), Sample(len(seconds), suffix="_count")]
