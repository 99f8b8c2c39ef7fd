"""Whether this process has been asked to end; its work leaves at the next clean point."""

from __future__ import annotations

import threading

LEAVING = threading.Event()
