"""`python -m tests.jobs.every`: the storm with 40 accounts, a worker killed every ten seconds, and
leases as an installation has them.

Takes many minutes, and so is not among the tests that run by themselves.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

LONG = {"STORM_ACCOUNTS": "40", "STORM_KILL_SECONDS": "10", "STORM_LEASE_SECONDS": "30"}

if __name__ == "__main__":
    os.environ.update({name: os.environ.get(name, value) for name, value in LONG.items()})
    storm = Path(__file__).with_name("test_storm.py")
    raise SystemExit(pytest.main(["--timeout=3600", "-s", "-v", str(storm), *sys.argv[1:]]))
