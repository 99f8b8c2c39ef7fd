"""`python -m parameters` writes docs/options.md: the table of all options, from the code."""

from __future__ import annotations

import sys

from parameters.options import OURS, Option, Sort, grouped

_HEAD = """\
# Every option by imapsync's name

Written by `python -m parameters`. The command line ([shell.md](shell.md)) and a migration's custom
parameters read the same table. '#' stands for 1, the source, or 2, the destination.

On the command line `--param value` and `--param=value` are the same. In the field for custom
parameters only `--param=value` and bare switches are taken, apart by blanks or lines; a value with
blanks stands in quotation marks, and a backslash is a backslash. Nothing of it is handed to a shell
or to another program. What is written there is added to what is set on the page; where both say
something about the same and not the same, it is refused.

Names are whole, not shortened, in any case; of options that may be given once the last counts.
Folders have their names as people read them, whole, with the source's separator.
"""
_COLUMNS = (
    "| option | command line | custom parameters | meaning, or the reason |\n|---|---|---|---|\n"
)


def document() -> str:
    """The whole of docs/options.md."""
    rows = [_row(option) for option in grouped() if option.sort in OURS]
    harmless = [_row(o) for o in grouped() if o.sort in (Sort.HARMLESS, Sort.HARMLESS_WITH_VALUE)]
    refused = [_row(option) for option in grouped() if option.sort is Sort.REFUSED]
    parts = (
        ("What is done", rows),
        ("What makes no difference here, and is taken with a note", harmless),
        ("What is refused", refused),
    )
    tables = (f"\n## {title}\n\n{_COLUMNS}{''.join(lines)}" for title, lines in parts)
    return _HEAD + "".join(tables)


def _row(option: Option) -> str:
    value = "=" if option.takes_value else ""
    shell = "no" if option.sort is Sort.REFUSED else "yes"
    custom = f"no: {option.elsewhere}" if option.elsewhere else shell
    words = option.words.replace("|", "\\|")
    return f"| `--{option.name}{value}` | {shell} | {custom} | {words} |\n"


if __name__ == "__main__":
    sys.stdout.write(document())
