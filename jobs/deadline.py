"""A moment at which the kernel ends this process, whatever state it is in then.

A process that was stopped (SIGSTOP, a frozen container, a machine asleep) cannot look at its lease
before it goes on: what it was sending would be sent to the end. So it does not go on. SIGKILL from
a timer of the kernel's reaches a stopped process too, and its connections are closed with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time

from store.steady import clock as clock

_SIGEV_SIGNAL = 0
_TIMER_ABSTIME = 1
_NANO = 1_000_000_000


class _Event(ctypes.Structure):
    """struct sigevent, with room to spare for what the kernel may read of it."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signo", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_char * 64),
    )


class _Spec(ctypes.Structure):
    """struct itimerspec: the interval, then the first time."""

    _fields_ = (
        ("interval", ctypes.c_long * 2),
        ("value", ctypes.c_long * 2),
    )


class Deadline:
    """Of this process alone: a fork does not inherit it. Until it is set nothing happens.

    Raises OSError where the system has no such timer."""

    def __init__(self) -> None:
        self._libc = _library()
        self._timer = ctypes.c_void_p()
        event = _Event(signo=signal.SIGKILL, notify=_SIGEV_SIGNAL)
        place = ctypes.byref(self._timer)
        _checked(self._libc.timer_create(time.CLOCK_BOOTTIME, ctypes.byref(event), place))

    def set(self, moment: float) -> None:
        """On `clock`; takes the place of the one before. One that is past is now."""
        self._settle(max(1, int(moment * _NANO)))

    def clear(self) -> None:
        self._settle(0)

    def _settle(self, nanoseconds: int) -> None:
        spec = _Spec()
        spec.value[0], spec.value[1] = divmod(nanoseconds, _NANO)
        where = ctypes.byref(spec)
        _checked(self._libc.timer_settime(self._timer, _TIMER_ABSTIME, where, None))


def _library() -> ctypes.CDLL:
    """The C library has these functions itself, but for glibc before 2.34."""
    library = ctypes.CDLL(None, use_errno=True)
    if hasattr(library, "timer_create"):
        return library
    return ctypes.CDLL("librt.so.1", use_errno=True)


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
