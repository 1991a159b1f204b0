"""Resolutions: recorded, published with a number, in force after the time for objections, warned of, verified, done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from models.base import insert_row
from models.member import Post
from models.notice import Notice
from models.resolution import Resolution, ResolutionEntry
from models.rules.errors import (
    DayOver,
    HollowAnswer,
    HollowStandard,
    NobodyReachable,
    NotFound,
    ResolutionRefused,
    RuleError,
    WordsNeeded,
)
from models.rules.issue_workflow import Level, State
from models.rules.posts import Role, Rung, ScopeKind
from models.rules.resolution_workflow import ResolutionAction, ResolutionState
from services import merging
from services.audit import audit
from services.meetings.resolutions import deeds as resolutions
from tests.agreement import STANDARD, WORDS, Agreement, agreed, due_day, kinds, post_of
from tests.council import council
from tests.neighbourhood import ANOTHER, Neighbourhood, Person, Staff, next_door


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


def record(made: Agreement, **other: object) -> Resolution:
    """Another resolution of the same meeting."""
    item = made.meeting.items()[0]
    given = {
        "item": item,
        "meeting": made.meeting.meeting,
        "series": made.meeting.series,
        "words": WORDS,
        "standard": STANDARD,
        "owner_id": post_of(made.here.session, Role.HANDLER),
        "due_on": due_day(made.here, 10),
        "actor_id": made.staff.zhao.member_id,
        "at": made.here.now,
        "rules": made.here.house.rules,
    }
    return resolutions.record(made.here.session, **(given | other))  # type: ignore[arg-type]


def passes_to(here: Neighbourhood, day: date, hour: int = 9) -> None:
    """Hour by hour is not needed: whatever is due is done in one go, as after a downtime."""
    here.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=8)
    here.keeps_time()
    here.deliver()


def test_a_number_is_given_when_it_is_published_and_no_number_is_missing(
    here: Neighbourhood, staff: Staff
) -> None:
    first = agreed(here, staff, published=False)
    second = agreed(here, staff, title="清理楼道", published=False, held=first.meeting)
    third = agreed(here, staff, title="修路灯", published=False, held=first.meeting)
    assert [each.resolution.serial for each in (first, second, third)] == [None, None, None]
    resolutions.withdraw(
        here.session,
        resolution_id=first.resolution_id,
        actor_id=staff.zhao.member_id,
        at=here.now,
        rules=here.house.rules,
    )
    third.publish()
    second.publish()
    assert [(each.resolution.year, each.resolution.serial) for each in (third, second)] == [(2026, 1), (2026, 2)]
    assert here.session.get(Resolution, first.resolution_id) is None


def test_only_the_chair_takes_it_back_and_only_before_it_is_published(here: Neighbourhood, staff: Staff) -> None:
    made = agreed(here, staff, published=False)

    def withdraw(person: Person) -> None:
        resolutions.withdraw(
            here.session,
            resolution_id=made.resolution_id,
            actor_id=person.member_id,
            at=here.now,
            rules=here.house.rules,
        )

    with pytest.raises(NotFound):
        withdraw(here.person("stranger"))
    with pytest.raises(ResolutionRefused):
        withdraw(staff.qian)
    made.publish()
    with pytest.raises(ResolutionRefused):
        withdraw(staff.zhao)
    with pytest.raises(ResolutionRefused):
        made.publish()
    assert made.deeds == [ResolutionAction.RECORD, ResolutionAction.PUBLISH]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"words": " "}, WordsNeeded),
        ({"standard": ""}, WordsNeeded),
        ({"standard": "已处理"}, HollowStandard),
        ({"due_on": date(2026, 3, 2)}, DayOver),
        ({"review_on": date(2026, 3, 1)}, DayOver),
        ({"owner_id": 999}, NotFound),
    ],
)
def test_what_cannot_be_looked_at_later_is_not_recorded(
    here: Neighbourhood, staff: Staff, wrong: dict[str, object], refusal: type[RuleError]
) -> None:
    made = agreed(here, staff, published=False)
    with pytest.raises(refusal):
        record(made, **wrong)


def test_nobody_of_another_community_and_no_empty_post_carries_it_out(here: Neighbourhood, staff: Staff) -> None:
    made = agreed(here, staff, published=False)
    other = next_door(here)
    foreign = here.session.scalars(select(Post.id).where(Post.community_id == other.ids.community)).first()
    with pytest.raises(NotFound):
        record(made, owner_id=foreign)
    empty = here.session.scalars(select(Post.id).where(Post.role == Role.ADMINISTRATOR)).first()
    with pytest.raises(NotFound):
        record(made, owner_id=empty)


def test_a_post_that_nobody_can_be_written_to_on_carries_nothing_out(here: Neighbourhood, staff: Staff) -> None:
    made = agreed(here, staff, published=False)
    empty = insert_row(
        here.session,
        Post,
        role=Role.STEWARD,
        scope_kind=ScopeKind.BUILDING,
        scope_id=here.ids.building,
        community_id=here.ids.community,
        label="西苑小区3号楼",
    )
    with pytest.raises(NobodyReachable):
        record(made, owner_id=empty)


def test_in_force_after_the_time_for_objections_its_issues_are_with_its_owner(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    assert made.resolution.objections_until == datetime(2026, 3, 9, 15, 59, 59, tzinfo=UTC)
    here.passes(days=6)
    here.keeps_time()
    assert (here.issue().state, made.resolution.state) == (State.SCHEDULED, ResolutionState.PUBLISHED)
    made.enters_force()
    issue = here.issue()
    assert (issue.state, issue.holder_id, issue.rung) == (State.DECIDED, post_of(here.session, Role.HANDLER), Rung.GRID)
    assert issue.rung_due == datetime(2026, 4, 1, 15, 59, tzinfo=UTC)
    assert kinds(here, staff.qian) == ["resolution_publish_owner", "resolution_enter_force_owner"]
    assert kinds(here, wang) == ["resolution_publish_raisers"]
    assert audit(here.session, at=here.now, rules=here.house.rules) == []


@pytest.mark.parametrize(("owner", "rung"), [(Role.STEWARD, Rung.CORRIDOR), (Role.COMMUNITY, Rung.COMMUNITY)])
def test_the_rung_is_that_of_the_owner(
    here: Neighbourhood, staff: Staff, wang: Person, owner: Role, rung: Rung
) -> None:
    made = agreed(here, staff, issues=[here.issue()], owner=owner)
    made.enters_force()
    assert (here.issue().holder_id, here.issue().rung) == (made.resolution.owner_id, rung)


def test_what_was_withdrawn_meanwhile_goes_its_own_way(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    chen = here.person("chen")
    chen.reports(ANOTHER)
    made = agreed(here, staff, issues=[here.issue(), here.issue(2)])
    wang.says("撤回 1")
    wang.says("1")
    assert here.issue().state is State.WITHDRAWN
    made.enters_force()
    assert [here.issue().state, here.issue(2).state] == [State.WITHDRAWN, State.DECIDED]
    assert audit(here.session, at=here.now) == []


def test_what_was_merged_meanwhile_is_followed_into_the_issue_it_is_in(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    chen = here.person("chen")
    chen.reports(ANOTHER)
    made = agreed(here, staff, issues=[here.issue()])
    made.enters_force()
    merging.merge_issues(
        here.session,
        issue_id=here.issue().id,
        into_id=here.issue(2).id,
        member_id=staff.sun.member_id,
        at=here.now,
        rules=here.house.rules,
    )
    made.note(staff.qian, "电线拉好了")
    assert kinds(here, wang)[-1] == "resolution_note_raisers"
    made.say_done(staff.qian)
    for person in (wang, chen):
        made.verify(person, met=True)
    assert (made.resolution.state, here.issue(2).state) == (ResolutionState.DONE, State.RECEIVED)
    assert audit(here.session, at=here.now) == []


def test_silence_of_the_owner_is_told_every_ten_days_and_not_oftener(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()], days=40)
    made.enters_force()
    for _ in range(9):
        here.passes(days=1)
        here.keeps_time()
    assert "resolution_warn_owner" not in kinds(here, staff.qian)
    for _ in range(12):
        here.passes(days=1)
        here.keeps_time()
    assert kinds(here, staff.qian).count("resolution_warn_owner") == 2
    assert kinds(here, staff.sun).count("resolution_warn_above") == 2
    warned = here.session.scalars(
        select(ResolutionEntry.details).where(ResolutionEntry.action == ResolutionAction.WARN)
    ).all()
    assert warned == [{"overdue_days": 0, "silent_days": days, "unjudged": False} for days in (10, 20)]
    made.note(staff.qian, "电线拉好了")
    assert made.stands(ResolutionState.ACCEPTED)
    for _ in range(9):
        here.passes(days=1)
        here.keeps_time()
    assert kinds(here, staff.qian).count("resolution_warn_owner") == 2


def test_another_day_and_another_owner_go_for_its_issues_too(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()], days=20)
    made.enters_force()
    with pytest.raises(DayOver):
        made.extend(staff.zhao, date(2026, 3, 22))
    made.extend(staff.zhao, date(2026, 4, 10))
    assert here.issue().rung_due == datetime(2026, 4, 10, 15, 59, tzinfo=UTC)
    resolutions.reassign(
        here.session,
        resolution_id=made.resolution_id,
        member_id=staff.sun.member_id,
        owner_id=post_of(here.session, Role.COMMUNITY),
        at=here.now,
        rules=here.house.rules,
    )
    issue = here.issue()
    assert (issue.state, issue.rung) == (State.DECIDED, Rung.COMMUNITY)
    assert issue.holder_id == made.resolution.owner_id == post_of(here.session, Role.COMMUNITY)
    assert kinds(here, staff.qian)[-1] == "resolution_reassign_old_owner"
    passes_to(here, date(2026, 3, 25))
    assert made.stands(ResolutionState.IN_FORCE)
    assert audit(here.session, at=here.now, rules=here.house.rules) == []


def test_words_that_say_nothing_are_no_note(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    made.enters_force()
    with pytest.raises(HollowAnswer):
        made.note(staff.qian, "已处理")


def test_in_force_after_its_day_because_of_an_objection_it_is_not_judged_at_once(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()], days=3)
    made.enters_force()
    assert made.stands(ResolutionState.IN_FORCE)
    assert made.deeds[-2:] == [ResolutionAction.ENTER_FORCE, ResolutionAction.WARN]


def test_on_the_15th_and_the_last_day_everybody_concerned_gets_one_list(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    here.keeps_time()  # the timetable begins to count
    made = agreed(here, staff, days=100)
    agreed(here, staff, title="清理楼道", days=100, held=made.meeting)
    made.enters_force()
    here.now = datetime(2026, 3, 31, 1, 30, tzinfo=UTC)
    here.keeps_time()
    here.keeps_time()
    for person in (staff.qian, staff.zhao, staff.sun):
        assert kinds(here, person).count("resolution_digest_staff") == 1
    (params,) = here.session.scalars(
        select(Notice.params).where(
            Notice.member_id == staff.qian.member_id, Notice.kind == "resolution_digest_staff"
        )
    )
    assert (params["month_end"], [line["title"] for line in params["behind"]]) == (True, ["增设充电桩", "清理楼道"])
    here.deliver()
    assert "1. 增设充电桩（承办单位（安居物业），6月10日前完成）：21 天没有消息\n2. 清理楼道" in next(
        each.text for each in staff.qian.inbox if each.text.startswith("月底查账")
    )


def test_a_community_where_nothing_is_behind_hears_nothing(here: Neighbourhood, staff: Staff) -> None:
    here.keeps_time()
    made = agreed(here, staff, days=100)
    made.enters_force()
    here.now = datetime(2026, 3, 15, 1, 30, tzinfo=UTC)
    here.keeps_time()
    assert "resolution_digest_staff" not in kinds(here, staff.qian)


def test_a_community_meeting_is_overseen_by_nobody_above(here: Neighbourhood, staff: Staff) -> None:
    held = council(here, staff, level=Level.COMMUNITY)
    made = agreed(here, staff, held=held)
    made.enters_force()
    for _ in range(11):
        here.passes(days=1)
        here.keeps_time()
    assert kinds(here, staff.sun)[-1] == "resolution_warn_convener"
