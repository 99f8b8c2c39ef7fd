"""What must not stand in the code or on a page, whatever it is for."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, Source, files, imports, product

QUIET_ROOMS = (
    "sync",
    "imap",
    "importer",
    "parameters",
    "store",
    "jobs",
    "wizard",
    "provisioners",
    "settings",
)
NO_MODULES = ("subprocess", "pickle", "marshal", "shelve", "dill")
NO_CALLS = ("eval", "exec", "compile", "__import__", "print")
ONLY_SETTINGS_READ = re.compile(r"os\.environ|os\.getenv|\bgetenv\(")


@pytest.mark.parametrize("room", QUIET_ROOMS)
def test_no_room_runs_programs_or_unpickles(room: str) -> None:
    """A row, a server's answer or a queue entry never becomes code."""
    wrong = [
        f"{source.name} imports {module}"
        for source in _room(room)
        for module in imports(source)
        if module.split(".")[0] in NO_MODULES
    ]
    wrong += [
        f"{source.name}:{node.lineno} calls {node.func.id}"
        for source in _room(room)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in NO_CALLS
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", [name for name in QUIET_ROOMS if name != "settings"])
def test_the_environment_is_read_in_one_place(room: str) -> None:
    """settings.py alone reads the environment."""
    assert [s.name for s in _room(room) if ONLY_SETTINGS_READ.search(s.text)] == []


@pytest.mark.parametrize("path", files("templates/**/*.html"), ids=lambda path: path.name)
def test_a_template_has_no_inline_script_or_style(path: Path) -> None:
    """The content security policy allows neither, so a page that needs one would break.

    A mail has no script at all, and its style inline: its reader fetches no style sheet."""
    text = path.read_text(encoding="utf-8")
    script, style = r"<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=", r"<style|\sstyle="
    mailed = path.parent.name == "mail"
    inline = re.findall(r"<script|\son[a-z]+=" if mailed else f"{script}|{style}", text)
    assert not inline, "\n".join(inline)
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape false" not in text


@pytest.mark.parametrize("path", files("templates/**/*.html", "static/*.js", "static/*.css"))
def test_nothing_comes_from_another_site(path: Path) -> None:
    """Scripts, styles and fonts are served by the product itself."""
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"(?:src|href)=[\"']?https?://|url\(['\"]?https?://|//cdn", text) == []


def test_vendored_files_carry_their_licences() -> None:
    """Each package under static/vendor has its licence beside it."""
    packages = [path for path in (ROOT / "static" / "vendor").iterdir() if path.is_dir()]
    assert packages
    assert [p.name for p in packages if not list(p.glob("LICEN[SC]E*"))] == []


def _room(name: str) -> list[Source]:
    return [source for source in product() if source.room == name]
