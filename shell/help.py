"""What --help shows, made from the table of options."""

from __future__ import annotations

from parameters.options import supported

_HEAD = """\
python -m sync --host1 SERVER --user1 LOGIN --passfile1 FILE
               --host2 SERVER --user2 LOGIN --passfile2 FILE [--state FILE]

Copies one mailbox from a source (1) to a destination (2). The options are imapsync's.
'#' stands for 1 or 2.
"""


def help_text() -> str:
    lines = [f"  --{name:<13} {words}" for name, words in supported().items()]
    return _HEAD + "\n" + "\n".join(lines)
