"""What a server is about to say, before somebody meddles with it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Said:
    """One untagged response, literals and all, without its line end. `uid` is whose it is."""

    kind: str
    data: bytes
    uid: int = 0


@dataclass
class Reply:
    lines: list[Said] = field(default_factory=list)
    status: bytes = b"OK"
    text: bytes = b"done"

    @classmethod
    def no(cls, text: bytes) -> Reply:
        return cls(status=b"NO", text=text)

    @classmethod
    def bad(cls, text: bytes = b"cannot read that") -> Reply:
        return cls(status=b"BAD", text=text)

    @property
    def ok(self) -> bool:
        return self.status == b"OK"
