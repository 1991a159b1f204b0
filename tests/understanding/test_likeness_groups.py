"""Letters of a file put together by what they tell, where nothing but the text says where it is."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understanding.evaluation.likeness import evaluate
from understanding.likeness import Suggestions, Telling, suggest
from understanding.likeness.file import BadRowError, read

SPRING = datetime(2026, 3, 2, 8, tzinfo=UTC)

PUMP = [
    ("春雪湾小区泵房半夜轰鸣", "春雪湾小区地下泵房每晚轰鸣,水泵震得楼板发抖,老人睡不着觉。"),
    ("投诉春雪湾泵房噪音", "我是春雪湾的业主,泵房水泵声音太大,半夜震动,睡不着。"),
    ("春雪湾小区水泵震动扰民", "春雪湾小区的泵房离我家只有两米,水泵一开就震动轰鸣。"),
]
LIFT = ("春雪湾小区电梯三天没修", "春雪湾小区6栋的电梯坏了三天,物业说等配件。")
SCHOOL = ("银杏路小学门口没有斑马线", "银杏路小学放学时孩子横穿马路,希望画一条斑马线。")
ELSEWHERE = ("荷风苑小区泵房半夜轰鸣", "荷风苑小区地下泵房每晚轰鸣,水泵震得楼板发抖,老人睡不着觉。")


def letters(*told: tuple[str, str]) -> list[Telling]:
    return [
        Telling(f"{number:02}", f"r{number}", SPRING + timedelta(days=number), f"{title}\n{detail}", title=title)
        for number, (title, detail) in enumerate(told)
    ]


def test_three_neighbours_of_one_pump_are_one_event_and_the_lift_of_the_same_estate_is_not() -> None:
    assert suggest(letters(*PUMP, LIFT, SCHOOL)).groups == [["00", "01", "02"]]


def test_the_same_person_telling_the_same_twice_is_found() -> None:
    again = (f"再次反映{SCHOOL[0]}", f"一个月过去了没有答复。{SCHOOL[1]}")
    assert suggest(letters(SCHOOL, LIFT, again)).groups == [["00", "02"]]


def test_the_same_trouble_in_another_estate_is_another_event() -> None:
    assert (
        suggest(letters(("春雪湾小区垃圾没人清运", "已经一周了。"), ("荷风苑小区垃圾没人清运", "很臭。"))).groups == []
    )


def test_the_lamps_of_two_staircases_are_two_matters_in_a_chat_too() -> None:
    chat = [
        Telling("a", "x", SPRING, "春雪湾3栋2单元的电梯按钮失灵了,按了没有反应"),
        Telling("b", "y", SPRING, "春雪湾5栋1单元电梯里面漏水,地上一摊"),
    ]
    assert suggest(chat).groups == []


def test_the_canteen_of_a_college_is_not_the_matter_of_its_internships() -> None:
    told = letters(
        ("北塬理工学院强制学生外出实习", "学校组织我们去外地的工厂打工,不去不给毕业证。"),
        ("反映北塬理工学院强制实习", "学院和电子厂签合同,专业不对口,每天十二小时。"),
        ("北塬理工学院食堂价格太高", "北塬理工学院食堂饭菜贵,米饭是生的。"),
    )
    assert suggest(told).groups == [["00", "01"]]


def test_pairs_are_those_inside_the_groups_with_a_score_worth_asking() -> None:
    found = suggest(letters(*PUMP, LIFT))
    assert [(one, other) for one, other, _ in found.pairs] == [("00", "01"), ("00", "02"), ("01", "02")]
    assert all(0.5 <= score <= 1.0 for _, _, score in found.pairs)


@pytest.mark.parametrize("told", [[], [PUMP[0]]])
def test_nobody_or_one_person_alone_gives_no_suggestion(told: list[tuple[str, str]]) -> None:
    assert suggest(letters(*told)) == Suggestions([], [])


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_the_rows_changes_nothing(shuffled: random.Random) -> None:
    rows = letters(*PUMP, LIFT, SCHOOL, ELSEWHERE, SCHOOL)
    mixed = list(rows)
    shuffled.shuffle(mixed)
    assert suggest(mixed) == suggest(rows)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(min_size=1, max_size=60)), max_size=8))
@settings(max_examples=50)
def test_any_texts_give_groups_without_a_common_member(told: list[tuple[str, str]]) -> None:
    found = suggest(letters(*told))
    members = [id_ for group in found.groups for id_ in group]
    assert len(members) == len(set(members))
    assert all(len(group) > 1 for group in found.groups)


def row(**more: object) -> str:
    return json.dumps({"id": 1, "raiser": "A1", "at": "2026/3/2 8:05:09", "title": "停水", "detail": "两天了"} | more)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026/3/2 8:05:09", datetime(2026, 3, 2, 8, 5, 9, tzinfo=UTC)),
        ("2026-03-02 08:05:09", datetime(2026, 3, 2, 8, 5, 9, tzinfo=UTC)),
        ("2026-03-02T08:05:09+08:00", datetime(2026, 3, 2, 8, 5, 9, tzinfo=UTC)),
        ("2026/03/02 08:05", datetime(2026, 3, 2, 8, 5, tzinfo=UTC)),
        ("2026-3-2", datetime(2026, 3, 2, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_both_ways_of_writing_a_time_are_read(written: str | None, at: datetime | None) -> None:
    assert [telling for telling, _ in read([row(at=written)])] == [Telling("1", "A1", at, "停水\n两天了", title="停水")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: not JSON: Expecting property name enclosed in double quotes at character 2"),
        ("[1]", "line 2: an object is expected, not list"),
        (row(id=None), "line 2: no id"),
        (row(title="", detail=None), "line 2: neither title nor detail"),
        (row(id=2, detail=7), "line 2: detail is not text"),
        (row(id=2, at="yesterday"), "line 2: 'yesterday' is not a time"),
        (row(id=2, at="2026-13-02"), "line 2: '2026-13-02' is not a time"),
        (row(), "line 2: id 1 is already in line 1"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_its_line(line: str, said: str) -> None:
    with pytest.raises(BadRowError) as told:
        list(read([row(), line]))
    assert (str(told.value), told.value.line) == (said, 2)


def test_empty_lines_are_passed_over() -> None:
    assert [telling.id for telling, _ in read(["\n", row(), "  \n"])] == ["1"]


def test_an_evaluation_counts_pairs_hard_rows_and_resubmissions(tmp_path: Path) -> None:
    told = [(*letter, "春雪湾小区泵房") for letter in PUMP] + [(*LIFT, None), (*SCHOOL, None), (*SCHOOL, None)]
    rows = [
        {"id": str(number), "raiser": "r", "at": "2026/3/2 8:05:09", "title": title, "detail": detail, "event": event}
        for number, (title, detail, event) in enumerate(told)
    ]
    tellings, again = tmp_path / "rows.jsonl", tmp_path / "again.csv"
    tellings.write_text("\n".join(json.dumps(each) for each in rows), encoding="utf-8")
    again.write_text("id_a,id_b\n4,5\n", encoding="utf-8")
    found = evaluate(tellings, resubmissions=again)
    assert {score.name: (score.value, score.right, score.total) for score in found.scores} == {
        "pair F1": (1.0, 0, 0),
        "pair precision": (1.0, 3, 3),
        "pair recall": (1.0, 3, 3),
        "pair recall: 春雪湾小区泵房": (1.0, 3, 3),
        "hard rows over-merged": (0.0, 0, 1),
        "resubmissions recall": (1.0, 1, 1),
        "pairs suggested among unlabelled rows": (1.0, 0, 0),
    }
    assert (found.rows, found.mistakes) == (6, ())
