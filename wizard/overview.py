"""The first page: what runs (K9), what is finished (K10), and the drafts."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from store import overview as listing
from store.overview import SORTS, Group, Question
from wizard.paging import Pages, wanted_page
from wizard.services import services
from wizard.session import person, viewer

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
        )


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
