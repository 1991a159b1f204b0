"""投票: one household one vote, on a phone, by proxy, at home; and who is refused, and how."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from models.ballot import Ballot, BallotPaper, Vote
from models.base import insert_row
from models.conversation import Conversation, Inbound
from models.meeting import MeetingInvitation
from models.member import Member
from models.rules.errors import RuleError
from models.rules.meeting_workflow import Capacity, ItemState, MeetingState
from models.rules.tally import Majority, VoteBase
from services.meetings import voting
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def sitting(here: Neighbourhood, staff: Staff) -> Council:
    return council(here, staff, state=MeetingState.IN_SESSION, days=0)


@pytest.fixture
def wang(here: Neighbourhood, sitting: Council) -> Person:
    return comes(here, sitting, "wang", "301")


def comes(here: Neighbourhood, sitting: Council, name: str, room: str, *, present: bool = True) -> Person:
    person = here.person(name)
    person.says("你好")
    sitting.seat(person, room=room, present=present)
    return person


def opens(
    here: Neighbourhood,
    sitting: Council,
    *,
    base: VoteBase = VoteBase.PRESENT,
    secret: bool = False,
    minutes: int | None = None,
    title: str = "增设充电桩",
) -> Ballot:
    here.passes(minutes=1)
    ballot = voting.open_ballot(
        here.session,
        item_id=sitting.item(title, state=ItemState.IN_TALK),
        member_id=sitting.staff.zhao.member_id,
        question=f"同意{title}吗？",
        options=["赞成", "反对", "弃权"],
        base=base,
        majority=Majority.MORE_THAN_HALF,
        secret=secret,
        closes_at=here.now + timedelta(minutes=minutes) if minutes else None,
        at=here.now,
        rules=here.house.rules,
    )
    here.deliver()
    return ballot


def votes(here: Neighbourhood) -> list[tuple[str, int | None]]:
    unit = f"home:{here.ids.unit}:"
    rows = here.session.execute(select(Vote.household, Vote.choice).order_by(Vote.id))
    return [(row.household.removeprefix(unit), row.choice) for row in rows]


def papers(here: Neighbourhood) -> list[int]:
    return sorted(here.session.scalars(select(BallotPaper.choice)))


def test_who_is_there_is_told_at_once_and_votes_with_two_taps(
    here: Neighbourhood, sitting: Council, wang: Person
) -> None:
    ma = comes(here, sitting, "ma", "302", present=False)
    opens(here, sitting)
    (told,) = wang.inbox
    assert told.text == (
        "西苑小区议事会开始表决：同意增设充电桩吗？\n记名，一户一票，投了不能改。同一项有1户才算数，到会共1户。"
    )
    assert [button.label for button in told.buttons] == ["赞成", "反对", "弃权"]
    assert ma.inbox == []
    assert wang.says("1") == "您选的是“赞成”，投出去就不能改了。"
    assert wang.labels == ["确定投票", "重新选"]
    assert votes(here) == []
    assert wang.says("2").startswith("西苑小区议事会表决：同意增设充电桩吗？")
    wang.says("反对")
    assert wang.says("确定") == "您家的票投好了。表决结束后把结果告诉您。"
    assert (votes(here), papers(here)) == ([("301", 1)], [1])


def test_a_household_of_three_phones_has_one_vote(here: Neighbourhood, sitting: Council, wang: Person) -> None:
    wife = comes(here, sitting, "wife", "301")
    son = comes(here, sitting, "son", "301")
    guest = here.person("guest")  # of the same home, not invited
    guest.says("你好")
    home = {"home_unit_id": here.ids.unit, "home_room": "301", "community_id": here.ids.community}
    here.session.execute(update(Member).where(Member.id == guest.member_id).values(**home))
    ballot = opens(here, sitting)
    assert ballot.base_count == 1
    wang.says("赞成")
    wang.says("确定")
    assert wife.says("反对") == (
        "您家已经有人投过票了，一户一票，不能再投。先问问家里人；有疑问请当场告诉召集人。"
    )
    assert son.says("投票") == "现在没有等您投的票。表决开始时会告诉您。"
    assert wang.presses("赞成", on=wang.inbox[0]) == (
        "您家的票已经投过了，一户一票，投了不能改。有疑问请当场告诉召集人。"
    )
    assert guest.inbox == []
    assert votes(here) == [("301", 0)]


def test_two_of_one_household_who_choose_at_the_same_time_cast_one_vote(
    here: Neighbourhood, sitting: Council, wang: Person
) -> None:
    wife = comes(here, sitting, "wife", "301")
    opens(here, sitting)
    wang.says("赞成")
    wife.says("反对")
    assert wife.says("确定") == "您家的票投好了。表决结束后把结果告诉您。"
    assert wang.says("确定").startswith("您家已经有人投过票了")
    assert (votes(here), papers(here)) == ([("301", 1)], [1])


def test_who_holds_a_proxy_votes_for_both_households(here: Neighbourhood, sitting: Council, wang: Person) -> None:
    ma = comes(here, sitting, "ma", "302", present=False)
    rows = here.session.execute(select(MeetingInvitation.member_id, MeetingInvitation.id))
    seats = {row.member_id: row.id for row in rows}
    here.session.execute(
        update(MeetingInvitation)
        .where(MeetingInvitation.member_id == ma.member_id)
        .values(proxy_id=seats[wang.member_id])
    )
    ballot = opens(here, sitting)
    assert ballot.base_count == 2
    wang.says("赞成")
    following = wang.says("确定")
    assert following.startswith("您家的票投好了。表决结束后把结果告诉您。\n\n西苑小区议事会表决")
    assert "这一票是替302室投的（委托）。" in following
    assert wang.says("反对") == "替302室投：您选的是“反对”，投出去就不能改了。"
    assert wang.says("确定") == "302室的票投好了。表决结束后把结果告诉您。"
    assert votes(here) == [("301", 0), ("302", 1)]
    vote = here.session.scalars(select(Vote).where(Vote.household.endswith("302"))).one()
    assert (vote.invitation_id, vote.cast_by_id) == (seats[ma.member_id], wang.member_id)
    assert ma.says("投票") == "现在没有等您投的票。表决开始时会告诉您。"


def test_who_comes_when_voting_has_begun_waits_for_the_next(
    here: Neighbourhood, sitting: Council, wang: Person
) -> None:
    ma = comes(here, sitting, "ma", "302", present=False)
    first = opens(here, sitting)
    here.passes(minutes=1)
    here.session.execute(
        update(MeetingInvitation).where(MeetingInvitation.member_id == ma.member_id).values(checked_in_at=here.now)
    )
    assert ma.says("投票") == "现在没有等您投的票。表决开始时会告诉您。"
    late = ma.presses_button("n:1:0")
    assert late == "这个按钮已经过时了，请看最新的一条消息。"
    second = opens(here, sitting, title="修花坛")
    assert (first.base_count, second.base_count) == (1, 2)
    ma.says("赞成")
    ma.says("确定")
    assert votes(here) == [("302", 0)]


def test_of_all_voters_who_is_at_home_votes_too(here: Neighbourhood, sitting: Council, wang: Person) -> None:
    ma = comes(here, sitting, "ma", "302", present=False)
    ballot = opens(here, sitting, base=VoteBase.ALL_VOTERS, minutes=60)
    assert (ballot.base_count, ma.inbox[0].text.rpartition("，")[2]) == (2, "3月2日 13:01结束。")
    ma.says("赞成")
    ma.says("确定")
    here.passes(minutes=70)
    assert here.keeps_time() == 1
    here.deliver()
    result = (
        "西苑小区议事会表决结果（同意增设充电桩吗？）：赞成1户，反对0户，弃权0户，没投1户。"
        "没有一项够2户，没有通过。"
    )
    assert (wang.inbox[-1].text, ma.inbox[-1].text) == (result, result)
    assert sitting.staff.zhao.inbox[-1].text.startswith("西苑小区议事会的表决结束了（同意增设充电桩吗？）：赞成1户")
    assert wang.presses("赞成", on=wang.inbox[0]) == "这次表决已经结束了，不能再投。结果会告诉大家。"
    assert wang.says("投票") == "现在没有等您投的票。表决开始时会告诉您。"


def test_what_is_confirmed_after_the_end_is_no_vote(here: Neighbourhood, sitting: Council, wang: Person) -> None:
    opens(here, sitting, minutes=5)
    wang.says("赞成")
    here.passes(minutes=6)
    assert wang.says("确定") == "这次表决已经结束了，不能再投。结果会告诉大家。"
    assert votes(here) == []


def test_a_secret_vote_is_kept_without_who(here: Neighbourhood, sitting: Council, wang: Person) -> None:
    opens(here, sitting, secret=True)
    assert "\n不记名，一户一票" in wang.inbox[0].text
    wang.says("反对")
    wang.says("确定")
    assert (votes(here), papers(here)) == ([("301", None)], [1])


def test_what_was_chosen_in_secret_is_kept_neither_with_the_event_nor_with_the_reply(
    here: Neighbourhood, sitting: Council, wang: Person
) -> None:
    opens(here, sitting, secret=True)
    assert "您选的是“反对”" in wang.says("反对", key="chosen")
    again = wang.says("反对", key="chosen")  # the platform's retry: the same question, without the answer
    assert again.startswith("您选好了（不记名，这里不留下选的是哪一项），投出去就不能改了。")
    assert wang.labels == ["确定投票", "重新选"]
    assert wang.says("确定") == "您家的票投好了。表决结束后把结果告诉您。"
    assert wang.presses("反对", on=wang.inbox[0]).startswith("您家的票已经投过了，一户一票，投了不能改。")
    assert papers(here) == [1]
    for key in ("chosen", f"e{here.events}"):
        kept = here.session.execute(select(Inbound.raw, Inbound.reply).where(Inbound.event_key == key)).one()
        assert (kept.raw, "反对" in kept.reply["text"]) == ("", False)
    assert not any(here.session.scalars(select(Conversation.frames)))


def test_what_was_chosen_openly_is_kept_with_its_event(here: Neighbourhood, sitting: Council, wang: Person) -> None:
    opens(here, sitting)
    wang.says("反对", key="chosen")
    kept = here.session.execute(select(Inbound.raw, Inbound.reply).where(Inbound.event_key == "chosen")).one()
    assert (kept.raw != "", "反对" in kept.reply["text"]) == (True, True)


def test_a_stranger_learns_nothing_and_an_observer_has_no_vote(
    here: Neighbourhood, sitting: Council, wang: Person
) -> None:
    ballot = opens(here, sitting)
    liu, stranger = here.person("liu"), here.person("stranger")
    for person in (liu, stranger):
        person.says("你好")
    insert_row(
        here.session,
        MeetingInvitation,
        meeting_id=sitting.meeting_id,
        member_id=liu.member_id,
        household="member:0",
        capacity=Capacity.OBSERVER,
        invited_at=here.now,
        checked_in_at=here.now,
    )
    assert liu.says("投票") == "现在没有等您投的票。表决开始时会告诉您。"
    for person, code in ((liu, "ballot_refused"), (stranger, "not_found")):
        with pytest.raises(RuleError) as refused:
            voting.cast_vote(
                here.session,
                ballot_id=ballot.id,
                member_id=person.member_id,
                choice=0,
                invitation_id=None,
                at=here.now,
                rules=here.house.rules,
            )
        assert refused.value.code == code
    assert votes(here) == []


def test_of_two_open_ballots_one_is_chosen(here: Neighbourhood, sitting: Council, wang: Person) -> None:
    opens(here, sitting)
    opens(here, sitting, title="修花坛")
    assert wang.says("投票") == "投哪一个？"
    assert wang.labels == ["西苑小区议事会：同意修花坛吗？", "西苑小区议事会：同意增设充电桩吗？"]
    assert wang.says("2").startswith("西苑小区议事会表决：同意增设充电桩吗？")
    assert wang.says("随便") != ""
    wang.says("弃权")
    assert wang.says("返回").startswith("西苑小区议事会表决：同意增设充电桩吗？")
    assert wang.says("取消").startswith("好的，取消了")
    assert votes(here) == []
