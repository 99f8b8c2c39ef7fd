"""`python -m sync`: from the command line to the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TextIO

from imap import Login
from parameters.reading import Given, Usage, read
from shell.exits import Exit
from shell.help import help_text
from shell.order import Just, Order, Place, understand
from shell.passwords import VARIABLES, FileUnreadable, password
from shell.record import Record, Screen
from shell.stopping import Interruption
from shell.telling import Ending, as_json, as_text
from shell.wording import plain
from shell.work import carry_out


def main(arguments: Sequence[str], *, hidden: bool) -> int:
    """The exit status. `hidden` tells whether a password in the arguments is out of sight."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        _refuse_bytes(arguments)
        given = read(arguments)
        if "help" in given.flags or not arguments:
            _say(sys.stdout, [help_text()])
            return Exit.OK if arguments else Exit.USAGE
        order = understand(given)
        logins = (_login(given, order, order.source), _login(given, order, order.destination))
    except Usage as usage:
        _say(sys.stderr, [plain(str(usage)), "--help shows all options; docs/shell.md has more."])
        return _exit_line(Exit.USAGE)
    except KeyboardInterrupt:
        return _exit_line(Exit.BY_SIGNAL)
    except FileUnreadable as unreadable:
        _say(sys.stderr, [plain(str(unreadable))])
        return _exit_line(Exit.NOINPUT)
    if not hidden and {"password1", "password2"} & given.values.keys():
        given.notes.append("--password can be seen in the list of processes here: use --passfile.")
    return _run(order, logins, given.notes)


def _refuse_bytes(arguments: Sequence[str]) -> None:
    """Bytes that are not UTF-8 come from the system as half characters. Raises Usage."""
    for argument in (*arguments, *(os.environ.get(name, "") for name in _VARIABLES)):
        if any("\ud800" <= one <= "\udfff" for one in argument):
            raise Usage("An argument, or a password in the environment, is not UTF-8.")


_VARIABLES = [name.format(number) for name in VARIABLES for number in (1, 2)]


def _login(given: Given, order: Order, place: Place) -> Login:
    if order.just is Just.CONNECT:
        return Login("", "")
    return Login(place.username, password(given, place), place.authuser)


def _run(order: Order, logins: tuple[Login, Login], notes: Sequence[str]) -> int:
    _say(sys.stderr, map(plain, notes))
    stop = Interruption()
    stop.listen()
    record = Screen(sys.stderr) if sys.stderr.isatty() else Record()
    ending = carry_out(order, logins, record, stop)
    if isinstance(record, Screen):
        record.clear()
    _say(sys.stderr, map(plain, ending.notes))
    return _tell(order, record, ending)


def _tell(order: Order, record: Record, ending: Ending) -> int:
    if order.json:
        _say(sys.stdout, [as_json(order, record, ending).rstrip("\n")])
        return _exit_line(ending.status)
    _say(sys.stdout, as_text(order, record, ending))
    return ending.status


def _exit_line(status: Exit) -> int:
    """As imapsync ends; on the standard error, since the other output is for something else."""
    _say(sys.stderr, [f"Exiting with return value {status:d} ({status.imapsync_name})"])
    return status


def _say(stream: TextIO, lines: Iterable[str]) -> None:
    """Whoever does not listen any more misses the words, and not the status."""
    try:
        for line in lines:
            stream.write(line + "\n")
        stream.flush()
    except BrokenPipeError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
