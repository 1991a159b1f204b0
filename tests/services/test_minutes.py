"""Minutes as they are read: from what happened, whatever anybody wrote."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from handlers.minutes_words import compose
from models.ballot import Ballot, Majority, VoteBase
from models.base import insert_row
from models.meeting import MeetingInvitation
from models.minutes import MeetingNote
from models.rules.errors import MinutesChanged, NotFound
from models.rules.meeting_workflow import Capacity, Competence, ItemState, MeetingState
from services.meetings import minutes
from services.meetings.minutes_view import minutes_of
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Staff
from tests.services.minutes_stage import settled

ZONE = "Asia/Shanghai"


@pytest.fixture
def held(here: Neighbourhood, staff: Staff) -> Council:
    return council(here, staff, state=MeetingState.HELD, days=-1)


def ballots(here: Neighbourhood, staff: Staff, item: int, **result: object) -> None:
    insert_row(
        here.session,
        Ballot,
        item_id=item,
        question="装不装充电桩？",
        options=["赞成", "反对"],
        base=VoteBase.PRESENT,
        base_count=12,
        majority=Majority.MORE_THAN_HALF,
        secret=True,
        opened_by_id=staff.zhao.member_id,
        opened_at=here.now,
        closed_at=here.now,
        result=result,
    )


def test_ballots_and_outcomes_stand_whatever_somebody_wrote(here: Neighbourhood, staff: Staff, held: Council) -> None:
    first = held.item("增设充电桩", state=ItemState.ADOPTED)
    ballots(here, staff, first, counts=[5, 7], base=12, needed=7, won=1)
    second = held.item("动用维修资金", state=ItemState.INFORMED, competence=Competence.OWNERS)
    minutes.draft_minutes(here.session, held.meeting, held.series, at=here.now, rules=here.house.rules)
    minutes.edit_minutes(
        here.session,
        meeting_id=held.meeting_id,
        member_id=staff.zhao.member_id,
        based_on=1,
        changes={str(first): "大家一致同意"},
        why="改结果",
        at=here.now,
        rules=here.house.rules,
    )
    composed = compose(minutes_of(here.session, meeting_id=held.meeting_id), timezone=ZONE)
    assert [(section.item_id, section.lines) for section in composed.sections] == [
        (
            first,
            (
                "大家一致同意",
                "表决：装不装充电桩？（一户一票，不记名）。赞成5户，反对7户；一共12户，要7户。结果：反对。",
                "结果：通过。",
            ),
        ),
        (second, ("这件事要由业主表决决定，会上只商量，不作决定。", "结果：向大家通报了情况。")),
    ]


def test_households_count_once_and_proxies_count(here: Neighbourhood, staff: Staff, held: Council) -> None:
    guests = [here.person(name) for name in ("ma", "tian", "gao", "he", "yu")]
    ma = held.seat(guests[0], room="101", present=True)
    held.seat(guests[1], room="101", present=True)  # of the same home
    gao = held.seat(guests[2], room="201")
    held.seat(guests[3], present=True)  # nobody knows the home
    held.seat(guests[4], Capacity.OBSERVER, room="301", present=True)
    here.session.get_one(MeetingInvitation, gao).proxy_id = ma
    here.session.flush()
    there = minutes_of(here.session, meeting_id=held.meeting_id).attendance
    assert (there.present, there.voters, there.needed, there.people) == (3, 3, 2, 4)
    assert there.buildings == (("西苑小区3号楼", 2), ("", 1))


def test_public_words_name_nobody(here: Neighbourhood, staff: Staff, held: Council) -> None:
    insert_row(
        here.session,
        MeetingInvitation,
        meeting_id=held.meeting_id,
        name="王秀英",
        household="home:1:101",
        capacity=Capacity.VOTER,
        invited_at=here.now,
    )
    item = held.item("王秀英家漏水", state=ItemState.ADJOURNED)
    row = {"words": "王秀英说打139 9310 1234", "photos": [], "by_id": staff.zhao.member_id, "at": here.now}
    for of in (item, None):
        insert_row(here.session, MeetingNote, meeting_id=held.meeting_id, item_id=of, **row)
    view = minutes_of(here.session, meeting_id=held.meeting_id)
    assert "王秀英说打139 9310 1234" in compose(view, timezone=ZONE).plain
    public = compose(view, timezone=ZONE, public=True).plain
    assert ("王秀英" in public, "9310" in public) == (False, False)
    assert public.count("3号楼居民说打（电话略）") == 2
    assert "1. 3号楼居民家漏水" in public


def test_no_version_is_lost_and_none_is_written_over(here: Neighbourhood, staff: Staff, held: Council) -> None:
    same = {"meeting_id": held.meeting_id, "why": "", "rules": here.house.rules}
    minutes.draft_minutes(here.session, held.meeting, held.series, at=here.now, rules=here.house.rules)
    again = minutes.draft_minutes(here.session, held.meeting, held.series, at=here.now, rules=here.house.rules)
    assert again.version == 1
    for version, chair in ((1, staff.zhao), (2, staff.sun)):
        changes = {"opening": f"第{version}次改"}
        minutes.edit_minutes(
            here.session, member_id=chair.member_id, based_on=version, changes=changes, at=here.now, **same  # type: ignore[arg-type]
        )
    for changes, raised in (({"opening": "旧的"}, MinutesChanged),):
        with pytest.raises(raised):
            minutes.edit_minutes(
                here.session, member_id=staff.zhao.member_id, based_on=2, changes=changes, at=here.now, **same  # type: ignore[arg-type]
            )
    other = council(here, staff, state=MeetingState.HELD, days=-2).item("别的会的议题")
    with pytest.raises(NotFound):
        minutes.edit_minutes(
            here.session, member_id=staff.zhao.member_id, based_on=3, changes={str(other): "x"}, at=here.now, **same  # type: ignore[arg-type]
        )
    last = minutes.last_version(here.session, meeting_id=held.meeting_id)
    assert last is not None
    assert (last.version, last.body["opening"]) == (3, "第2次改")


def test_a_page_asks_as_much_of_the_database_for_many_items_as_for_one(
    here: Neighbourhood, staff: Staff, held: Council
) -> None:
    def asked() -> int:
        statements: list[str] = []
        engine = here.session.get_bind()

        def note(*args: object) -> None:
            statements.append(str(args[2]))

        event.listen(engine, "before_cursor_execute", note)
        compose(minutes_of(here.session, meeting_id=held.meeting_id), timezone=ZONE)
        event.remove(engine, "before_cursor_execute", note)
        return len(statements)

    ballots(here, staff, held.item("第一件", state=ItemState.ADOPTED), counts=[7, 5], base=12, needed=7, won=0)
    one = asked()
    for number in range(8):
        item = settled(held, [], ItemState.INFORMED, title=f"第{number}件")
        ballots(here, staff, item, counts=[7, 5], base=12, needed=7, won=0)
        held.seat(here.person(f"p{number}"), room=str(100 + number), present=True)
    here.passes(seconds=timedelta(hours=1).total_seconds())
    assert asked() <= one + 1  # the names of the buildings
