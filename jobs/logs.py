"""Logs of key=value, one line an event. No passwords, no subjects, no values of variables.

time=2026-03-01T08:15:00Z level=INFO name=mailhaul.run pid=77 migration=12 run=3 account=40 ...

What a job does stands behind the numbers of what it works on, which `about` puts there. A line
from a library is one quoted `text`; of an exception there is the kind and the place.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from imap.hiding import without_secrets

OURS = "mailhaul"

_about: Mapping[str, int] = {}


def log_quietly() -> None:
    """Ours from info on; of the libraries only what went wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValues())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.INFO)
    sys.unraisablehook = _ignored


def _ignored(unraisable: sys.UnraisableHookArgs) -> None:
    """What Python would print of errors that nobody can catch: of a socket left open, for one."""
    if unraisable.exc_value is not None:
        logging.getLogger(OURS).warning("ignored=1 %s", trace(unraisable.exc_value))


@contextmanager
def about(subject: Mapping[str, int]) -> Iterator[None]:
    """Every line from here on, of any thread, is about this: a process has one job at a time."""
    global _about
    before, _about = _about, subject
    try:
        yield
    finally:
        _about = before


class KeyValues(logging.Formatter):
    """One line whatever happens: nothing that a line says can begin another."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        parts = [f"time={moment} level={record.levelname} name={record.name}"]
        parts.append(f"pid={record.process}")
        parts += [f"{name}={number}" for name, number in _about.items()]
        said = without_secrets(record.getMessage())
        ours = record.name == OURS or record.name.startswith(f"{OURS}.")
        parts.append(said if ours and said.isprintable() else f"text={json.dumps(said)}")
        if record.exc_info and record.exc_info[1] is not None:
            parts.append(trace(record.exc_info[1]))
        return " ".join(parts)


def trace(error: BaseException) -> str:
    """What and where, innermost first, without any values: those might be secrets, or mail."""
    frames = traceback.extract_tb(error.__traceback__)
    places = (f"{Path(f.filename).name}:{f.lineno}:{f.name}" for f in reversed(frames))
    return f"exception={type(error).__name__} at={'<'.join(places)}"
