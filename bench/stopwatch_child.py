"""Starts the programs that stopwatch.py names, one a line, and says what each has used.

It imports next to nothing: what it holds itself would count as theirs.
"""

import json
import os
import shutil
import signal
import sys
import time

NOT_FOUND = 127
"""The exit status of a program that is not there, as a shell has it."""

Used = tuple[float, float, int, int]
"""Wall and processor seconds, bytes at the peak, exit status."""


def run(command: list[str], environ: dict[str, str], log: str, patience: float) -> Used:
    """Killed when it takes longer than `patience` seconds."""
    path = shutil.which(command[0]) or command[0]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    begun = time.perf_counter()
    try:
        pid = os.posix_spawn(path, command, environ, file_actions=actions)
    except OSError as error:
        with open(log, "w", encoding="utf-8") as file:
            file.write(str(error))
        return 0.0, 0.0, 0, NOT_FOUND
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, patience)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - begun
    signal.setitimer(signal.ITIMER_REAL, 0)
    code = os.waitstatus_to_exitcode(status)
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, code


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(*json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
