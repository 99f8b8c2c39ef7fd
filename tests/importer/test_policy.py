"""Password policies name every rule that is not met, and never the password."""

from __future__ import annotations

import pytest

from importer.policy import DEFAULT_POLICY, POLICIES, check_password, describe


@pytest.mark.parametrize(
    ("policy", "password", "codes"),
    [
        ("konsoleh", "Abcdefghijk1", []),
        ("konsoleh", "Abcdefghijk_", []),
        ("konsoleh", "Abcdefghijkß", ["password_no_digit_or_sign"]),
        ("konsoleh", "Abcdefghij1", ["password_short"]),
        ("konsoleh", "ABCDEFGHIJK1", ["password_no_lower"]),
        ("konsoleh", "abcdefghijk1", ["password_no_upper"]),
        ("konsoleh", "äÄ", ["password_short", "password_no_lower", "password_no_upper",
                           "password_no_digit_or_sign"]),
        ("konsoleh", "Line\nbreak 123", []),
        ("konsoleh-strict", "Abcdefghij1_", []),
        ("konsoleh-strict", "Abcdefghijk1", ["password_no_sign"]),
        ("konsoleh-strict", "Abcdefghijk_", ["password_no_digit"]),
        ("konsoleh-strict", "Abcdefghij1_ä", ["password_other_characters"]),
        ("konsoleh-strict", "Abcdefghij1_\n", ["password_other_characters"]),
        ("none", "", []),
    ],
)  # fmt: skip
def test_rules(policy: str, password: str, codes: list[str]) -> None:
    """Exactly the rules that the password breaks are named."""
    assert [finding.code for finding in check_password(policy, password)] == codes


@pytest.mark.parametrize("sign", list("0!$%()=?+#-.,;:~*@[]_"))
def test_every_sign_of_the_default(sign: str) -> None:
    """Each sign that konsoleH lists makes up for a digit."""
    assert check_password(DEFAULT_POLICY, "Abcdefghijk" + sign) == ()


def test_the_password_is_never_told() -> None:
    """A finding helps without it."""
    found = check_password("konsoleh-strict", "ünfug")
    assert found
    assert all("ünfug" not in repr(finding) for finding in found)


def test_described_in_one_sentence() -> None:
    """A form says beforehand what is asked for."""
    assert "konsoleh" in POLICIES
    assert describe("konsoleh").startswith("The password needs at least 12 characters, ")
    assert describe("none") == "Any password is accepted."
