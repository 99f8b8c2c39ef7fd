"""What other people do to a mailbox, between runs and while one is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from tests.hostile import mail
from tests.hostile.model import Account, Box, Held
from tests.hostile.parsing import Word
from tests.hostile.trouble import Act, Trouble

if TYPE_CHECKING:
    from tests.hostile.commands import Commands


def _some_box(account: Account, rng: Random, *, filled: bool = False) -> Box | None:
    boxes = [b for b in account.boxes.values() if b.selectable and (b.messages or not filled)]
    return rng.choice(sorted(boxes, key=lambda box: box.name)) if boxes else None


def _removed(account: Account, box: Box, held: Held) -> None:
    box.remove(held)
    account.gone.append((box.name, held))


def new_mail(account: Account, rng: Random) -> None:
    box = _some_box(account, rng)
    for body in mail.bodies(rng, rng.randint(1, 3), odd=0.1, twins=0.1) if box else ():
        box.add(body, mail.internaldate(rng), mail.flags(rng))  # type: ignore[union-attr]


def removal(account: Account, rng: Random) -> None:
    box = _some_box(account, rng, filled=True)
    for held in rng.sample(box.messages, min(len(box.messages), rng.randint(1, 2))) if box else ():
        _removed(account, box, held)  # type: ignore[arg-type]


def flagging(account: Account, rng: Random) -> None:
    box = _some_box(account, rng, filled=True)
    if box:
        held = rng.choice(box.messages)
        held.flags = mail.flags(rng)
        held.modseq = box.tick()


def move(account: Account, rng: Random) -> None:
    """As a person moves mail: a new uid in the other folder."""
    source, target = _some_box(account, rng, filled=True), _some_box(account, rng)
    if source and target and source is not target:
        held = rng.choice(source.messages)
        _removed(account, source, held)
        target.add(held.body, held.date, set(held.flags), origin=held.origin)


def there_and_back(account: Account, rng: Random) -> None:
    """Moved away and back: the same folder, another uid."""
    box = _some_box(account, rng, filled=True)
    if box:
        held = rng.choice(box.messages)
        _removed(account, box, held)
        box.add(held.body, held.date, set(held.flags), origin=held.origin)


def made_anew(account: Account, rng: Random) -> None:
    """Another UIDVALIDITY: the same messages under other uids."""
    box = _some_box(account, rng)
    if box:
        box.renumber(account.next_validity(), rng.choice((1, 1, box.uidnext)))


def new_folder(account: Account, rng: Random) -> None:
    name = account.prefix + b"New%d" % rng.randrange(100)
    if account.find(name) is None:
        box = account.make(name)
        for body in mail.bodies(rng, rng.randint(0, 3), odd=0.1, twins=0.0):
            box.add(body, mail.internaldate(rng), mail.flags(rng))


def renaming(account: Account, rng: Random) -> None:
    box = _some_box(account, rng)
    if box and box.name != b"INBOX":
        old = box.name
        name = account.prefix + b"Renamed%d" % rng.randrange(1000)
        if account.find(name) is None:
            del account.boxes[old]
            moved = account.make(name)
            moved.uidvalidity, moved.uidnext, moved.modseq = (
                box.uidvalidity,
                box.uidnext,
                box.modseq,
            )
            moved.messages = box.messages
            moved.see_peak()


class Backup:
    """A mailbox as it was, to be put back: uids mean other messages afterwards."""

    def __init__(self, account: Account) -> None:
        self._boxes = {
            name: (box.uidnext, box.modseq, [_copied(held) for held in box.messages])
            for name, box in account.boxes.items()
        }

    def restore(self, account: Account, rng: Random) -> None:
        """Folders keep their UIDVALIDITY; what has come since the backup is gone, and new mail
        gets the uids that it had."""
        for name, (uidnext, modseq, messages) in self._boxes.items():
            box = account.boxes.get(name)
            if box is None:
                continue
            lost = [held for held in box.messages if held.uid >= uidnext]
            box.messages = [_copied(held) for held in messages]
            box.uidnext, box.modseq = uidnext, modseq
            number = min(rng.randint(0, 3), max(len(lost) - 1, 0))
            new = [
                box.add(body, mail.internaldate(rng), mail.flags(rng))
                for body in mail.bodies(rng, number, odd=0.0, twins=0.0)
            ]
            # With the very numbers of a run's end, STATUS would not tell it: of a folder that is
            # not among the three that are asked about (sync.restored), nobody could know.
            while new and (box.uidnext, len(box.messages)) in box.stood:
                box.remove(new.pop())


def _copied(held: Held) -> Held:
    return replace(held, flags=set(held.flags), uids=set(held.uids))


Event = Callable[[Account, Random], None]

SOURCE_EVENTS: tuple[Event, ...] = (
    new_mail,
    new_mail,
    removal,
    flagging,
    move,
    there_and_back,
    made_anew,
    new_folder,
    renaming,
)
DESTINATION_EVENTS: tuple[Event, ...] = (new_mail, removal, flagging, made_anew)


class Restless(Trouble):
    """The mailbox changes while a run is under way."""

    events: tuple[Event, ...] = ()

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.left = rng.choice((1, 2, 5))
        self.share = rng.choice((0.05, 0.3))

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if not self.left or self.rng.random() >= self.share:
            return
        self.left -= 1
        event = self.rng.choice(self.events)
        event(commands.account, self.rng)
        # Who has the old folder open must not go on as if it were the new one.
        act.close = event in (made_anew, renaming)


class RestlessSource(Restless):
    events = SOURCE_EVENTS


class RestlessDestination(Restless):
    events = (new_mail, flagging, made_anew)
