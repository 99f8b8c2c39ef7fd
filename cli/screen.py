"""The numbers of a migration for a person at a terminal."""

from __future__ import annotations

from typing import Any

_COUNTED = ("found", "copied", "present", "skipped", "failed", "vanished")


def migration_words(numbers: dict[str, Any]) -> str:
    """One line for the whole, then one for each account with what is wrong with it."""
    head = f"Migration {numbers['migration']} ({numbers['name']}): {numbers['state']}"
    if numbers["run"] is not None:
        head += f", run {numbers['run']}: {_counters(numbers['totals'])}; {numbers['verdict']}"
    lines = [head]
    for account in numbers["accounts"]:
        lines += _account(account)
    return "\n".join(lines)


def _account(account: dict[str, Any]) -> list[str]:
    place = f"line {account['line']}: " if account["line"] else ""
    names = f"{place}{account['source']} to {account['destination']}"
    if account["state"] is None:
        lines = [f"  {names}: {account['check']}"]
        lines += [f"      {_finding(finding)}" for finding in account["findings"]]
        return lines
    lines = [f"  {names}: {account['state']}; {_counters(account)}"]
    if account["error"]:
        lines.append(f"      {account['error']} {account['server_words']}".rstrip())
    return lines


def _finding(finding: dict[str, str]) -> str:
    server = f" The server said: {finding['server_words']}" if finding["server_words"] else ""
    return f"{finding['level']}: {finding['words']} {finding['hint']}{server}".replace("\n", " ")


def _counters(numbers: dict[str, Any]) -> str:
    return ", ".join(f"{numbers[name]} {name}" for name in _COUNTED)
