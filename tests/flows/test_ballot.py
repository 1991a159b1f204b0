"""表决: the chair opens it, enters votes of people without phones, closes it; and what cannot be voted on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from models.ballot import Ballot, BallotPaper, Vote
from models.base import insert_row
from models.conversation import Conversation, Inbound
from models.meeting import MeetingInvitation
from models.rules.errors import RuleError
from models.rules.meeting_workflow import Capacity, CheckedInBy, Competence, ItemState, MeetingState
from models.rules.tally import Majority, VoteBase
from services.meetings import voting
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff

CARD = (
    "表决：增设充电桩\n选项：赞成、反对、弃权（选“赞成”的够数，就是通过）\n方式：记名，一户一票\n算谁：签到的户\n"
    "怎样算数：过半数\n结束：由您结束。\n\n开始以后这些都不能改了。"
)


@pytest.fixture
def sitting(here: Neighbourhood, staff: Staff) -> Council:
    sitting = council(here, staff, state=MeetingState.IN_SESSION, days=0)
    sitting.item(state=ItemState.IN_TALK)
    return sitting


@pytest.fixture
def wang(here: Neighbourhood, sitting: Council) -> Person:
    wang = here.person("wang")
    wang.says("你好")
    sitting.seat(wang, room="301", present=True)
    return wang


def without_phone(here: Neighbourhood, sitting: Council, name: str, *, present: bool = True) -> int:
    return insert_row(
        here.session,
        MeetingInvitation,
        meeting_id=sitting.meeting_id,
        name=name,
        household=f"guest:{name}",
        capacity=Capacity.VOTER,
        invited_at=here.now,
        checked_in_at=here.now if present else None,
        checked_in_by=CheckedInBy.CONVENER if present else None,
    )


def the_ballot(here: Neighbourhood) -> Ballot:
    return here.session.scalars(select(Ballot).execution_options(populate_existing=True)).one()


def test_the_chair_opens_a_ballot_with_two_taps(
    here: Neighbourhood, staff: Staff, sitting: Council, wang: Person
) -> None:
    assert staff.zhao.says("表决") == "表决哪个议题？"
    assert staff.zhao.labels == ["增设充电桩（正在议）"]
    assert staff.zhao.says("1") == CARD
    assert staff.zhao.says("开始表决") == (
        "开始表决了，已告诉可以投票的 1 户。\n正在表决：增设充电桩\n已投 0 户，共 1 户。结束以前看不到票数。"
    )
    assert staff.zhao.labels == ["刷新", "结束表决", "回到主持"]
    here.deliver()
    assert wang.inbox[0].text.startswith("西苑小区议事会开始表决：增设充电桩\n")
    ballot = the_ballot(here)
    assert (ballot.options, ballot.secret, ballot.base, ballot.base_count, ballot.majority, ballot.closes_at) == (
        ["赞成", "反对", "弃权"],
        False,
        VoteBase.PRESENT,
        1,
        Majority.MORE_THAN_HALF,
        None,
    )


def test_everything_can_be_set_before_it_begins(
    here: Neighbourhood, staff: Staff, sitting: Council, wang: Person
) -> None:
    zhao = staff.zhao
    zhao.says("表决")
    zhao.says("1")
    zhao.says("改问题")
    zhao.says("充电桩装在哪里？")
    zhao.says("改选项")
    assert zhao.says("东侧、东侧").startswith("选项要有2到7个，而且不能重复。")
    zhao.says("东侧，西侧、 不装")
    zhao.says("不记名")
    zhao.says("改成算全部代表户")
    zhao.says("改怎样算数")
    assert zhao.labels == ["过半数", "三分之二以上", "四分之三以上", "得票最多的一项"]
    zhao.says("4")
    zhao.says("改结束时间")
    assert zhao.says("昨天").startswith("这个时间已经过去了") or "没看懂" in zhao.last.text
    assert zhao.says("10分钟后") == (
        "表决：充电桩装在哪里？\n选项：东侧、西侧、不装（选“东侧”的够数，就是通过）\n方式：不记名，一户一票\n"
        "算谁：请来的全部代表户\n怎样算数：得票最多的一项\n结束：今天 12:10自动结束。\n\n开始以后这些都不能改了。"
    )
    zhao.says("开始")
    ballot = the_ballot(here)
    assert (ballot.question, ballot.options, ballot.secret) == ("充电桩装在哪里？", ["东侧", "西侧", "不装"], True)
    assert (ballot.base, ballot.majority) == (VoteBase.ALL_VOTERS, Majority.PLURALITY)
    assert ballot.closes_at is not None
    wang.says("投票")
    wang.says("西侧")
    wang.says("确定")
    here.passes(minutes=11)
    here.keeps_time()
    assert zhao.says("刷新") == (
        "充电桩装在哪里？\n东侧：0 户\n西侧：1 户\n不装：0 户\n没投：0 户\n大家选的是“西侧”。"
    )


def test_the_chair_sees_how_many_have_voted_and_the_tally_only_at_the_end(
    here: Neighbourhood, staff: Staff, sitting: Council, wang: Person
) -> None:
    without_phone(here, sitting, "马大爷")
    without_phone(here, sitting, "没来的", present=False)
    zhao = staff.zhao
    zhao.says("表决")
    zhao.says("1")
    zhao.says("开始")
    assert zhao.labels == ["刷新", "代投", "结束表决", "回到主持"]
    assert zhao.last.text.endswith("您代签到的，可以由您代投：马大爷")
    wang.says("投票")
    wang.says("赞成")
    wang.says("确定")
    assert "已投 1 户，共 2 户" in zhao.says("刷新")
    assert "赞成" not in zhao.last.text
    zhao.says("代投")
    assert zhao.labels == ["马大爷"]
    assert zhao.says("1") == "马大爷选什么？"
    assert zhao.says("赞成") == "替马大爷投“赞成”，投出去就不能改了。"
    assert zhao.says("1").startswith("马大爷的票投好了。\n正在表决：增设充电桩\n已投 2 户，共 2 户。")
    assert zhao.says("结束表决") == "结束以后不能再投。现在结束吗？"
    heard = len(wang.inbox)
    assert zhao.says("1") == (
        "表决结束了，已告诉大家。请回到主持，记下结果。\n"
        "增设充电桩\n赞成：2 户\n反对：0 户\n弃权：0 户\n没投：0 户\n“赞成”够数，通过。"
    )
    here.deliver()
    assert wang.inbox[-1].text == (
        "西苑小区议事会表决结果（增设充电桩）：赞成2户，反对0户，弃权0户，没投0户。“赞成”够数，通过。"
    )
    assert len(wang.inbox) >= heard
    ballot = the_ballot(here)
    assert ballot.result == {"counts": [2, 0, 0], "base": 2, "needed": 2, "won": 0, "tied": False}
    assert voting.recount(here.session, ballot).to_json() == ballot.result
    votes, papers = (here.session.scalar(select(func.count()).select_from(table)) for table in (Vote, BallotPaper))
    assert (votes, papers) == (2, 2)


def test_who_has_not_voted_is_spoken_of_before_the_end(
    here: Neighbourhood, staff: Staff, sitting: Council, wang: Person
) -> None:
    zhao = staff.zhao
    zhao.says("表决")
    zhao.says("1")
    zhao.says("开始")
    assert zhao.says("结束表决") == "还有 1 户没有投。结束以后不能再投。现在结束吗？"
    assert zhao.says("不").startswith("正在表决：增设充电桩")
    assert the_ballot(here).closed_at is None
    zhao.says("取消")
    zhao.says("表决")
    assert zhao.labels == ["增设充电桩（正在表决）"]
    assert zhao.says("1").startswith("正在表决：增设充电桩\n已投 0 户，共 1 户。")


def test_what_was_not_announced_and_what_is_the_owners_is_not_offered(
    here: Neighbourhood, staff: Staff, sitting: Council, wang: Person
) -> None:
    sitting.item("换物业", competence=Competence.OWNERS)
    sitting.item("临时想到的", state=ItemState.DRAFTED)
    sitting.item("下次再说", state=ItemState.QUEUED)
    sitting.item("修花坛")
    staff.zhao.says("表决")
    assert staff.zhao.labels == ["增设充电桩（正在议）", "修花坛"]


def asked(here: Neighbourhood, sitting: Council, item: int, who: Person, **values: Any) -> str:
    """What it is refused with."""
    given: dict[str, Any] = {
        "question": "同意吗？",
        "options": ["赞成", "反对"],
        "base": VoteBase.PRESENT,
        "majority": Majority.MORE_THAN_HALF,
        "secret": False,
        "closes_at": None,
    }
    with pytest.raises(RuleError) as refused:
        voting.open_ballot(
            here.session,
            item_id=item,
            member_id=who.member_id,
            at=here.now,
            rules=here.house.rules,
            **(given | values),
        )
    return str(refused.value.params.get("why") or refused.value.code)


def test_no_ballot_where_the_rules_know_none(
    here: Neighbourhood, staff: Staff, sitting: Council, wang: Person
) -> None:
    good = sitting.items()[0].id
    owners = sitting.item("换物业", competence=Competence.OWNERS)
    draft = sitting.item("临时想到的", state=ItemState.DRAFTED)
    settled = sitting.item("已经定了", state=ItemState.ADOPTED)
    assert asked(here, sitting, owners, staff.zhao) == "owners"
    assert asked(here, sitting, draft, staff.zhao) == "not_announced"
    assert asked(here, sitting, settled, staff.zhao) == "settled"
    assert asked(here, sitting, good, staff.zhao, options=["赞成"]) == "options"
    assert asked(here, sitting, good, staff.zhao, options=["赞成", " 赞成"]) == "options"
    assert asked(here, sitting, good, staff.zhao, closes_at=here.now) == "over"
    assert asked(here, sitting, good, wang) == "meeting_refused"
    assert asked(here, sitting, good, here.person("stranger")) == "not_found"
    assert asked(here, sitting, 999, staff.zhao) == "not_found"
    voting.open_ballot(
        here.session,
        item_id=good,
        member_id=staff.zhao.member_id,
        question="",
        options=["赞成", "反对"],
        base=VoteBase.PRESENT,
        majority=Majority.TWO_THIRDS,
        secret=False,
        closes_at=None,
        at=here.now,
        rules=here.house.rules,
    )
    assert the_ballot(here).question == "增设充电桩"
    assert asked(here, sitting, good, staff.zhao) == "open_already"


def test_no_ballot_where_nobody_could_vote_or_the_meeting_is_not_on(here: Neighbourhood, staff: Staff) -> None:
    empty = council(here, staff, state=MeetingState.IN_SESSION, days=0)
    assert asked(here, empty, empty.item(), staff.zhao) == "nobody"
    staff.zhao.says("表决")
    staff.zhao.says("1")
    assert staff.zhao.says("开始").startswith("现在还没有有表决权的户签到，不能表决。请先签到。")


def test_before_the_meeting_there_is_nothing_to_vote_on(here: Neighbourhood, staff: Staff) -> None:
    called = council(here, staff, state=MeetingState.CALLED)
    item = called.item()
    assert asked(here, called, item, staff.zhao) == "meeting_refused"
    assert staff.zhao.says("表决") .startswith("现在没有您主持、正在开的会。会开始以后才能表决")


def test_a_resident_cannot_open_or_close_one(
    here: Neighbourhood, staff: Staff, sitting: Council, wang: Person
) -> None:
    staff.zhao.says("表决")
    staff.zhao.says("1")
    staff.zhao.says("开始")
    ballot = the_ballot(here)
    for person, code in ((wang, "meeting_refused"), (here.person("stranger"), "not_found")):
        with pytest.raises(RuleError) as refused:
            voting.close_ballot(
                here.session, ballot_id=ballot.id, member_id=person.member_id, at=here.now, rules=here.house.rules
            )
        assert refused.value.code == code
    seat = without_phone(here, sitting, "马大爷")
    with pytest.raises(RuleError) as refused:
        voting.cast_vote(
            here.session,
            ballot_id=ballot.id,
            member_id=wang.member_id,
            choice=0,
            invitation_id=seat,
            at=here.now,
            rules=here.house.rules,
        )
    assert refused.value.code == "meeting_refused"


def test_a_ballot_is_closed_once(here: Neighbourhood, staff: Staff, sitting: Council, wang: Person) -> None:
    staff.zhao.says("表决")
    staff.zhao.says("1")
    staff.zhao.says("开始")
    ballot = the_ballot(here)
    closing: dict[str, Any] = {"ballot_id": ballot.id, "rules": here.house.rules}
    voting.close_ballot(here.session, member_id=staff.zhao.member_id, at=here.now, **closing)
    closed = the_ballot(here).closed_at
    here.passes(minutes=1)
    voting.close_ballot(here.session, member_id=None, at=here.now, **closing)
    assert the_ballot(here).closed_at == closed
    with pytest.raises(RuleError) as refused:
        voting.close_ballot(here.session, member_id=staff.zhao.member_id, at=here.now, **closing)
    assert refused.value.params == {"why": "closed"}
    assert staff.zhao.says("刷新").startswith("增设充电桩\n赞成：0 户")


def test_the_most_votes_decide_only_between_several_proposals(
    here: Neighbourhood, staff: Staff, sitting: Council
) -> None:
    zhao = staff.zhao
    zhao.says("表决")
    zhao.says("1")
    zhao.says("改怎样算数")
    assert zhao.labels == ["过半数", "三分之二以上", "四分之三以上"]
    zhao.says("过半数")
    zhao.says("改选项")
    zhao.says("东侧、西侧")
    zhao.says("改怎样算数")
    assert "怎样算数：得票最多的一项" in zhao.says("得票最多")
    zhao.says("改选项")
    assert "怎样算数：过半数" in zhao.says("同意、反对、弃权")


def test_from_a_ballot_one_goes_back_to_the_meeting(
    here: Neighbourhood, staff: Staff, sitting: Council, wang: Person
) -> None:
    zhao = staff.zhao
    zhao.says("表决")
    zhao.says("1")
    zhao.says("开始")
    assert "第1项" in zhao.says("回到主持") or "增设充电桩" in zhao.last.text
    zhao.says("表决")
    zhao.says("1")
    zhao.says("结束表决")
    zhao.says("确定")
    assert zhao.labels == ["回到主持"]
    assert "增设充电桩" in zhao.says("回到主持")


def test_a_secret_vote_that_the_chair_enters_is_nowhere_in_clear(
    here: Neighbourhood, staff: Staff, sitting: Council
) -> None:
    without_phone(here, sitting, "马大爷")
    zhao = staff.zhao
    for words in ("表决", "1", "不记名", "开始", "代投", "马大爷"):
        zhao.says(words)
    said = zhao.says("反对", key="choice")
    assert "替马大爷投“反对”" in said
    kept = here.session.execute(select(Inbound.raw, Inbound.reply).where(Inbound.event_key == "choice")).one()
    assert (kept.raw, "反对" in kept.reply["text"]) == ("", False)
    assert zhao.says("反对", key="choice") == kept.reply["text"]
    assert "马大爷的票投好了" in zhao.says("确定")
    frames = here.session.scalars(select(Conversation.frames)).all()
    assert not any("choice" in frame["data"] or "反对" in frame["text"] for each in frames for frame in each)
