"""Regular expressions of people: what is taken, and what is refused in words."""

from __future__ import annotations

import pytest

from importer.patterns import DEFAULT_EXCLUDE, LONGEST_PATTERN, PatternError, compile_pattern


def test_the_default_of_mailcow() -> None:
    """A flag may stand again; case makes no difference then."""
    pattern = compile_pattern(DEFAULT_EXCLUDE)
    assert all(pattern.search(name) for name in ("Spam", "INBOX.JUNK", "Archiv/spam 2019"))
    assert not pattern.search("Inbox")


@pytest.mark.parametrize(
    ("text", "name", "matches"),
    [
        ("^Work", "Work/2024", True),
        ("^Work$", "Work/2024", False),
        ("(?i)entwürfe", "ENTWÜRFE", True),
        ("a|(?i)b", "A", False),
        (r"\bOld\b", "INBOX.Old.x", True),
    ],
)
def test_what_matches(text: str, name: str, matches: bool) -> None:
    """Anywhere in the name, if nothing else is said."""
    assert bool(compile_pattern(text).search(name)) == matches


@pytest.mark.parametrize(
    ("text", "why", "position"),
    [
        ("a(?=b)", "looks ahead or behind", 1),
        ("(?<!a)b", "looks ahead or behind", 0),
        (r"(a)\1", "refers back to a group", 3),
        (r"(?P<x>a)\k<x>", "refers back to a group", 8),
        ("(?>a)", "never tried again", 0),
        ("(?x)a", "a group of this kind", 0),
        (r"a\Z", "no meaning after a backslash", 1),
        ("Büro a{1001}", "more than 1000 times", 6),
        ("((a{100}){100}){100}", "more than 1000 times", None),
        ("[z-a]", "runs backwards", 1),
        ("a**", "repeats what repeats", 1),
        ("*x", "nothing before", 0),
        ("ä(", "a ')' is missing", None),
        ("x)", "without '('", None),
        ("[a", "a ']' is missing", 0),
        ("a\\", "after the last backslash", None),
        ("", "it is empty", None),
        ("a\ud800", "half a character", 1),
        ("a" * (LONGEST_PATTERN + 1), "more than 500 characters", None),
    ],
)
def test_what_is_refused(text: str, why: str, position: int | None) -> None:
    """With the reason in words, and the place where there is one."""
    with pytest.raises(PatternError) as refusal:
        compile_pattern(text)
    assert why in refusal.value.why
    assert refusal.value.position == position
    assert str(refusal.value).isprintable() or "\\" in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "(a+)+$",
        "(a|a)*$",
        "(.*)*x",
        "(a|aa)+$",
        "([a-z]+)*!",
        "(x+x+)+y",
        "(.*a){20}",
        "a{0,200}" * 9,
    ],
)
def test_an_evil_pattern_takes_no_longer(text: str) -> None:
    """What keeps other engines busy for ever either answers or is refused."""
    try:
        pattern = compile_pattern(text)
    except PatternError:
        return
    for _ in range(50):
        pattern.search("a" * 500 + "!")
