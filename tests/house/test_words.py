"""One thing, one word: in names, and on the pages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import classes, files, functions, product, sources

EMPTY_NAMES = ("utils", "util", "helpers", "helper", "common", "manager", "process", "handle")
EMPTY_WORDS = ("utils", "util", "helpers", "helper", "manager")
EMPTY_VERBS = ("process", "handle", "manage", "do")
GIVEN_NAMES = ("handle_warm_shutdown_request", "handle")
"""Methods of a library that we override."""

OTHER_WORDS = {
    r"host1|host2": "source, destination",
    r"sync jobs?": "migration",
    r"batch(es)?": "migration",
    r"e-?mail accounts?": "account",
    r"log ?in to your": "sign in",
    r"credentials": "login, password",
    r"an error (has )?occurred": "what happened, and what to do",
    r"oops|whoops": "what happened, and what to do",
    r"simply|just click|blazing|seamless(ly)?": "nothing",
}
"""What a page must not say, and the word that it says instead."""


def test_no_file_has_an_empty_name() -> None:
    """A file named utils says nothing about what is in it."""
    wrong = [
        source.name
        for source in sources()
        if {part.removesuffix(".py") for part in Path(source.name).parts} & set(EMPTY_NAMES)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_function_or_class_has_an_empty_name() -> None:
    """process_row and RowManager do not say what is done to the row."""
    wrong = [
        f"{source.name}:{node.name}"
        for source in product()
        for node in (*functions(source), *classes(source))
        if node.name not in GIVEN_NAMES and _is_empty(_words(node.name))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_words_of_a_camel_cased_name_are_seen() -> None:
    """The rule above finds a word in both spellings of a name."""
    assert _words("RowManager") == ["row", "manager"]
    assert _words("_process_row") == ["process", "row"]


@pytest.mark.parametrize("path", files("templates/**/*.html"), ids=lambda path: path.name)
def test_a_page_uses_the_words_of_the_design(path: Path) -> None:
    """Pages say migration, account, source and destination, and nothing that only sounds nice."""
    text = _shown(path.read_text(encoding="utf-8"))
    wrong = [
        f"{match.group()!r} instead of {right}"
        for word, right in OTHER_WORDS.items()
        for match in re.finditer(rf"\b(?:{word})\b", text, re.IGNORECASE)
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_for_later() -> None:
    """No file holds a note to do something some day."""
    marks = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
    assert [source.name for source in sources() if marks.search(source.text)] == []


def test_every_module_says_what_it_is_for() -> None:
    """The first thing in a file is a sentence."""
    wrong = [
        source.name
        for source in product()
        if source.text.strip() and not ast.get_docstring(source.tree)
    ]
    assert not wrong, "\n".join(wrong)


def _is_empty(words: list[str]) -> bool:
    return bool(set(words) & set(EMPTY_WORDS)) or words[:1] in [[verb] for verb in EMPTY_VERBS]


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [word for word in spaced.lower().split("_") if word]


def _shown(template: str) -> str:
    """The text of a template: no tags, no Jinja."""
    return re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<[^>]*>", " ", template, flags=re.DOTALL)
