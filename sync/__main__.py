"""`python -m sync`: one mailbox from the shell. See docs/shell.md."""

from __future__ import annotations

import gc
import sys

from shell.hiding import hide_passwords

# Before anything else is imported, which takes longer than a look at the list of processes.
HIDDEN = hide_passwords()

# What is imported stays to the end. To look through it for what could be freed, as it comes and
# once more at the end, would take a seventh of a short run.
gc.disable()

from shell.main import main  # noqa: E402

gc.freeze()
gc.enable()

raise SystemExit(main(sys.argv[1:], hidden=HIDDEN))
