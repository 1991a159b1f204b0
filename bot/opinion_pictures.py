"""What people think of one item before its meeting, as a picture for its convener."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.pictures import Bar, Bars, NoChineseFont, png
from handlers.context import House
from models.rules.errors import NotFound
from models.rules.opinion_groups import Count
from services.meetings.opinion_views import ITEM, Seen, seen_by_convener
from texts import text

log = logging.getLogger(__name__)

_MOST_SENTENCES = 8


def opinions_chart(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """For who chairs the meeting at that moment; NotFound also where no font has Chinese. Raises NotDrawn."""
    items = seen_by_convener(
        session, meeting_id=params["meeting"], member_id=params["member"], at=at, rules=house.rules
    )
    seen = next((item for item in items if item.item_id == params["item"]), None)
    if seen is None:
        raise NotFound
    try:
        return png(chart(seen))
    except NoChineseFont:
        log.error("no picture can be drawn: no font has Chinese; install one, for example fonts-noto-cjk")
        raise NotFound from None


def chart(seen: Seen) -> Bars:
    """The item as all see it and as each side does, then the sentences with the most answers."""
    found = seen.findings
    bars = [_bar(text("opinions_seen.chart_all"), found.total.get(ITEM, Count()))]
    for number, (size, side) in enumerate(zip(found.sizes, found.sides, strict=True), 1):
        label = text("opinions_seen.chart_side", number=number, size=size)
        bars.append(_bar(label, side.get(ITEM, Count())))
    most = sorted(seen.sentences, key=lambda statement: (-found.total[statement].answers, statement))
    bars += [_bar(seen.sentences[statement], found.total[statement]) for statement in most[:_MOST_SENTENCES]]
    return Bars(
        seen.title,
        text("opinions_seen.chart_about", people=found.people, households=seen.households),
        tuple(bars),
        legend=(text("opinions_seen.chart_agree"), text("opinions_seen.chart_disagree")),
    )


def _bar(label: str, count: Count) -> Bar:
    return Bar(
        label,
        (count.agree, count.disagree),
        text("opinions_seen.chart_value", agree=count.agree, disagree=count.disagree),
        text("opinions_seen.chart_undecided", undecided=count.undecided) if count.undecided else "",
    )
