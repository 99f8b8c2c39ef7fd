"""Generated mailboxes: the same each time, as large as asked for, and as odd as real ones."""

from __future__ import annotations

from pathlib import Path

from bench.compare import read_mailbox
from bench.corpus import Recipe, write_mailbox

RECIPE = Recipe("test", 400, 4_000_000)


def test_a_recipe_gives_the_same_mailbox_each_time(tmp_path: Path) -> None:
    """Figures of two runs are figures of the same mail."""
    for name in ("a", "b"):
        assert write_mailbox(tmp_path / name / "Maildir", RECIPE) == 400
    read = [read_mailbox(tmp_path / name / "Maildir") for name in ("a", "b")]
    assert read[0] == read[1]
    assert len(read[0]) == len(RECIPE.folders)


def test_it_holds_what_makes_a_copy_hard(tmp_path: Path) -> None:
    """Identical copies, messages without a Message-ID, and about the size asked for."""
    write_mailbox(tmp_path / "Maildir", RECIPE)
    files = [path for path in tmp_path.rglob("cur/*") if path.is_file()]
    bodies = [path.read_bytes() for path in files]
    assert len(set(bodies)) < len(bodies)
    assert any(b"Message-ID:" not in body for body in bodies)
    assert 3_600_000 < sum(map(len, bodies)) < 4_800_000


def test_the_names_of_files_tell_their_true_sizes(tmp_path: Path) -> None:
    """S is the size on disk, W with CRLF: Dovecot believes them."""
    write_mailbox(tmp_path / "Maildir", Recipe("small", 30, 30_000))
    for path in tmp_path.rglob("cur/*"):
        body = path.read_bytes()
        wire_size = len(body.replace(b"\n", b"\r\n"))
        assert f",S={len(body)},W={wire_size}:2," in path.name
