"""What a notice says: subject, text and HTML, made from what was written down when it happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, parseaddr
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from importer.amounts import count, duration, number, size, when
from importer.diagnosis import explain_stored, said
from importer.judgement import Judgement, RunNumbers, judge, sentence
from jobs.smtp import clean
from store.mails import Letter
from store.notices import Kind
from sync.errors import Side

_TEMPLATES = Path(__file__).parents[1] / "templates" / "mail"
_NAME_SHOWN = 120
_TONES = {
    Judgement.VERIFIED: "#1d6b3c",
    Judgement.EXCEPTIONS: "#7d4f00",
    Judgement.DRY_RUN: "#1b5684",
    Judgement.DRY_INCOMPLETE: "#a3262a",
    Judgement.INCOMPLETE: "#a3262a",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Who writes. `public_url` empty: nobody has said where people find us, and no link is made."""

    sender: str
    public_url: str = ""

    @property
    def address(self) -> str:
        return parseaddr(self.sender)[1]


def compose(letter: Letter, recipient: str, origin: Origin) -> EmailMessage:
    """The same again for another attempt, but for its date: the Message-ID stays.

    Raises ValueError where a value would break a header."""
    facts = _in_words(letter, origin)
    message = EmailMessage(policy=SMTP)
    message["From"] = origin.sender
    message["To"] = recipient
    message["Subject"] = facts["subject"]
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = _message_id(letter, origin)
    message["Auto-Submitted"] = "auto-generated"
    if any(mark in str(value) for value in message.values() for mark in "\r\n"):
        raise ValueError("a header has a line break in it")
    template = _template_of(letter.kind)
    text = _environment().get_template(f"{template}.txt").render(facts)
    html = _environment().get_template(f"{template}.html").render(facts)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _message_id(letter: Letter, origin: Origin) -> str:
    domain = origin.address.rpartition("@")[2]
    return f"<mailhaul.{letter.id}.{letter.created_at:%Y%m%d%H%M%S%f}@{domain}>"


def _template_of(kind: str) -> str:
    return "finished" if kind == Kind.FAILED else kind


def _in_words(letter: Letter, origin: Origin) -> dict[str, Any]:
    facts = dict(letter.facts)
    # Python reads =?utf-8?q?...?= in a subject that is set, and would write its line breaks out.
    facts["name"] = clean(str(facts["name"])).replace("=?", "= ?")[:_NAME_SHOWN]
    page = f"{origin.public_url}/migrations/{facts['migration_id']}" if origin.public_url else ""
    facts |= {"page": page, "report": "", "failures": _failures(facts, page)}
    if letter.kind in (Kind.FINISHED, Kind.FAILED):
        facts |= _ending(facts)
        facts["report"] = f"{page}/report?run={facts['run']}" if page else ""
    return facts | {"subject": f"{_title(letter.kind, facts)}: {facts['name']}"}


def _title(kind: str, facts: dict[str, Any]) -> str:
    if kind == Kind.STARTED:
        return "Dry run started" if facts["dry_run"] else "Started"
    if kind == Kind.ACTION:
        return count(facts["accounts"], "account needs you", "accounts need you")
    if kind == Kind.FAILED:
        totals = facts["totals"]
        failed = f"{number(totals['failed_accounts'])} of {count(totals['accounts'], 'account')}"
        return f"{'Dry run ended' if facts['dry_run'] else 'Ended'}, {failed} failed"
    if kind == Kind.FINISHED:
        titles = {
            Judgement.DRY_RUN: "Dry run ended",
            Judgement.INCOMPLETE: "Ended, not complete",
        }
        return titles.get(facts["judgement"], str(facts["judgement"]))
    return "Test notice"


def _ending(facts: dict[str, Any]) -> dict[str, Any]:
    totals = facts["totals"]
    numbers = RunNumbers(
        accounts=totals["accounts"],
        complete=totals["complete"],
        verified=totals["verified"],
        skipped=totals["skipped"],
        failed=totals["failed"],
        dry_run=facts["dry_run"],
        excepted=totals.get("excepted", totals["skipped"]),
        failed_accounts=totals["failed_accounts"],
        stopped=totals.get("stopped", 0),
        left_out=totals.get("left_out", 0),
    )
    begun = datetime.fromisoformat(facts["started_at"])
    ended = datetime.fromisoformat(facts["completed_at"])
    return {
        "judgement": judge(numbers),
        "sentence": sentence(numbers),
        "tone": _TONES[judge(numbers)],
        "took": ended - begun,
        "expected": max(totals["found"], totals.get("expected", 0)),
        "left_out": totals.get("left_out", 0),
        "left_out_messages": totals.get("left_out_messages", 0),
        "others": totals["accounts"] - totals["complete"] - totals["failed_accounts"],
    }


def _failures(facts: dict[str, Any], page: str) -> list[dict[str, str]]:
    """Each account with why it failed and what to do, in the words of the pages."""
    return [_failure(one, page) for one in facts.get("failures", ())]


def _failure(one: dict[str, Any], page: str) -> dict[str, str]:
    username = one["mailbox"] if one["side"] == Side.DESTINATION else one["username"]
    kept = one["server_words"]
    found = explain_stored(one["code"], side=one["side"], server_words=kept, username=username)
    return {
        "mailbox": clean(one["mailbox"]),
        "words": clean(found.words),
        "hint": found.hint,
        "server_words": clean(found.server_words),
        "said": said(one["code"]),
        "page": f"{page}/runs/{one['run']}/accounts/{one['account']}" if page else "",
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(size=size, number=number, duration=duration)
    environment.filters["moment"] = _moment
    environment.globals["count"] = count
    return environment


def _moment(value: str, zone: str) -> str:
    return when(datetime.fromisoformat(value), zone)
