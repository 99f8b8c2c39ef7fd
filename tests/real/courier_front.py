"""Logs a client in and hands it over to Courier's imapd, as Courier's own imaplogin does.

Run as a program: `courier_front.py PORT DIRECTORY IMAPD`. Whoever gives the password "pass" has the
mailbox DIRECTORY/<login>/Maildir, if there is one. The stock programs that do this want root.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from pathlib import Path

WORDS = (
    "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
)


def serve(sock: socket.socket, root: Path, imapd: str) -> None:
    """One connection, until it is logged in."""
    sock.sendall(f"* OK [CAPABILITY {WORDS}] Courier-IMAP ready.\r\n".encode())
    while True:
        tag, _, rest = line(sock).partition(b" ")
        verb, _, arguments = rest.partition(b" ")
        match verb.upper():
            case b"CAPABILITY":
                text = f"* CAPABILITY {WORDS}\r\n".encode() + tag + b" OK CAPABILITY completed\r\n"
            case b"NOOP":
                text = tag + b" OK NOOP completed\r\n"
            case b"LOGOUT":
                sock.sendall(b"* BYE bye\r\n" + tag + b" OK LOGOUT completed\r\n")
                return
            case b"LOGIN":
                home = root / argument(arguments)[0]
                if argument(argument(arguments)[1])[0] == "pass" and home.is_dir():
                    hand_over(sock, tag.decode(), home, imapd)
                text = tag + b" NO Login failed.\r\n"
            case _:
                text = tag + b" BAD not now\r\n"
        sock.sendall(text)


def line(sock: socket.socket) -> bytes:
    """Byte by byte: nothing may be read that is meant for imapd."""
    read = b""
    while not read.endswith(b"\n"):
        byte = sock.recv(1)
        if not byte:
            os._exit(0)
        read += byte
    return read.rstrip(b"\r\n")


def argument(rest: bytes) -> tuple[str, bytes]:
    """The first argument, and what follows it."""
    if quoted := re.match(rb'"((?:\\.|[^"\\])*)"\s*', rest):
        return re.sub(rb"\\(.)", rb"\1", quoted[1]).decode(), rest[quoted.end() :]
    first, _, rest = rest.partition(b" ")
    return first.decode(), rest


def hand_over(sock: socket.socket, tag: str, home: Path, imapd: str) -> None:
    """imapd takes the connection from here, and answers the LOGIN."""
    os.chdir(home)
    environment = {
        **os.environ,
        "AUTHENTICATED": home.name,
        "AUTHADDR": home.name,
        "AUTHFULLNAME": home.name,
        "IMAPLOGINTAG": tag,
        "IMAP_CAPABILITY": WORDS,
        "IMAP_KEYWORDS": "1",
        "IMAP_ACL": "0",
        "IMAP_TRASHFOLDERNAME": "Trash",
        "IMAP_USELOCKS": "1",
        "IMAP_CHECK_ALL_FOLDERS": "0",
        "IMAP_OBSOLETE_CLIENT": "0",
        "IMAP_UMASK": "022",
        "IMAP_IDLE_TIMEOUT": "60",
        "IMAP_ENHANCEDIDLE": "0",
        "MAILDIR": "Maildir",
        "HOME": str(home),
        "TCPREMOTEIP": "127.0.0.1",
        "TCPREMOTEPORT": "0",
        "PROTOCOL": "IMAP",
    }
    for number in (0, 1):
        os.dup2(sock.fileno(), number)
    os.execve(imapd, [imapd, "Maildir"], environment)


def main(port: int, root: Path, imapd: str) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not os.fork():
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(sock, root, imapd)
            os._exit(0)
        sock.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
