"""The audit trail: all lines of the installation for the operator, an organization's own for its
resellers; as a page and as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from importer import export
from store import history, scope, trail
from store.engine import Store
from store.scope import Viewer
from store.tables import Role
from store.trail import Line, Wanted
from wizard.history_words import HISTORY
from wizard.numbers import row_number
from wizard.services import services
from wizard.session import acting, viewer
from wizard.trail_table import HEADER, cells, filters

audit = Blueprint("audit", __name__, url_prefix="/audit")

FILTERS = ("organization", "kind", "person", "text", "since", "until")
SHOWN = 50
_PIECE = 2_000


@audit.get("")
def page() -> ResponseReturnValue:
    wanted, before = _wanted(), _before()
    asked: dict[str, Any] = _asked()
    with services().store.read() as session:
        found = trail.lines(session, viewer(), wanted, limit=SHOWN + 1, before=before)
        lines = found[:SHOWN]
        return render_template(
            "audit/page.html",
            lines=lines,
            older=lines[-1].id if len(found) > SHOWN else None,
            first=before is None,
            filtered=wanted != Wanted(),
            asked=asked,
            there=trail.still_there(session, lines),
            csv=url_for("audit.csv", **asked),
            kinds=sorted(HISTORY.items(), key=lambda pair: pair[1]),
            organizations=_organizations(session),
            kept=services().settings.audit_days,
        )


@audit.get("/lines.csv")
def csv() -> ResponseReturnValue:
    """All lines that the filters leave, and a line that somebody has taken them."""
    wanted, who, store = _wanted(), viewer(), services().store
    with store.write() as session:
        user = acting(session)
        name = _organization_name(session, wanted)
        history.record(
            session,
            kind="audit taken",
            note=f"As CSV. {filters(wanted, name)}",
            organization_id=None if who.role == Role.ADMIN else user.organization_id,
            user=user,
        )
    answer = Response(export.table_pieces(HEADER, _pieces(store, who, wanted)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit-trail.csv"'
    return answer


def _pieces(store: Store, who: Viewer, wanted: Wanted) -> Iterator[Sequence[Sequence[object]]]:
    """No view of the database is held while the browser takes what it was given."""
    before: int | None = None
    while True:
        with store.read() as session:
            lines: Sequence[Line] = trail.lines(session, who, wanted, limit=_PIECE, before=before)
        if not lines:
            return
        yield [cells(line) for line in lines]
        before = lines[-1].id


def _wanted() -> Wanted:
    """What the address asks for. What cannot be read is refused, not left out: a list that shows
    more than it was asked for would be believed."""
    asked = request.args
    since, until = _day(asked.get("since", "")), _day(asked.get("until", ""))
    kind = asked.get("kind", "")
    if kind and kind not in HISTORY:
        abort(400)
    return Wanted(
        organization_id=_organization(asked.get("organization", "")),
        person=asked.get("person", "").strip()[:254],
        kind=kind,
        since=since,
        until=until and until + timedelta(days=1),
        text=asked.get("text", "").strip()[:200],
    )


def _asked() -> dict[str, str]:
    """The filters as the address has them."""
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


def _organization(text: str) -> int | None:
    """Others than the operator have one to look at, and are not asked."""
    if not text or viewer().role != Role.ADMIN:
        return None
    number = row_number(text)
    return number if number is not None else abort(400)


def _before() -> int | None:
    text = request.args.get("before", "")
    number = row_number(text)
    if text and number is None:
        abort(400)
    return number


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text[:10], "%Y-%m-%d")  # noqa: DTZ007 - UTC, as all our times
    except ValueError:
        return abort(400)


def _organizations(session: Session) -> list[tuple[int, str]]:
    if viewer().role != Role.ADMIN:
        return []
    return [(one.id, one.name) for one in scope.organizations(session)]


def _organization_name(session: Session, wanted: Wanted) -> str:
    return dict(_organizations(session)).get(wanted.organization_id or 0, "")
