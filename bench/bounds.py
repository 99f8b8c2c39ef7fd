"""What bounds our time or memory in each case, in words: a profile of the last measurement.

These sentences are the only thing in docs/benchmarks.md's table that is typed in. Whoever changes
the engine measures, and mends them.
"""

from __future__ import annotations

BOUNDS = {
    "first-copy": "The destination's storing and the kernel's copying; both servers and the copy"
    " share the processor. A re-run is the interpreter's start and one listing a side.",
    "tls": "Deciphering and enciphering: each byte is ciphered four times on the same processor.",
    "far": "Round trips, and the bytes on their way.",
    "far-tls": "As `far`; each connection's handshake costs a round trip more.",
    "small": "The interpreter, for each message read, sent and counted; then the commits: after"
    " every batch nothing is sent until the destination has answered.",
    "large": "Memory: the interpreter and its modules, and buffers that do not grow with"
    " a message.",
    "many": "Memory: what is known of each message, on both sides. Time: after each MULTIAPPEND"
    " Dovecot reads the folder's directory and hashes its file names.",
    "accounts": "The processor: four at a time on two cores beside two servers.",
}
