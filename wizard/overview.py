"""The first page: what runs (K9), what is finished (K10), and the drafts."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import overview as listing
from store import removal
from store.overview import SORTS, Group, Question
from store.tables import History, Role
from wizard.paging import Pages, wanted_page
from wizard.services import services
from wizard.session import person, viewer

_REMOVED = 10

overview = Blueprint("overview", __name__)


@overview.get("/")
def index() -> ResponseReturnValue:
    question = asked()
    with services().store.read() as session:
        lines, total = listing.lines(session, viewer(), question)
        groups = listing.group_sizes(session, viewer())
        fragment = "HX-Request" in request.headers and request.args.get("live") == "1"
        return render_template(
            "overview/lines.html" if fragment else "overview/page.html",
            lines=lines,
            question=question,
            groups=groups,
            pages=Pages(question.page, total, listing.PAGE),
            person=person(),
            moving=any(line.migration.state == "running" for line in lines),
            awaits=listing.awaits_start,
            removed=_removed(session, question),
        )


def _removed(session: Session, question: Question) -> Sequence[History]:
    """What was deleted lately, for those who might ask where it is."""
    if question.group != Group.FINISHED or person().role == Role.CUSTOMER:
        return ()
    organization_id = None if person().role == Role.ADMIN else person().organization_id
    return removal.removed(session, organization_id, limit=_REMOVED)


def asked() -> Question:
    """The question of the address bar; what cannot be understood is left at its default."""
    args = request.args
    group = args.get("show", "")
    sort = args.get("sort", "created")
    return Question(
        group=Group(group) if group in tuple(Group) else Group.ALL,
        text=args.get("q", "")[:120],
        sort=sort if sort in SORTS else "created",
        descending=args.get("order", "down") != "up",
        page=wanted_page(),
    )
