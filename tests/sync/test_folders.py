"""Folder names across separators and prefixes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.folder_names import Care
from sync.folders import Refusals, map_folders
from sync.model import Folder, FolderList, Namespace, SpecialUse

SLASH = Namespace("", "/")
DOT = Namespace("INBOX.", ".")


def listing(namespace: Namespace, *names: str | Folder) -> FolderList:
    return FolderList(
        namespace,
        tuple(n if isinstance(n, Folder) else Folder(n, namespace.delimiter) for n in names),
    )


def places(
    source: FolderList, destination: FolderList, known: dict[str, str] | None = None
) -> dict[str, str]:
    pairs = map_folders(source, destination, known or {})
    return {pair.source.name: pair.destination.name for pair in pairs}


def test_separator_and_prefix_are_translated() -> None:
    """'/' without prefix to '.' below 'INBOX.', and back."""
    there = places(listing(SLASH, "INBOX", "Work/2024", "Entwürfe"), listing(DOT, "INBOX"))
    assert there == {
        "INBOX": "INBOX",
        "Work/2024": "INBOX.Work.2024",
        "Entwürfe": "INBOX.Entwürfe",
    }
    back = places(listing(DOT, "INBOX", "INBOX.Work.2024"), listing(SLASH, "INBOX"))
    assert back == {"INBOX": "INBOX", "INBOX.Work.2024": "Work/2024"}


def test_inbox_is_case_blind_and_never_doubled() -> None:
    """'Inbox' is INBOX; a folder inside it does not become INBOX.INBOX."""
    assert places(listing(SLASH, "Inbox", "Inbox/Sub"), listing(DOT, "INBOX")) == {
        "Inbox": "INBOX",
        "Inbox/Sub": "INBOX.Sub",
    }
    assert places(listing(SLASH, "INBOX/Sub"), listing(SLASH))["INBOX/Sub"] == "INBOX/Sub"


def test_separator_inside_a_name_is_replaced_without_merging() -> None:
    """'a.b' becomes 'a_b', and a real 'a_b' beside it keeps its own folder, old or new."""
    ours = listing(SLASH, "a.b", "a_b", "a:b")
    assert places(listing(SLASH, "a.b"), listing(DOT)) == {"a.b": "INBOX.a_b"}
    for theirs in (listing(DOT), listing(DOT, "INBOX.a_b"), listing(DOT, "INBOX.a_b", "INBOX.a:b")):
        assert places(ours, theirs) == {
            "a.b": "INBOX.a_b-2",
            "a_b": "INBOX.a_b",
            "a:b": "INBOX.a:b",
        }


def test_same_name_goes_before_special_use() -> None:
    """Two folders for sent mail stay two folders."""
    ours = listing(SLASH, "Sent", Folder("Gesendet", "/", special_use=SpecialUse.SENT))
    theirs = listing(DOT, Folder("INBOX.Sent", ".", special_use=SpecialUse.SENT))
    assert places(ours, theirs) == {"Sent": "INBOX.Sent", "Gesendet": "INBOX.Gesendet"}


def test_a_mapping_once_made_stays() -> None:
    """An earlier run's place wins over everything else."""
    there = places(listing(SLASH, "a.b", "Sent"), listing(DOT, "INBOX.Sent"), {"a.b": "INBOX.ab"})
    assert there["a.b"] == "INBOX.ab"


def test_everything_below_a_subfolder() -> None:
    """INBOX too; what stands outside is no twin, what stands inside is; both separators do."""
    ours = listing(
        SLASH, "INBOX", "Work/2024", Folder("Gesendet", "/", special_use=SpecialUse.SENT)
    )
    outside = Folder("INBOX.Sent", ".", special_use=SpecialUse.SENT)
    inside = Folder("INBOX.Old.Mail.Sent", ".", special_use=SpecialUse.SENT)
    plain = {
        "INBOX": "INBOX.Old.Mail.INBOX",
        "Work/2024": "INBOX.Old.Mail.Work.2024",
        "Gesendet": "INBOX.Old.Mail.Gesendet",
    }
    for text in ("Old.Mail", "INBOX.Old.Mail", "Old/Mail", "/Old/Mail/"):
        pairs = map_folders(ours, listing(DOT, outside, "INBOX.Work.2024"), {}, subfolder=text)
        assert {pair.source.name: pair.destination.name for pair in pairs} == plain
        assert not any(pair.exists for pair in pairs)
    pairs = map_folders(ours, listing(DOT, outside, inside), {}, subfolder="Old/Mail")
    assert {p.source.name: p.destination.name for p in pairs}["Gesendet"] == inside.name


def test_unselectable_folders_are_structure_only() -> None:
    """A \\Noselect folder gets no place of its own."""
    assert places(listing(SLASH, Folder("[Gmail]", "/", selectable=False)), listing(DOT)) == {}


def test_odd_names_become_storable() -> None:
    """Control characters, empty levels, dots alone, '~' in front, and over-long names."""
    long = "n" * 300
    there = places(listing(SLASH, "a\tb", "x//y", "..", "~root", long), listing(DOT))
    assert there["a\tb"] == "INBOX.a_b"
    assert there["x//y"] == "INBOX.x._.y"
    assert there[".."] == "INBOX.__"
    assert there["~root"] == "INBOX._root"
    assert len(there[long]) == len("INBOX.") + 240


NAMES = st.lists(
    st.text(st.sampled_from("aB./~_-İnb ox\t%*"), min_size=1, max_size=12), unique=True, max_size=12
)


@given(ours=NAMES, theirs=NAMES, care=st.integers(0, 2))
def test_injective(ours: list[str], theirs: list[str], care: int) -> None:
    """However odd the names, no two source folders share a destination, and none is dropped."""
    ours = [name for name in ours if name.upper() != "INBOX"]
    shy = Refusals(care={name: Care(care) for name in ours})
    source, destination = listing(SLASH, "INBOX", *ours), listing(DOT, "INBOX", *theirs)
    pairs = map_folders(source, destination, {}, refusals=shy)
    assert len({pair.destination.name for pair in pairs}) == len(pairs) == len(ours) + 1
