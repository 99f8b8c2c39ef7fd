"""A seed made into two servers, a mailbox, a ledger and a plan of what happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from imap.names import to_wire
from sync.options import Mode, ProofLevel, SyncOptions
from tests.hostile import mail, manners
from tests.hostile.events import RestlessDestination, RestlessSource
from tests.hostile.lies import DESTINATION_LIES, LIES
from tests.hostile.manners import Manners
from tests.hostile.model import Account, Box
from tests.hostile.refusals import REFUSALS
from tests.hostile.trouble import Trouble

NAMES = (
    "Sent",
    "Drafts",
    "Trash",
    "Work",
    "Work/Deep",
    "Entwürfe",
    "Archive 2020",
    "Projects & Co",
    "日本語",
    "a.b",
    'say "hi"',
    "nil",
    "(odd)",
    "{5}",
    "back\\slash",
    "100%",
    "trailing ",
)
SPECIAL = {"Sent": b"\\Sent", "Drafts": b"\\Drafts", "Trash": b"\\Trash"}
STEPS = ("hostile", "events", "hostile again", "calm")

Kind = tuple[type[Trouble], float, str]
RESTLESS = ("restless", 3.0, "number")


def kinds(*, destination: bool) -> dict[str, Kind]:
    """All troubles of one side by name, with weight and group."""
    found: dict[str, Kind] = {name: (*row, "") for name, row in REFUSALS.items()}
    found |= LIES
    found["restless"] = (RestlessDestination if destination else RestlessSource, 3.0, "number")
    return found | DESTINATION_LIES if destination else found


@dataclass
class SideOfWorld:
    """One server before it is started."""

    account: Account
    manners: Manners
    troubles: list[Trouble] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Of the troubles, for people."""

    @property
    def red(self) -> bool:
        """Nobody can say that a run with it has to get green."""
        form = self.manners.list_form in manners.RED_FORMS
        return form or any(trouble.red for trouble in self.troubles if trouble.lasting)


@dataclass
class World:
    seed: int
    rng: Random
    source: SideOfWorld
    destination: SideOfWorld
    options: SyncOptions
    ledger: str
    """none, memory or file: whether and where it is kept from run to run."""
    events: tuple[str, ...] = ()
    second_run: str = "hostile"
    own: list[tuple[bytes, bytes]] = field(default_factory=list)

    def describe(self) -> str:
        def side(one: SideOfWorld) -> str:
            usual = Manners(rng=one.manners.rng, capabilities=one.manners.capabilities)
            odd = {
                name: value
                for name in Manners.__dataclass_fields__
                if (value := getattr(one.manners, name)) != getattr(usual, name)
            }
            return f"{', '.join(one.names) or 'no trouble'}; {odd or 'usual manners'}"

        return (
            f"seed {self.seed}: {self.options.mode}, {self.options.proof}, "
            f"ledger {self.ledger}, batches of {self.options.batch_messages}, "
            f"events {', '.join(self.events) or 'none'}, second run {self.second_run}\n"
            f"  source: {side(self.source)}\n  destination: {side(self.destination)}"
        )


@dataclass(frozen=True)
class Choice:
    """What a seed is made of, where not all of it is wanted."""

    only: tuple[str, ...] = ()
    """These troubles, whichever side has them; 'none' for none."""
    plain: bool = False
    """Usual manners on both sides."""
    still: bool = False
    """Nothing happens between the runs."""

    @property
    def words(self) -> str:
        """As `every` is asked for it."""
        only = [f"--only '{','.join(self.only)}'"] if self.only else []
        return " ".join(only + ["--plain"] * self.plain + ["--still"] * self.still)


def build(seed: int, choice: Choice | None = None) -> World:
    """The same for the same seed."""
    choice = choice or Choice()
    only, plain = choice.only, choice.plain
    rng = Random(seed)
    source = Account(delimiter=rng.choice((b"/", b"/", b".", b".", b"^", b"\\")))
    destination = Account()
    destination.delimiter, destination.prefix = rng.choice(
        ((b"/", b""), (b".", b""), (b".", b"INBOX."))
    )
    odd = rng.choice((0.0, 0.05, 0.4))
    _fill(source, rng, odd)
    here = SideOfWorld(source, _manners(rng, False, plain))
    there = SideOfWorld(destination, _manners(rng, True, plain))
    _furnish(destination, source, there.manners, rng)
    _trouble(here, there, rng, only)
    for account in (source, destination):
        for box in account.boxes.values():
            box.peak.clear()
            box.see_peak()
            box.start = +box.peak
    return World(
        seed,
        rng,
        here,
        there,
        options=_options(rng),
        ledger=rng.choice(("none", "memory", "memory", "file", "file")),
        events=() if choice.still else _events(rng),
        second_run=rng.choice(("hostile", "calm")),
    )


def _options(rng: Random) -> SyncOptions:
    modes = [Mode.FLAGS_AND_NEW] * 7 + [Mode.ALL, Mode.ALL, Mode.NEW]
    proofs = [ProofLevel.METADATA] * 6 + [ProofLevel.COUNTS] + [ProofLevel.CONTENT] * 2
    return SyncOptions(
        mode=rng.choice(modes),
        proof=rng.choice(proofs),
        batch_messages=rng.choice((1, 3, 10, 500)),
    )


def _events(rng: Random) -> tuple[str, ...]:
    if rng.random() < 0.45:
        return ()
    kinds = ("source", "source", "destination", "restore source", "restore destination")
    return tuple(rng.choice(kinds) for _ in range(rng.randint(1, 3)))


def _fill(account: Account, rng: Random, odd: float) -> None:
    names = ["INBOX", *rng.sample(NAMES, rng.choice((0, 1, 2, 3, 5)))]
    large, raw = rng.random() < 0.03, rng.random() < 0.1
    if rng.random() < 0.2:
        account.make(b"Parent", selectable=False)
    for name in names:
        whole = name.replace("/", account.delimiter.decode())
        spelled = whole.encode() if raw else to_wire(whole)
        box = account.make(spelled, special=SPECIAL.get(name, b""))
        box.subscribed = rng.random() < 0.8
        number = rng.choice((0, 1, 2, 3, 5, 8, 12))
        if large and name == "INBOX":
            number = rng.randint(120, 400)
        box.uidnext = rng.choice((1, 1, 1, 5, 1000, 4_294_960_000))
        for body in mail.bodies(rng, number, odd=odd, twins=rng.choice((0.0, 0.0, 0.3))):
            box.add(body, mail.internaldate(rng), mail.flags(rng))
            box.uidnext += rng.choice((0, 0, 0, 1, 7))


def _furnish(there: Account, source: Account, manner: Manners, rng: Random) -> None:
    """What is at the destination before: nothing, copies that somebody made, mail of its own."""
    there.make(b"INBOX")
    if rng.random() < 0.3:
        there.make(there.prefix + b"Sent", special=b"\\Sent" if rng.random() < 0.5 else b"")
    if rng.random() < 0.3:
        for held in source.boxes[b"INBOX"].messages:
            if rng.random() < 0.5:
                stored = manner.alter(held.body)
                there.boxes[b"INBOX"].add(stored, held.date, set(held.flags), origin=held.body)
    if rng.random() < 0.3:
        for box in list(there.boxes.values()):
            for body in mail.bodies(rng, rng.randint(0, 3), odd=0.1, twins=0.0):
                box.add(body, mail.internaldate(rng), mail.flags(rng))


def _manners(rng: Random, destination: bool, plain: bool) -> Manners:
    offered = manners.capabilities(rng)
    odd: dict[str, object] = {}
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        odd |= manners.odd_manner(rng, destination=destination)
    if plain:
        odd = {}
    for name, capability in (("message_limit", "MESSAGELIMIT"), ("save_limit", "SAVELIMIT")):
        if odd.get(name):
            offered |= {f"{capability}={odd[name]}"}
    spoken = Random(rng.random())
    return Manners(rng=spoken, capabilities=frozenset(offered), **odd)  # type: ignore[arg-type]


def _trouble(here: SideOfWorld, there: SideOfWorld, rng: Random, only: Sequence[str]) -> None:
    wanted = rng.choice((0, 1, 1, 1, 1, 2, 2, 3, 4)) if not only else len(only)
    groups: set[str] = set()
    for at in range(wanted):
        destination = rng.random() < 0.5
        known = kinds(destination=destination)
        if only and only[at] != "none" and only[at] not in known:
            destination, known = True, kinds(destination=True)
        if only and only[at] == "none":
            continue
        names, weights = list(known), [row[1] for row in known.values()]
        name = only[at] if only else rng.choices(names, weights)[0]
        kind, _, group = known[name]
        if group and group in groups:
            continue
        groups.add(group)
        side = there if destination else here
        trouble = kind(Random(rng.random()))
        if destination and name == "poisoned sets":
            # Whether a copy that nobody can read is a good one, nobody can say.
            trouble.red = True
        side.troubles.append(trouble)
        side.names.append(name)


def boxes_by_name(account: Account) -> dict[bytes, Box]:
    return {box.name: box for box in account.boxes.values() if box.selectable}
