"""What is said of a migration, page by page, held against what lies on disk."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from flask import Flask
from sqlalchemy import select

from cli.numbers import migration_numbers
from jobs.letters import Origin, compose
from store import drafts
from store.mails import Letter
from store.tables import Migration, Notice, User
from tests.jobs.haul import Haul
from tests.journey.maildir import read_mailbox
from tests.wizard.browser import Browser

_GOOD = re.compile(r'sign sign-good">.*?</svg>([^<]*)')
_FOLDER = re.compile(r'<tr role="row"><th [^>]*data-label="Folder">([^<]*)(.*?)</tr>', re.S)
_HEADLINE = re.compile(r'<div class="headline">.*?</div>\s*</div>', re.S)
PROOFS = ("copy of its own", "Every message found", "Every message is at the destination")
_PROVEN = re.compile(r"In the (\d+) account")
Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Disk:
    """One mailbox's messages by source folder, on both sides."""

    source: Counts
    destination: Counts

    @classmethod
    def of(cls, haul: Haul, address: str) -> Disk:
        return cls(
            _counted(haul.source.maildir(address)), _counted(haul.destination.maildir(address))
        )

    def missing(self, folder: str | None = None) -> int:
        names = self.source if folder is None else (folder,)
        return sum(self.source.get(n, 0) - self.destination.get(n, 0) for n in names)


def _counted(maildir) -> Counts:  # type: ignore[no-untyped-def]
    found = {name: messages.total() for name, messages in read_mailbox(maildir).items()}
    return {name.lstrip(".").replace(".", "/") or "INBOX": many for name, many in found.items()}


@dataclass
class Reader:
    """Reads as an operator and as a customer, and complains."""

    app: Flask
    admin: Browser
    customer: Browser
    customer_id: int
    complaints: list[str] = field(default_factory=list)

    def look(self, name: str, haul: Haul) -> None:
        """The disk last: what was not there then was not there before."""
        self._let_in(haul)
        said = _Said(self.admin, self.customer, haul, self._csv(haul))
        disks = {address: Disk.of(haul, address) for address in haul.addresses}
        for line in _Look(name, said, disks).complaints():
            self.complaints.append(f"{name}: {line}")

    def _let_in(self, haul: Haul) -> None:
        """The customer belongs to this migration's organization, and may read its reports."""
        with haul.services.store.write() as session:
            migration = session.get_one(Migration, haul.migration_id)
            session.get_one(User, self.customer_id).organization_id = migration.organization_id
            drafts.give_reports(session, migration.id, frozenset({self.customer_id}))

    def _csv(self, haul: Haul) -> list[dict[str, str]]:
        answer = self.admin.get(f"/migrations/{haul.migration_id}/report.csv")
        if answer.status_code == 404:
            return []
        text = answer.get_data().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text), delimiter=";"))


class _Said:
    """All that is said of one migration, at one time."""

    def __init__(
        self, admin: Browser, customer: Browser, haul: Haul, rows: list[dict[str, str]]
    ) -> None:
        number, self.rows, self.haul = haul.migration_id, rows, haul
        self.pages: list[tuple[str, str]] = []
        for who in (admin, customer):
            listed = who.text("/").split('<tr role="row">')
            self.pages.append(("list", next(one for one in listed if f'id="m{number}"' in one)))
            self.pages.append(("report", who.text(f"/migrations/{number}/report")))
        for path in ("", "/live"):
            self.pages.append((f"details{path}", admin.text(f"/migrations/{number}{path}")))
        with haul.services.store.read() as session:
            self.json = migration_numbers(session, number)
            query = select(Notice).where(Notice.migration_id == number)
            self.mails = [
                compose(
                    Letter(one.id, "", 1, one.kind, one.facts, one.created_at),
                    "me@example.net",
                    Origin("a@example.net"),
                )
                for one in session.scalars(query)
            ]
        self.accounts = {
            one["destination"]: admin.text(f"/migrations/{number}/runs/1/accounts/{one['account']}")
            for one in (self.json["accounts"] if rows else ())
        }


@dataclass
class _Look:
    name: str
    said: _Said
    disks: dict[str, Disk]

    @property
    def rows(self) -> list[dict[str, str]]:
        return self.said.rows

    @property
    def dry(self) -> bool:
        return self.name == "dry"

    def whole(self, address: str, *columns: str) -> bool:
        """Whether all that is not at the destination is said to have been left out or skipped; or
        in one of these columns, too."""
        rows = [row for row in self.rows if row["Mailbox"] == address]
        named = sum(int(row["Messages not looked at"] or 0) for row in rows)
        named += sum(
            int(row[column] or 0)
            for row in rows
            for column in ("Skipped", *columns)
            if row["Source folder"]
        )
        return bool(rows) and not self.dry and self.disks[address].missing() == named

    @property
    def everything(self) -> bool:
        return all(map(self.whole, self.disks))

    @property
    def proven(self) -> int:
        """So many accounts are whole, but for exceptions that are named."""
        return sum(self.whole(address, "Failed") for address in self.disks)

    def complaints(self) -> Iterator[str]:
        for what, text in self.said.pages:
            yield from (f"{what}: {said}" for said in self._of_page(text))
        for address, text in self.said.accounts.items():
            yield from (f"{address}: {said}" for said in self._of_account(address, text))
        for row in self.rows:
            yield from (f"CSV, {row}: {said}" for said in self._of_row(row))
        yield from (f"JSON: {said}" for said in self._of_json())
        yield from (f"mail: {said}" for said in self._of_mails())

    def _of_page(self, text: str) -> Iterator[str]:
        """What is green, or says 100 %, is so of all accounts; a proof says of how many."""
        proven, all_proven = self.proven, self.proven == len(self.disks)
        head = " ".join(_HEADLINE.findall(text.partition("Account by account")[0])) or text
        for word in _GOOD.findall(head):
            if not self.everything and word != "Ready":
                yield f"green {word!r}, and not all accounts are whole"
        if re.search(r"\b100 ?%", text) and not all_proven:
            yield "100 %"
        for proof in PROOFS:
            if proof.lower() in text.lower() and not all_proven:
                said = _PROVEN.search(text)
                if said is None or int(said[1]) != proven:
                    yield f"{proof!r} is said of {said and said[0]}"
        if self.dry and "dry run" not in text.lower():
            yield "nothing says that it is a dry run"
        for section in text.split('<section class="panel account"')[1:]:
            address = next(one for one in self.disks if f">{one}<" in section)
            yield from (f"{address}: {said}" for said in self._of_account(address, section))

    def _of_account(self, address: str, text: str) -> Iterator[str]:
        disk, whole = self.disks[address], self.whole(address)
        head = _HEADLINE.search(text)
        for word in _GOOD.findall(head[0] if head else ""):
            if not whole:
                yield f"green {word!r}, and {disk.missing()} are missing"
        if "No message was skipped, failed or altered" in text and disk.missing():
            yield "no message was skipped, and some are missing"
        expected = sum(disk.source.values())
        done = self.dry or self.whole(address, "Failed")
        if self.rows and not done and not re.search(rf"of {expected}( messages?)? expected", text):
            yield f"{expected} messages were expected, and that is not said"
        for name, row in _FOLDER.findall(text):
            folder = unescape(name)
            if "sign-good" in row and (self.dry or self._gap(address, folder)):
                yield f"folder {folder} is green, and {disk.missing(folder)} are missing"
            there = disk.source.get(folder, 0)
            shown = re.search(r'data-label="Found">(\d+)', row)
            found = int(shown[1]) if shown else 0
            if found < there and f"of {there} expected" not in row:
                yield f"folder {folder}: found {found} of {there}, which is not said"
        if not whole and not self.dry:
            told = {unescape(name) for name, _ in _FOLDER.findall(text)}
            if silent := {name for name, many in disk.source.items() if many} - told:
                yield f"nothing is said of {silent}"

    def _gap(self, address: str, folder: str) -> int:
        """What is missing in a folder, and not said to be skipped."""
        skipped = [
            int(row["Skipped"] or 0)
            for row in self.rows
            if (row["Mailbox"], row["Source folder"]) == (address, folder) and row["Found"]
        ]
        return self.disks[address].missing(folder) - sum(skipped)

    def _of_row(self, row: dict[str, str]) -> Iterator[str]:
        disk, folder = self.disks[row["Mailbox"]], row["Source folder"]
        if not folder or not row["Found"]:
            if row["Verified"] == "yes" and not self.whole(row["Mailbox"]):
                yield "the account is not whole"
            return
        there, here = disk.source.get(folder, 0), disk.destination.get(folder, 0)
        done = int(row["Copied"] or 0) + int(row["Present"] or 0)
        if self.dry and (row["Verified"] or done or int(row["Would copy"]) != there):
            yield "a dry run has done something"
        if done > here or (row["Verified"] == "yes" and done != here):
            yield f"{here} are there"
        if row["Verified"] == "yes" and self._gap(row["Mailbox"], folder):
            yield f"{disk.missing(folder)} are missing"
        if int(row["Expected"] or 0) != there:
            yield f"{there} were to be expected"

    def _of_json(self) -> Iterator[str]:
        told = self.said.json
        if not self.rows:
            if told["totals"] is not None or told["verdict"] is not None:
                yield "totals of a run that there was not"
            return
        totals = told["totals"]
        here = sum(sum(disk.destination.values()) for disk in self.disks.values())
        if totals["copied"] + totals["present"] > here:
            yield f"{totals['copied']} copied, and {here} are there"
        if not self.dry and totals["verified"] > self.proven:
            yield f"{totals['verified']} are verified"
        if self.dry and (totals["verified"] is not None or "dry run" not in told["state"]):
            yield f"a dry run is {told['state']}"
        if told["state"] == "complete" and not self.everything:
            yield "it is complete"
        for one in told["accounts"]:
            there = sum(self.disks[one["destination"]].source.values())
            left_out = sum(folder["messages"] or 0 for folder in one["left_out"])
            if one["expected"] != there - left_out:
                yield f"{one['destination']}: {one['expected']} expected"

    def _of_mails(self) -> Iterator[str]:
        for mail in self.said.mails:
            text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
            if self.dry and "ry run" not in mail["Subject"]:
                yield f"{mail['Subject']} is said of a dry run"
            if mail["Subject"].startswith("Verified:") and not self.everything:
                yield f"{mail['Subject']}"
            proven = self.proven == len(self.disks)
            if not proven and any(proof in text for proof in PROOFS):
                yield "every message is said to be there"
