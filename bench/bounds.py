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
    "small": "The destination's storing and listing, some 50 µs a message; beside it the"
    " interpreter, 27–30 µs a message for reading, sending and counting. With nothing else on the"
    " machine it was 1.42 s against a limit of 0.79 s; other programs raise both, ours stays near"
    " 1.8 × the limit.",
    "large": "Memory: the interpreter and its modules, and buffers that do not grow with"
    " a message.",
    "many": "Memory: what is known of each message, on both sides. Time: after each MULTIAPPEND"
    " Dovecot reads the folder's directory and hashes its file names.",
    "accounts": "The processor: four at a time on two cores beside two servers, some 0.2 s of it"
    " an account. With nothing else on the machine it was 3.27 s.",
}
