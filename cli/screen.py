"""The numbers of a migration for a person at a terminal."""

from __future__ import annotations

from typing import Any

from importer.omissions import lines

_COUNTED = ("found", "copied", "present", "skipped", "failed", "vanished")


def migration_words(numbers: dict[str, Any]) -> str:
    """One line for the whole, then one for each account with what is wrong with it."""
    head = f"Migration {numbers['migration']} ({numbers['name']}): {numbers['state']}"
    if numbers["run"] is not None:
        run = "dry run" if numbers["dry_run"] else "run"
        head += f", {run} {numbers['run']}: {_counters(numbers['totals'])}; {numbers['verdict']}"
    said = [head]
    for account in numbers["accounts"]:
        said += _account(account)
    return "\n".join(said)


def _account(account: dict[str, Any]) -> list[str]:
    place = f"line {account['line']}: " if account["line"] else ""
    names = f"{place}{account['source']} to {account['destination']}"
    if account["state"] is None:
        said = [f"  {names}: {account['check']}"]
        said += [f"      {_finding(finding)}" for finding in account["findings"]]
        return said
    said = [f"  {names}: {account['state']}; {_counters(account)}"]
    if account["error"]:
        said.append(f"      {account['error']} {account['server_words']}".rstrip())
    return said + [f"      not looked at: {words}" for words in _left_out(account)]


def _left_out(account: dict[str, Any]) -> list[str]:
    names = [one["name"] for one in account["left_out"]]
    kept = None if any(not one["reason"] for one in account["left_out"]) else account["left_out"]
    return [line.words for line in lines(names, kept)]


def _finding(finding: dict[str, str]) -> str:
    server = f" The server said: {finding['server_words']}" if finding["server_words"] else ""
    return f"{finding['level']}: {finding['words']} {finding['hint']}{server}".replace("\n", " ")


def _counters(numbers: dict[str, Any]) -> str:
    """'5 of 8 found, 5 copied, ...'; of a dry run '5 found, 5 would be copied, ...'."""
    counted = {name: f"{numbers[name]} {name}" for name in _COUNTED}
    if numbers["expected"] > numbers["found"]:
        counted["found"] = f"{numbers['found']} of {numbers['expected']} expected found"
    if "would_copy" in numbers:
        counted["copied"] = f"{numbers['would_copy']} would be copied"
    return ", ".join(counted.values())
