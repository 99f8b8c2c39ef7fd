"""The limit of speed: never more than it, whatever is asked for, and nothing breaks for it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imap import Login, Server, open_source
from imap.throttle import LONGEST, Bucket, Throttle
from sync.errors import Stopped, StopReason
from sync.options import Security, SyncOptions
from sync.report import Verdict
from tests.imap.conftest import Scene
from tests.imap.copying import Copy, letters, put, read
from tests.imap.policy import policy_for
from tests.imap.scripted import FULL, Talk

RATE = 120_000


class Clock:
    """Time passes by waiting, and by what `oversleep` adds to it."""

    def __init__(self, oversleep: float = 0.0) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self._oversleep = oversleep

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds + self._oversleep


class Alone:
    """A line that never has anything queued."""

    def move(self) -> float:
        return float("inf")


@settings(max_examples=300, deadline=None)
@given(
    rate=st.integers(1_000, 125_000_000),
    oversleep=st.sampled_from([0.0, 0.001, 0.3]),
    requests=st.lists(
        st.tuples(st.sampled_from([0.0, 0.0, 0.01, 0.5, 3.0, 60.0]), st.floats(0.001, 400)),
        max_size=60,
    ),
)
def test_no_five_seconds_hold_more_than_five_times_the_limit(
    rate: int, oversleep: float, requests: list[tuple[float, float]]
) -> None:
    """Whatever is asked for after whatever silence; and no wait is longer than a second."""
    clock = Clock(oversleep)
    throttle, bucket = Throttle(rate, clock.wait, clock=clock), Bucket(rate, clock=clock)
    window: deque[tuple[float, int]] = deque()
    for silence, pieces in requests:
        clock.now += silence
        left = max(1, int(bucket.piece * pieces))
        while left:
            throttle.await_turn(Alone(), bucket)
            size = min(left, bucket.piece)
            bucket.take(size)
            left -= size
            window.append((clock.now, size))
            while window[0][0] <= clock.now - 5:
                window.popleft()
            assert sum(size for _, size in window) <= 5 * rate
    assert all(0 < wait <= LONGEST for wait in clock.waits)


@settings(max_examples=200, deadline=None)
@given(
    rates=st.lists(
        st.tuples(st.integers(1_000, 10_000_000), st.sampled_from([0.02, 0.4, 2.0, 7.0])),
        min_size=2,
        max_size=8,
    ),
    gently=st.sampled_from([0.0, 1.0]),
)
def test_a_limit_that_changes_holds_as_it_is_at_each_moment(
    rates: list[tuple[int, float]], gently: float
) -> None:
    """Whoever always has something to send passes, in any five seconds, no more than what the
    limit of each of their moments allows; and a tenth of it in the beginning."""
    clock = Clock()
    throttle = Throttle(rates[0][0], clock.wait, clock=clock, gently=gently)
    limit = throttle.limit()
    assert limit is not None
    begun, passed, allowed = clock.now, deque[tuple[float, int]](), deque[tuple[float, float]]()
    for rate, seconds in rates:
        throttle.bytes_per_second = rate
        until = clock.now + seconds
        while clock.now < until:
            before = clock.now
            throttle.await_turn(Alone(), limit.bucket)
            size = limit.bucket.piece
            limit.bucket.take(size)
            slow = 0.1 if before < begun + gently else 1.0
            allowed.append((clock.now, slow * rate * (clock.now - before)))
            passed.append((clock.now, size))
            since = clock.now - 5
            within = sum(size for at, size in passed if at > since)
            highest = max(rate for rate, _ in rates)
            assert within <= sum(much for at, much in allowed if at > since) + 0.08 * highest + 1


def test_what_is_owed_is_a_number_of_bytes() -> None:
    """A limit that is halved doubles the wait for what has passed, and the other way round."""
    clock = Clock()
    bucket = Bucket(10_000, clock=clock)
    bucket.take(19_000)
    waits = [bucket.delay()]
    for rate in (5_000, 20_000):
        bucket.change(rate)
        waits.append(bucket.delay())
    assert waits == pytest.approx([2, 4, 1])


def test_the_limit_is_asked_for_while_a_line_waits_for_its_turn() -> None:
    """So that one that sinks holds from the next piece on, and one that grows ends a long wait."""
    clock = Clock()

    def now() -> int:
        return 1_000 if clock.now < 1_002 else 100_000

    throttle = Throttle(1_000, clock.wait, clock=clock, ask=now)
    limit = throttle.limit()
    assert limit is not None
    limit.bucket.take(10_000)
    throttle.await_turn(Alone(), limit.bucket)
    assert (throttle.bytes_per_second, limit.bucket.piece) == (100_000, 4_000)
    assert clock.now - 1_000 == pytest.approx(2 + 8.6 / 100, abs=0.1)


def test_no_limit_is_nothing_at_all() -> None:
    """With 0 a connection is the socket itself."""
    assert Throttle(0, time.sleep).limit() is None


def test_a_wait_makes_the_others_move() -> None:
    """While one line waits for its turn, what is queued on another goes out when it is due."""
    clock = Clock()
    throttle, bucket = Throttle(1_000, clock.wait, clock=clock), Bucket(1_000, clock=clock)
    moved: list[float] = []

    class Busy(Alone):
        def move(self) -> float:
            moved.append(clock.now)
            return 0.25

    throttle.join(Busy())
    bucket.take(1_000)
    throttle.await_turn(Alone(), bucket)
    assert len(moved) == len(clock.waits) == 5


class Stopping:
    """Asks for the end while the line waits for the so-and-so-many-th time."""

    def __init__(self, after: int) -> None:
        self._left = after

    def wait(self, seconds: float) -> None:
        self._left -= 1
        if self._left < 0:
            raise Stopped(StopReason.STOP)
        time.sleep(seconds)


def test_a_copy_keeps_to_the_limit_on_both_sides(new_copy: Callable[..., Copy]) -> None:
    """Seen from outside, from the first byte on, in every five seconds and nearly in every one; a
    stop amid a wait ends it, and the next run, within the same limit, brings the rest."""
    bodies, copy, direct = letters(8, 60_000), new_copy(), new_copy()
    with closing(direct.writer_to_source()) as writer:
        put(writer, bodies)
    options = SyncOptions(bytes_per_second=RATE, settle_seconds=0)
    with pytest.raises(Stopped):
        copy.run(options, Throttle(RATE, Stopping(40).wait))
    assert copy.run(options, Throttle(RATE, time.sleep)) is Verdict.VERIFIED
    with closing(direct.destination()) as reader:
        assert read(reader) == sorted(bodies)
    for line in copy.lines:
        assert line.count() > sum(map(len, bodies))
        assert line.most_in(5.0) <= 5 * RATE * 1.05
        assert line.most_in(1.0) <= RATE * 1.3


def test_the_limit_makes_no_timeout_fire(scene: Scene) -> None:
    """An answer that takes longer than the timeout, since it may not come faster."""

    def script(talk: Talk) -> None:
        talk.welcome(FULL)
        talk.answer(b"LIST", *[b'* LIST () "/" "%04d%s"' % (n, b"x" * 80) for n in range(60)])
        talk.answer(b"LSUB")
        talk.line()

    server = scene.serve(script)
    reader = open_source(
        Server("localhost", server.port, Security.NONE),
        Login("me", "secret"),
        policy_for(server.port, timeout=0.7),
        throttle=Throttle(4_000, time.sleep),
    )
    with closing(reader):
        assert len(reader.folders().folders) == 61
