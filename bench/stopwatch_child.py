"""Starts the programs that stopwatch.py names, one a line, and says what each has used.

It imports next to nothing: what it holds itself would count as theirs.
"""

import json
import os
import shutil
import sys
import time


def run(command: list[str], environ: dict[str, str], log: str) -> tuple[float, float, int, int]:
    """Wall and processor seconds, bytes at the peak, exit status."""
    path = shutil.which(command[0]) or command[0]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    begun = time.perf_counter()
    pid = os.posix_spawn(path, command, environ, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - begun
    code = os.waitstatus_to_exitcode(status)
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, code


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(*json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
