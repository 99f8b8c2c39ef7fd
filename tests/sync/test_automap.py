"""Where folders go: by a person's choice, by use, by usual names, and never two into one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import AccountError, Code
from sync.folders import FolderPair, Reason, map_folders
from sync.layout import lay_out
from sync.memory import MemoryServer
from sync.model import Folder, FolderList, Namespace, SpecialUse
from sync.options import FolderChoice, SyncOptions
from sync.usual_names import USUAL_NAMES, usual_use
from tests.sync.sides import World, content, message

SLASH = Namespace("", "/")
DOT = Namespace("INBOX.", ".")
NO_AUTOMAP = FolderChoice(automap=False)


def marked(name: str, use: SpecialUse, delimiter: str = "/") -> Folder:
    return Folder(name, delimiter, special_use=use)


def listing(namespace: Namespace, *names: str | Folder) -> FolderList:
    return FolderList(
        namespace,
        tuple(n if isinstance(n, Folder) else Folder(n, namespace.delimiter) for n in names),
    )


def table(pairs: tuple[FolderPair, ...]) -> dict[str, tuple[str, str]]:
    return {pair.source.name: (pair.destination.name, str(pair.reason)) for pair in pairs}


def test_each_reason_in_its_order() -> None:
    """A person, an earlier run, the very name, the use on both sides, the usual name, a new one."""
    ours = listing(
        SLASH, "INBOX", "A", "B", "Work", marked("Gesendet", SpecialUse.SENT), "Entwürfe", "New"
    )
    theirs = listing(
        DOT, "INBOX", "INBOX.Work", marked("INBOX.Sent", SpecialUse.SENT, "."), "INBOX.Drafts"
    )
    choice = FolderChoice(places=(("A", "INBOX.Elsewhere"), ("Not there", "INBOX.X")))
    known = {"B": "INBOX.Bee", "A": "INBOX.A"}
    found = table(map_folders(ours, theirs, known, choice=choice))
    assert found == {
        "INBOX": ("INBOX", "same name"),
        "A": ("INBOX.Elsewhere", "chosen"),
        "B": ("INBOX.Bee", "earlier run"),
        "Work": ("INBOX.Work", "same name"),
        "Gesendet": ("INBOX.Sent", "special use"),
        "Entwürfe": ("INBOX.Drafts", "usual name"),
        "New": ("INBOX.New", "new"),
    }


SENT = SpecialUse.SENT


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (marked("Gesendet", SENT), marked("Verzonden", SENT)),
        (marked("x", SENT), "Sent"),
        ("Sent Items", marked("x", SENT)),
        ("Gesendete Elemente", "Sent"),
        ("Sent", "Gesendete Objekte"),
        ("éléments envoyés", "Отправленные"),
        ("E\u0301le\u0301ments envoye\u0301s", "Sent"),
        ("sent", "Sent"),
        (marked("[Gmail]/Sent Mail", SENT), marked("Sent", SENT)),
    ],
)
def test_a_use_is_found(ours: str | Folder, theirs: str | Folder) -> None:
    """Marked or called so, on either side, in any of the languages."""
    (pair,) = map_folders(listing(SLASH, ours), listing(SLASH, theirs), {})
    assert pair.destination.name == (theirs if isinstance(theirs, str) else theirs.name)
    assert pair.exists
    (pair,) = map_folders(listing(SLASH, ours), listing(SLASH, theirs), {}, choice=NO_AUTOMAP)
    assert pair.reason is Reason.NEW, "not without automap"


@pytest.mark.parametrize("use", list(SpecialUse))
def test_every_usual_name_is_found(use: SpecialUse) -> None:
    """Both ways between servers with and without a prefix, and no name stands for two uses."""
    for name in USUAL_NAMES[use]:
        assert usual_use(name) is use
        (pair,) = map_folders(listing(DOT, f"INBOX.{name}"), listing(SLASH, marked("x", use)), {})
        assert pair.destination.name == "x", name
        (pair,) = map_folders(listing(SLASH, marked("x", use)), listing(DOT, f"INBOX.{name}"), {})
        assert pair.destination.name == f"INBOX.{name}"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (["Work/Sent Items"], ["Sent"]),
        (["Sent Items"], ["Work/Sent"]),
        (["Sent Items", "Sent"], ["Sent"]),
        (["Sent Items", "Sent Messages"], ["Sent Messages"]),
        (["Old sent"], ["Sent"]),
    ],
)
def test_what_is_no_guess(ours: list[str], theirs: list[str]) -> None:
    """Names below the root say nothing, and a place that is another's by its very name stays it."""
    found = table(map_folders(listing(SLASH, *ours), listing(SLASH, *theirs), {}))
    assert found[ours[0]] == (ours[0], "new")


def test_one_guess_for_each_use() -> None:
    """Of several folders of one use the first goes there; the others keep their names."""
    ours = listing(SLASH, "Gesendete Objekte", "Gesendete Elemente", "Sent Items")
    assert table(map_folders(ours, listing(SLASH, "Sent", "Sent Mail"), {})) == {
        "Gesendete Elemente": ("Sent", "usual name"),
        "Gesendete Objekte": ("Gesendete Objekte", "new"),
        "Sent Items": ("Sent Items", "new"),
    }


def test_a_guess_never_takes_a_place_of_a_folder_that_is_left_out() -> None:
    """Neither the one of its name nor the one of an earlier run: it may be wanted again."""
    ours, theirs = listing(SLASH, "Gesendet", "Sent", "Old"), listing(SLASH, "Sent", "Sent Mail")
    left_out = frozenset({"Sent", "Old"})
    known = {"Old": "Sent Mail"}
    found = table(map_folders(ours, theirs, known, left_out=left_out))
    assert found == {"Gesendet": ("Gesendet", "new")}


def test_guesses_below_a_subfolder() -> None:
    """What is in the subfolder counts, and what is outside it does not."""
    ours = listing(SLASH, "Sent Items", "Papierkorb", marked("x", SpecialUse.JUNK))
    theirs = listing(
        DOT, "INBOX.Trash", "INBOX.Old", "INBOX.Old.Sent", "INBOX.Old.Spam", "INBOX.Old.a.Trash"
    )
    for subfolder in ("Old", "INBOX.Old", "INBOX/Old"):
        assert table(map_folders(ours, theirs, {}, subfolder=subfolder)) == {
            "Sent Items": ("INBOX.Old.Sent", "usual name"),
            "Papierkorb": ("INBOX.Old.Papierkorb", "new"),
            "x": ("INBOX.Old.Spam", "usual name"),
        }


@pytest.mark.parametrize(
    ("places", "known", "left_out"),
    [
        ((("A", "X"), ("B", "X")), {}, ()),
        ((("A", "inbox"),), {}, ()),
        ((("A", "B"),), {}, ()),
        ((("A", "X"),), {"B": "X"}, ()),
        ((("A", "B"), ("B", "A")), {}, None),
        ((("A", "B"),), {"B": "Elsewhere"}, None),
        ((("A", "B"),), {}, ("B",)),
        ((("A", "X"), ("B", "X")), {}, ("B",)),
    ],
)
def test_places_never_make_two_folders_one(
    places: tuple[tuple[str, str], ...], known: dict[str, str], left_out: tuple[str, ...] | None
) -> None:
    """Refused, naming both; what is left out or goes elsewhere is in nobody's way."""
    ours, theirs = listing(SLASH, "INBOX", "A", "B"), listing(SLASH, "INBOX")
    choice = FolderChoice(places=places)
    wanted = frozenset(left_out or ())
    if left_out is None or left_out:
        pairs = map_folders(ours, theirs, known, choice=choice, left_out=wanted)
        assert len({pair.destination.name for pair in pairs}) == len(pairs)
        return
    with pytest.raises(AccountError, match="'A'") as refusal:
        map_folders(ours, theirs, known, choice=choice)
    assert refusal.value.code is Code.FOLDERS_WOULD_MERGE


def test_a_refused_place_stops_before_anything_is_done() -> None:
    """The destination is as it was."""
    world = World()
    world.fill("A", message(1))
    world.fill("B", message(2))
    options = SyncOptions(folders=FolderChoice(places=(("A", "INBOX.X"), ("B", "INBOX.X"))))
    with pytest.raises(AccountError):
        world.run(options)
    assert world.destination.writes == []


def test_a_place_is_made_and_a_changed_one_is_filled_anew() -> None:
    """The old one stays as it is."""
    world = World()
    world.fill("A", message(1), message(2))
    world.run(SyncOptions(folders=FolderChoice(places=(("A", "INBOX.One"),))))
    assert len(world.destination.content["INBOX.One"].messages) == 2
    world.run(SyncOptions(folders=FolderChoice(places=(("A", "INBOX.Two"),))))
    assert len(world.destination.content["INBOX.Two"].messages) == 2
    assert len(world.destination.content["INBOX.One"].messages) == 2
    world.run()
    assert world.destination.writes == [], "where the last run has put it"


def test_the_table_for_a_page() -> None:
    """lay_out asks nobody and does nothing; the run that follows uses the very same places."""
    world = World()
    for name in ("Sent Items", "Spam", "Work"):
        world.fill(name, message(len(name)))
    world.fill("Empty")
    world.destination.make_folder("INBOX.Sent").special_use = SpecialUse.SENT
    options = SyncOptions(folders=FolderChoice(skip_empty=True, places=(("Work", "INBOX.W"),)))
    ours, theirs = world.source.folders(), world.destination.folders()
    statuses = world.source.status(ours.folders)
    ours = replace(ours, statuses=statuses)  # type: ignore[arg-type]
    layout = lay_out(ours, theirs, {}, options)
    assert table(layout.pairs) == {
        "INBOX": ("INBOX", "same name"),
        "Sent Items": ("INBOX.Sent", "usual name"),
        "Spam": ("INBOX.Spam", "new"),
        "Work": ("INBOX.W", "chosen"),
    }
    assert [pair.exists for pair in layout.pairs] == [True, True, False, False]
    report = world.run(options)
    assert {f.source: f.destination for f in report.folders} == {
        name: place for name, (place, _) in table(layout.pairs).items()
    }
    assert report.left_out == layout.left_out == ("Empty",)


class CaseBlind(MemoryServer):
    """Takes 'work' for its 'Work'."""

    def create(self, names):  # type: ignore[no-untyped-def]
        there = {name.casefold() for name in self.content}
        for name in names:
            if name.casefold() not in there:
                there.add(name.casefold())
                super().create([name])
        return {}

    def _open(self, folder, uidvalidity=None):  # type: ignore[no-untyped-def]
        own = {name.casefold(): name for name in self.content}
        name = own.get(folder.name.casefold(), folder.name)
        return super()._open(replace(folder, name=name), uidvalidity)


def test_case_twins_are_never_merged() -> None:
    """Where the destination is blind to case the second gets a number; and that stays."""
    world = World(destination=CaseBlind(DOT))
    world.fill("Work", message(1))
    world.fill("work", message(2), message(3))
    world.fill("WORK", message(4))
    world.run()
    found = content(world.destination)
    assert {name: sum(held.values()) for name, held in found.items()} == {
        "INBOX": 0,
        "WORK": 1,
        "Work-2": 1,
        "work-3": 2,
    }
    world.run()
    assert world.destination.writes == []


def test_case_twins_stay_what_they_are_elsewhere() -> None:
    """Only INBOX is blind to case."""
    world = World()
    world.fill("Work", message(1))
    world.fill("work", message(2))
    world.run()
    assert content(world.destination) == content(world.source)


def test_a_folder_that_is_there_in_another_case_is_adopted() -> None:
    """By a destination that is blind to case, if it is nobody else's."""
    world = World(destination=CaseBlind(DOT))
    world.destination.make_folder("INBOX.Work")
    world.fill("work", message(1))
    (_, work) = world.run().folders
    assert work.destination == "INBOX.Work"
    world.run()
    assert world.destination.writes == []


POOL = [
    *("Sent", "Sent Items", "Sent Mail", "Gesendet", "sent", "Trash", "Papierkorb", "Drafts"),
    *("Work", "work", "a.b", "a_b", "a_b-2", "a\tb", "INBOX/Sub", "Sub", "x/Sent", "~x", "_x"),
]
USES = [None, None, SpecialUse.SENT, SpecialUse.TRASH]


@st.composite
def sides(draw: st.DrawFn, namespace: Namespace) -> FolderList:
    names = draw(st.lists(st.sampled_from(POOL), unique=True, max_size=8))
    between = namespace.delimiter
    return listing(
        namespace,
        "INBOX",
        *(
            Folder(
                namespace.prefix + name.removeprefix("INBOX/").replace("/", between)
                if namespace.prefix
                else name.replace("/", between),
                between,
                special_use=draw(st.sampled_from(USES)),
            )
            for name in names
            if namespace.delimiter not in name.replace("/", "")
        ),
    )


@given(
    ours=sides(SLASH),
    theirs=st.sampled_from([SLASH, DOT, Namespace("", ".")]).flatmap(sides),
    automap=st.booleans(),
    subfolder=st.sampled_from(["", "Old"]),
    known=st.dictionaries(st.sampled_from(POOL), st.sampled_from(["INBOX.Sent", "Sent", "k"])),
    left_out=st.sets(st.sampled_from(POOL)),
)
@settings(max_examples=400, deadline=None)
def test_whatever_there_is(
    ours: FolderList,
    theirs: FolderList,
    automap: bool,
    subfolder: str,
    known: dict[str, str],
    left_out: set[str],
) -> None:
    """Every folder has one place and no place two folders; and the next run finds them all again,
    with what the first has written down and without."""
    choice = FolderChoice(automap=automap)

    def run(there: FolderList, earlier: dict[str, str]) -> dict[str, str]:
        pairs = map_folders(
            ours,
            there,
            earlier,
            subfolder=subfolder,
            choice=choice,
            left_out=frozenset(left_out),
        )
        return {pair.source.name: pair.destination.name for pair in pairs}

    first = run(theirs, known)
    assert set(first) == {folder.name for folder in ours.folders} - left_out
    assert len(set(first.values())) == len(first)
    there = {folder.name for folder in theirs.folders}
    made = [Folder(name, theirs.namespace.delimiter) for name in set(first.values()) - there]
    after = replace(theirs, folders=(*theirs.folders, *made))
    assert run(after, known | first) == first
    assert run(after, known) == first
