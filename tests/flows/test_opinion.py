"""意见征集: residents say what they think before the meeting; the convener looks at each sentence, sees the whole."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.opinion_pictures import chart, opinions_chart
from bot.pictures import Bar
from models.document import Document
from models.opinion import Moderation, Opinion, Stance, Statement, StatementAnswer
from models.rules.errors import RuleError
from models.rules.meeting_workflow import ItemState, MeetingState
from services.meetings import opinion_views, opinions
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def called(here: Neighbourhood, staff: Staff) -> Council:
    called = council(here, staff, state=MeetingState.CALLED, days=3)
    called.item("增设充电桩")
    return called


def neighbour(here: Neighbourhood, called: Council, name: str, room: str) -> Person:
    """Somebody who lives there and was asked to come."""
    person = here.person(name)
    person.says("你好")
    called.seat(person, room=room)
    return person


@pytest.fixture
def wang(here: Neighbourhood, called: Council) -> Person:
    return neighbour(here, called, "wang", "301")


def stances(here: Neighbourhood) -> list[Stance]:
    return list(here.session.scalars(select(Opinion.stance).order_by(Opinion.id)))


def sentence(here: Neighbourhood) -> Statement:
    return here.session.scalars(select(Statement).execution_options(populate_existing=True)).one()


def writes(person: Person, words: str, stance: str = "赞成") -> None:
    person.says("意见")
    person.says(stance)
    person.says(words)


def test_a_resident_says_what_they_think_and_that_it_is_no_vote(
    here: Neighbourhood, called: Council, wang: Person
) -> None:
    assert wang.says("意见") == "意见征集，不是表决。\n议题：增设充电桩\n您怎么看？"
    assert wang.labels == ["赞成", "不赞成", "说不好"]
    assert wang.says("反对").startswith("记下了：不赞成（意见征集，不是表决）。\n\n想说一句为什么")
    assert wang.says("不说了").startswith("谢谢。")
    assert stances(here) == [Stance.DISAGREE]


def test_the_last_word_counts(here: Neighbourhood, called: Council, wang: Person) -> None:
    wang.says("意见")
    wang.says("1")
    wang.says("不说了")
    assert "您上次说的是“赞成”，再说一次就按新的算。" in wang.says("意见")
    wang.says("2")
    assert stances(here) == [Stance.DISAGREE]


def test_of_several_items_each_can_be_answered(here: Neighbourhood, called: Council, wang: Person) -> None:
    called.item("修花坛")
    called.item("下次再说", state=ItemState.QUEUED)
    assert wang.says("意见") == "意见征集，不是表决。对哪个议题说说意见？"
    assert wang.labels == ["增设充电桩", "修花坛", "好了"]
    wang.says("2")
    wang.says("赞成")
    assert wang.says("不说了").startswith("意见征集，不是表决。")
    assert wang.labels == ["增设充电桩", "✓ 修花坛", "好了"]
    wang.says("1")
    wang.says("说不好")
    assert wang.says("不说了").startswith("谢谢。")
    assert stances(here) == [Stance.AGREE, Stance.UNDECIDED]


def test_a_sentence_is_seen_by_others_when_the_convener_has_looked_at_it(
    here: Neighbourhood, staff: Staff, called: Council, wang: Person
) -> None:
    ma = neighbour(here, called, "ma", "302")
    writes(wang, "装在东侧不挡车")
    assert wang.last.text.startswith("写好了。召集人看过以后，别人就能看到，不显示您的名字。")
    here.deliver()
    assert staff.zhao.inbox[-1].text == "西苑小区议事会的意见征集里有人写了一句话，等您看过以后别人才能看到。"
    ma.says("意见")
    ma.says("赞成")
    assert ma.says("不说了").startswith("谢谢。")
    asked = staff.zhao.says("1")
    assert asked == (
        "还有 1 句等您看。对“增设充电桩”，有人写：\n“装在东侧不挡车”\n\n"
        "里面没有别人的名字、电话、门牌，也没有骂人的话，就公开。"
    )
    assert staff.zhao.says("公开") == (
        "公开了，不显示是谁写的。\n\n没有等您看的话了。回复“看意见”可以看汇总。"
    )
    ma.says("意见")
    ma.says("赞成")
    assert ma.says("不说了") == "有邻居说：“装在东侧不挡车”\n您怎么看？（意见征集，不是表决）"
    assert ma.labels == ["赞成", "不赞成", "说不好", "不看了"]
    assert ma.says("1").startswith("谢谢。")
    answers = here.session.scalars(select(StatementAnswer)).all()
    assert [(each.member_id, each.stance) for each in answers] == [(ma.member_id, Stance.AGREE)]
    wang.says("意见")
    wang.says("赞成")
    assert wang.says("不说了").startswith("谢谢。")  # nobody is asked about their own


def test_who_wrote_what_is_hidden_hears_why(
    here: Neighbourhood, staff: Staff, called: Council, wang: Person
) -> None:
    ma = neighbour(here, called, "ma", "302")
    writes(wang, "302的老马最会占车位")
    staff.zhao.says("审看意见")
    assert staff.zhao.says("不公开") == "为什么不公开？写的人会看到原因。"
    assert staff.zhao.labels == ["里面有个人信息", "说话伤人", "和议题无关"]
    assert staff.zhao.says("1").startswith("没有公开，已把原因告诉写的人。")
    here.deliver()
    assert wang.inbox[-1].text == (
        "您对“增设充电桩”写的“302的老马最会占车位”没有公开。原因：里面有个人信息。您可以换个说法再写。"
    )
    ma.says("意见")
    ma.says("赞成")
    assert ma.says("不说了").startswith("谢谢。")
    writes(wang, "车位要先到先得")
    assert (sentence(here).words, sentence(here).moderation) == ("车位要先到先得", Moderation.WAITING)


def test_the_convener_hears_of_waiting_sentences_once_a_day(
    here: Neighbourhood, staff: Staff, called: Council, wang: Person
) -> None:
    for words in ("一", "二", "三"):
        writes(wang, words)
    here.deliver()
    assert len(staff.zhao.inbox) == 1
    assert sentence(here).words == "三"
    here.passes(days=1)
    writes(wang, "四")
    here.deliver()
    assert len(staff.zhao.inbox) == 2


def test_a_sentence_is_short(here: Neighbourhood, called: Council, wang: Person) -> None:
    writes(wang, "很" * 61)
    assert wang.last.text.startswith("一句话最多60个字")
    assert here.session.scalars(select(Statement)).all() == []


def test_what_is_talked_over_is_no_longer_asked(here: Neighbourhood, called: Council, wang: Person) -> None:
    wang.says("意见")
    called.items()[0].state = ItemState.IN_TALK
    here.session.flush()
    assert wang.says("赞成").startswith("这个议题已经开始商量，意见征集结束了。")
    assert wang.says("意见") == "这次会的议题都开始商量了，意见征集结束了。"
    assert stances(here) == []


def test_a_stranger_learns_nothing_and_staff_are_not_asked(
    here: Neighbourhood, staff: Staff, called: Council, wang: Person
) -> None:
    item = called.items()[0].id
    stranger = here.person("stranger")
    assert stranger.says("意见").startswith("现在没有在征集意见的会。")
    for person, code in ((stranger, "not_found"), (staff.zhao, "opinion_refused")):
        with pytest.raises(RuleError) as refused:
            opinions.say(
                here.session,
                item_id=item,
                member_id=person.member_id,
                stance=Stance.AGREE,
                at=here.now,
                rules=here.house.rules,
            )
        assert refused.value.code == code
    for person, code in ((stranger, "not_found"), (wang, "meeting_refused")):
        with pytest.raises(RuleError) as refused:
            opinion_views.seen_by_convener(
                here.session,
                meeting_id=called.meeting_id,
                member_id=person.member_id,
                at=here.now,
                rules=here.house.rules,
            )
        assert refused.value.code == code


def test_residents_see_figures_from_five_households_on(here: Neighbourhood, called: Council, wang: Person) -> None:
    for number in range(2, 6):
        person = neighbour(here, called, f"n{number}", f"30{number}")
        person.says("意见")
        assert "户说了意见" not in person.says("赞成")
        person.says("不说了")
    wang.says("意见")
    assert wang.says("反对").startswith(
        "记下了：不赞成（意见征集，不是表决）。"
        "到现在 5 户说了意见：赞成 4 人，不赞成 1 人，说不好 0 人。"
    )


def test_the_convener_sees_three_sentences_and_a_picture(
    here: Neighbourhood, staff: Staff, called: Council, wang: Person
) -> None:
    zhao, rules = staff.zhao, here.house.rules
    assert zhao.says("看意见") == "“增设充电桩”还没有人说意见。"
    item = called.items()[0].id
    people = [wang, *(neighbour(here, called, f"n{number}", f"40{number}") for number in range(11))]
    opinions.write(here.session, item_id=item, member_id=wang.member_id, words="要装在东侧", at=here.now, rules=rules)
    said = sentence(here)
    opinions.moderate(
        here.session, statement_id=said.id, member_id=zhao.member_id, show=True, at=here.now, rules=rules
    )
    for number, person in enumerate(people):
        who = {"member_id": person.member_id, "at": here.now, "rules": rules}
        for_it = Stance.AGREE if number < 7 else Stance.DISAGREE
        opinions.say(here.session, item_id=item, stance=for_it, **who)  # type: ignore[arg-type]
        if person is not wang:
            opinions.answer(here.session, statement_id=said.id, stance=Stance.AGREE, **who)  # type: ignore[arg-type]
    assert zhao.says("看意见") == (
        "“增设充电桩”有 12 人（12 户）说了意见：赞成 7，不赞成 5，说不好 0（意见征集，不是表决）。"
        "看法分成 2 边，各有 7、5 人。\n各边都能接受：“要装在东侧”。\n分歧在：这个议题本身。"
    )
    assert zhao.says("看每一句") == "“要装在东侧”：赞成 12，不赞成 0，说不好 0"
    zhao.says("看意见")
    assert zhao.says("看图") == "图正在画，画好了就发给您。"
    owed = here.session.scalars(select(Document)).one()
    assert (owed.kind, owed.name) == ("opinions_chart", "增设充电桩的意见.png")
    (seen,) = opinion_views.seen_by_convener(
        here.session, meeting_id=called.meeting_id, member_id=zhao.member_id, at=here.now, rules=rules
    )
    assert chart(seen).bars == (
        Bar("全部", (7, 5), "7 : 5"),
        Bar("第1边7人", (7, 0), "7 : 0"),
        Bar("第2边5人", (0, 5), "0 : 5"),
        Bar("要装在东侧", (12, 0), "12 : 0"),
    )
    drawn = opinions_chart(here.session, owed.params, house=here.house, at=here.now)
    assert drawn.startswith(b"\x89PNG")
