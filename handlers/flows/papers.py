"""材料: the papers of a meeting as files, to be edited and printed; and the year's resolutions as a table."""

from __future__ import annotations

import re

from handlers.context import Context
from handlers.dates import day_and_time, local
from handlers.meetings import MOST_MEETINGS, named
from handlers.messages import Option, Reply
from handlers.prompts import again, option
from models.rules.errors import NotFound
from services import documents
from services.meetings import papers as meeting_papers
from services.meetings.papers import MeetingFacts, Paper
from services.meetings.resolutions import papers as resolution_papers
from services.meetings.resolutions.papers import PaperMeeting
from texts import choice, text

_NOT_IN_A_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_LONGEST_LABEL = 40  # letters of a file's name
_SHEET = "sheet"


def start(ctx: Context) -> Reply:
    """``argument``: a meeting, or a meeting and one of its papers ("12.notice")."""
    meeting, paper = named(ctx)
    if meeting is not None:
        ctx.data["meeting"] = meeting
        return _make(ctx, Paper(paper)) if paper in list(Paper) else _asks_paper(ctx)
    found = resolution_papers.meetings_with_papers(
        ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=MOST_MEETINGS
    )
    if len(found) == 1:
        ctx.data["meeting"] = found[0].meeting_id
        return _asks_paper(ctx)
    options = [Option(_name(ctx, line), str(line.meeting_id)) for line in found]
    if _has_sheet(ctx):
        options.append(option("papers.sheet", _SHEET))
    if not options:
        return Reply(text("papers.none"))
    return Reply(text("papers.ask_which"), tuple(options), then=receive_meeting)


def receive_meeting(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == _SHEET:
        return _sheet(ctx)
    ctx.data["meeting"] = int(ctx.choice)
    return _asks_paper(ctx)


def receive_paper(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    return _sheet(ctx) if ctx.choice == _SHEET else _make(ctx, Paper(ctx.choice))


def _asks_paper(ctx: Context) -> Reply:
    line, ready = meeting_papers.papers_ready(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, at=ctx.at
    )
    options = [option(f"papers.paper_{paper}", paper.value) for paper in ready]
    if _has_sheet(ctx):
        options.append(option("papers.sheet", _SHEET))
    if not options:
        return Reply(text("papers.none_ready"))
    return Reply(text("papers.ask_paper", meeting=_name(ctx, line)), tuple(options), then=receive_paper)


def _make(ctx: Context, paper: Paper) -> Reply:
    meeting = meeting_papers.check_paper(
        ctx.session, meeting_id=ctx.data["meeting"], member_id=ctx.person.member_id, paper=paper, at=ctx.at
    )
    params = {"member": ctx.person.member_id, "meeting": meeting.meeting_id}
    return _asked(ctx, f"{paper}_paper", params, _file_name(meeting, paper))


def _sheet(ctx: Context) -> Reply:
    if not _has_sheet(ctx):  # the post was lost meanwhile
        raise NotFound
    here = local(ctx.at, ctx.rules.timezone)
    name = text("papers.sheet_name", year=here.year, day=f"{here:%Y-%m-%d}")
    return _asked(ctx, "resolutions_sheet", {"member": ctx.person.member_id, "year": here.year}, name)


def _asked(ctx: Context, kind: str, params: dict[str, int], name: str) -> Reply:
    """It is made soon, with what this person may see then."""
    asked = documents.request_document(
        ctx.session,
        member_id=ctx.person.member_id,
        kind=kind,
        params=params,
        name=name,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("papers.again" if asked.ready else "papers.asked"))


def _file_name(meeting: MeetingFacts, paper: Paper) -> str:
    label = _NOT_IN_A_NAME.sub("", meeting.label)[:_LONGEST_LABEL]
    of_one = paper is not Paper.RESOLUTIONS and meeting.number
    ordinal = text("papers.ordinal", number=meeting.number) if of_one else ""
    return text("papers.file_name", label=label, ordinal=ordinal, paper=choice(f"papers.paper_{paper}")[0])


def _has_sheet(ctx: Context) -> bool:
    return resolution_papers.has_resolutions(
        ctx.session, member_id=ctx.person.member_id, year=local(ctx.at, ctx.rules.timezone).year, at=ctx.at
    )


def _name(ctx: Context, line: PaperMeeting | MeetingFacts) -> str:
    """西苑小区议事会 12月12日 15:00"""
    return text("meetings.name", label=line.label, when=day_and_time(line.meets_at, ctx.rules.timezone, now=ctx.at))
