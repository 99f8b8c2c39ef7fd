"""Password policies as data: what a destination asks of a new mailbox's password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from importer.finding import Finding, Level

_FIELD = "mailbox_password"


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` is searched in the password; `needs` completes 'The password needs …'."""

    code: str
    pattern: re.Pattern[str]
    needs: str


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    label: str
    rules: tuple[Rule, ...] = ()


def _rule(code: str, pattern: str, needs: str) -> Rule:
    return Rule(code, re.compile(pattern, re.DOTALL), needs)


_LONG = _rule("password_short", r".{12}", "at least 12 characters")
_LOWER = _rule("password_no_lower", r"[a-z]", "a lowercase letter (a–z)")
_UPPER = _rule("password_no_upper", r"[A-Z]", "an uppercase letter (A–Z)")
_DIGIT = _rule("password_no_digit", r"[0-9]", "a digit")
_DIGIT_OR_SIGN = _rule(
    "password_no_digit_or_sign",
    r"[0-9!$%()=?+#\-.,;:~*@\[\]_]",
    "a digit or one of ! $ % ( ) = ? + # - . , ; : ~ * @ [ ] _",
)
_SIGN = _rule(
    "password_no_sign",
    r"[\^!$%/()=?+\-#.,;:~*@{}_&\[\]]",
    "one of ^ ! $ % / ( ) = ? + - # . , ; : ~ * @ { } _ & [ ]",
)
_ONLY_ALLOWED = _rule(
    "password_other_characters",
    r"\A[a-zA-Z0-9^!$%/()=?+\-#.,;:~*@{}_&\[\]]*\Z",
    "no other characters than a–z, A–Z, 0–9 and ^ ! $ % / ( ) = ? + - # . , ; : ~ * @ { } _ & [ ]",
)

POLICIES: Mapping[str, PasswordPolicy] = {
    "konsoleh": PasswordPolicy("konsoleH", (_LONG, _LOWER, _UPPER, _DIGIT_OR_SIGN)),
    "konsoleh-strict": PasswordPolicy(
        "konsoleH, strict", (_LONG, _LOWER, _UPPER, _DIGIT, _SIGN, _ONLY_ALLOWED)
    ),
    "none": PasswordPolicy("No policy"),
}
DEFAULT_POLICY = "konsoleh"


def check_password(policy_name: str, password: str) -> tuple[Finding, ...]:
    """One blocking finding for each rule that is not met; the last one says what to do.

    Raises KeyError for an unknown name."""
    missed = [rule for rule in POLICIES[policy_name].rules if not rule.pattern.search(password)]
    hint = f"Choose another password. {describe(policy_name)}"
    return tuple(
        Finding(
            Level.BLOCKING,
            rule.code,
            f"The new mailbox's password needs {rule.needs}.",
            hint if rule is missed[-1] else "",
            field=_FIELD,
        )
        for rule in missed
    )


def describe(policy_name: str) -> str:
    """The whole policy in one sentence, for a form."""
    needs = [rule.needs for rule in POLICIES[policy_name].rules]
    if not needs:
        return "Any password is accepted."
    return f"The password needs {', '.join(needs[:-1])}, and {needs[-1]}."
