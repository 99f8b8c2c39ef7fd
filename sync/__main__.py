"""`python -m sync`: one mailbox from the shell. See docs/shell.md."""

from __future__ import annotations

import sys

from shell.hiding import hide_passwords

# Before anything else is imported, which takes longer than a look at the list of processes.
HIDDEN = hide_passwords()

from shell.main import main  # noqa: E402

raise SystemExit(main(sys.argv[1:], hidden=HIDDEN))
