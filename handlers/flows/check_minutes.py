"""核对纪要: who was there says whether the minutes are right, or what is wrong with them."""

from __future__ import annotations

from handlers.context import Context
from handlers.meetings import chosen_meeting, name, named
from handlers.messages import Option, Reply
from handlers.prompts import again, option
from models.rules.errors import MinutesRefused
from services.meetings import minutes
from services.meetings import queries as meeting_queries
from services.meetings.queries import MeetingLine
from texts import text

_MOST = 9


def start(ctx: Context) -> Reply:
    """``argument``: "12.right.3" is 无误 of version 3 of meeting 12."""
    meeting, rest = named(ctx)
    answer, _, version = rest.partition(".")
    ctx.data |= {"answer": answer, "version": int(version) if version.isdecimal() else None}
    if meeting is not None:
        ctx.data["meeting"] = meeting
        return receive_meeting(ctx)
    waiting = minutes.to_check(ctx.session, member_id=ctx.person.member_id)[:_MOST]
    if not waiting:
        return Reply(text("check_minutes.none"))
    if len(waiting) == 1:
        ctx.choice = str(waiting[0])
        return receive_meeting(ctx)
    lines = [_line(ctx, each) for each in waiting]
    options = tuple(Option(name(ctx, line), str(line.meeting_id)) for line in lines)
    return Reply(text("check_minutes.ask_which"), options, then=receive_meeting)


def receive_meeting(ctx: Context) -> Reply:
    line = chosen_meeting(ctx)
    if isinstance(line, Reply):
        return line
    if ctx.data["answer"] in ("right", "wrong"):
        return _answer(ctx, ctx.data["answer"])
    sent = minutes.last_sent(ctx.session, meeting_id=line.meeting_id)
    if sent is None:
        raise MinutesRefused(why="unsent")
    ctx.data["version"] = sent.version
    link = f"{ctx.house.public_url}/minutes/{sent.public_id}"
    question = text("check_minutes.ask", name=name(ctx, line), version=sent.version, link=link)
    options = (option("check_minutes.right", "right"), option("check_minutes.wrong", "wrong"))
    return Reply(question, options, then=receive_answer)


def receive_answer(ctx: Context) -> Reply:
    return _answer(ctx, ctx.choice) if ctx.choice in ("right", "wrong") else again()


def receive_words(ctx: Context) -> Reply:
    if not ctx.text.strip():
        return again("errors.words_needed")
    _check(ctx, correct=False, words=ctx.text)
    return Reply(text("check_minutes.thanks_wrong"))


def _answer(ctx: Context, answer: str) -> Reply:
    if answer == "wrong":
        return Reply(text("check_minutes.ask_words"), then=receive_words)
    _check(ctx, correct=True, words="")
    return Reply(text("check_minutes.thanks_right"))


def _check(ctx: Context, *, correct: bool, words: str) -> None:
    minutes.check_minutes(
        ctx.session,
        meeting_id=ctx.data["meeting"],
        member_id=ctx.person.member_id,
        correct=correct,
        words=words,
        version=ctx.data["version"],
        at=ctx.at,
        rules=ctx.rules,
    )


def _line(ctx: Context, meeting_id: int) -> MeetingLine:
    return meeting_queries.meeting_line(
        ctx.session, meeting_id=meeting_id, member_id=ctx.person.member_id, at=ctx.at
    )
