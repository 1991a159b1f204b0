"""Known already? The issue that a draft may belong to, offered with what matches and what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from handlers import awaited_words, categories, drafts
from handlers.context import Context
from handlers.dates import day, until
from handlers.messages import Option, Reply
from handlers.prompts import Step, held_by, option
from models.rules.issue_workflow import OPEN
from services import duplicates, intake, queries
from services.duplicates import Known, Suggestion
from services.queries import IssueLine
from texts import text
from understanding.likeness import Match

SAME, OTHER = "same", "other"
#: Suggestions somebody is asked about in one draft; then they may say in peace what they have to say.
MOST_ASKED = 2


def offer(ctx: Context, *, then: Step, consent: bool = False, for_neighbour: bool = False) -> Reply | None:
    """The question whether it is the same, or None. A like issue answered before is only noted in the draft.

    ``for_neighbour``: somebody else's matter is told, so an own open issue is as good as a neighbour's.
    """
    data = ctx.data
    if data.get("known_asked", 0) >= MOST_ASKED:
        return None
    found = duplicates.already_known(
        ctx.session, member_id=ctx.person.member_id, told=drafts.told(data), at=ctx.at, rules=ctx.rules
    )
    data.pop("recurs", None)
    if found is None:
        return None
    line = queries.known_line(ctx.session, issue_id=found.issue_id)
    if found.known is Known.RECURRENCE:
        data["recurs"] = {"issue": found.issue_id, "number": line.number, "summary": line.summary}
        return None
    own = found.known is Known.OWN and not for_neighbour
    data["known"] = {"issue": found.issue_id, "own": own, "nothing_new": own and found.nothing_new}
    asked = _own(ctx, found, line) if own else _neighbours(ctx, found, line, consent=consent)
    return Reply(drafts.danger_line(data) + asked, _options(data["known"], consent=consent), then=then)


def refuse(ctx: Context) -> None:
    """It is another matter: never offered to this person again."""
    data = ctx.data
    known = data.pop("known")
    data["known_asked"] = data.get("known_asked", 0) + 1
    duplicates.refuse(ctx.session, member_id=ctx.person.member_id, issue_id=known["issue"], at=ctx.at)


def not_again(ctx: Context) -> None:
    """What was answered before is another matter."""
    recurs = ctx.data.pop("recurs")
    duplicates.refuse(ctx.session, member_id=ctx.person.member_id, issue_id=recurs["issue"], at=ctx.at)


def join(ctx: Context, *, raiser_id: int, told_by: int | None = None, who: str = "") -> str:
    """Add the draft to the issue that is known, and say so. ``who``: the neighbour it was told for."""
    issue = intake.join_issue(
        ctx.session,
        issue_id=ctx.data["known"]["issue"],
        raiser_id=raiser_id,
        told_by=told_by,
        platform=ctx.person.platform,
        told=drafts.told(ctx.data),
        at=ctx.at,
        rules=ctx.rules,
    )
    return text(
        "known.joined",
        who=who,
        number=issue.number,
        holder=held_by(ctx, issue),
        awaits=_awaits(ctx, queries.known_line(ctx.session, issue_id=issue.id)),
        landing_due=until(issue.landing_due, ctx.rules.timezone, now=ctx.at),
    )


def _own(ctx: Context, found: Suggestion, line: IssueLine) -> str:
    return text(
        "known.own",
        number=line.number,
        place=line.place,
        summary=line.summary,
        state=text(f"words.state_{line.state}"),
        holder=text(f"words.holder_{line.holder_role}", label=line.holder),
        awaits=_awaits(ctx, line),
        due=until(line.landing_due, ctx.rules.timezone, now=ctx.at),
        open=line.state in OPEN,
        nothing_new=found.nothing_new,
    )


def _neighbours(ctx: Context, found: Suggestion, line: IssueLine, *, consent: bool) -> str:
    return text(
        "known.neighbours",
        place=line.place,
        summary=line.summary,
        state=text(f"words.state_{line.state}"),
        awaits=_awaits(ctx, line, form="short"),
        due=day(line.landing_due, ctx.rules.timezone),
        matched=_said(ctx, found.likeness.matched, "same"),
        differs=_said(ctx, found.likeness.differs, "other"),
        consent=drafts.consent_note(ctx) if consent else "",
    )


def _awaits(ctx: Context, line: IssueLine, *, form: str = "full") -> str:
    """Where a meeting has to do with it: which, and when."""
    return awaited_words.of_meeting(line.awaits, now=ctx.at, timezone=ctx.rules.timezone, form=form)


#: From the narrowest; the first that is the same is told.
_LEVELS = ("spot", "unit", "building", "compound", "grid")


def _said(ctx: Context, matches: Iterable[Match], side: str) -> str:
    """ "同一个单元，都说到“楼道灯”": what is the same, or what is not, in words."""
    said = []
    for match in matches:
        params: dict[str, object] = {"here": "、".join(match.here), "there": "、".join(match.there)}
        if match.kind == "place":
            params["level"] = next(level for level in _LEVELS if level in match.here)
        if match.kind == "category":
            params = {"here": categories.label(match.here[0]), "there": categories.label(match.there[0])}
        if match.kind == "time":
            params = {"day": day(datetime.fromisoformat(match.there[0]), ctx.rules.timezone)}
        said.append(text(f"known.{side}_{match.kind}", **params))
    return "，".join(part for part in said if part)


def _options(known: Mapping[str, Any], *, consent: bool) -> tuple[Option, ...]:
    if known["nothing_new"]:
        same = "known.just_asking"
    elif known["own"]:
        same = "known.add"
    else:
        same = "known.agree_and_join" if consent else "known.join"
    return option(same, SAME), option("known.other", OTHER)
