"""Logs of key=value, one line an event. No passwords, no values of variables in tracebacks."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

_FORMAT = "%(asctime)s level=%(levelname)s name=%(name)s pid=%(process)d %(message)s"


def log_quietly() -> None:
    """Ours from info on; of the libraries only what went wrong."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format=_FORMAT)
    logging.getLogger("mailhaul").setLevel(logging.INFO)


def trace(error: BaseException) -> str:
    """What and where, innermost first, without any values: those might be secrets, or mail."""
    frames = traceback.extract_tb(error.__traceback__)
    places = (f"{Path(f.filename).name}:{f.lineno}:{f.name}" for f in reversed(frames))
    return f"exception={type(error).__name__} at={' < '.join(places)}"
