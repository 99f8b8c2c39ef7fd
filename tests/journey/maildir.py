"""Two mailboxes compared on disk: what the benchmarks compare with, under the tests' name."""

from bench.compare import difference, read_mailbox

__all__ = ["difference", "read_mailbox"]
