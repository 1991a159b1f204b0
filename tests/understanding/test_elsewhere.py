"""Who wants a court, a petition, a watchdog or an ambulance is sent there; who merely threatens is heard here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.elsewhere import elsewhere

DEMANDS = {
    "court": (
        "我不服一审判决",
        "请问去法院立案要带什么",
        "强制执行申请交到哪里",
        "对方是老赖，法院执行局不管",
        "想打官司请不起律师",
        "怎么起诉老板拖欠工资",
    ),
    "petition": ("我要信访", "请问去哪里信访", "怎么上访", "信访件办到哪一步了", "我想信访，材料交给谁", "信访局在哪"),
    "discipline": (
        "举报村支书贪污",
        "举报居委会主任收受贿赂",
        "我要举报街道干部贪污受贿",
        "实名举报某局长以权谋私",
        "反映村主任挪用公款",
    ),
    "secrets": ("发现有人偷拍军事设施", "我怀疑隔壁住着间谍", "有人在卖涉密文件", "举报有人给境外势力送情报"),
    "emergency": (
        "快叫救护车",
        "我要报警",
        "帮我打120",
        "帮忙报警，有人打架",
        "帮我叫警察",
        "叫个救护车来，老人晕倒了",
    ),
}


@pytest.mark.parametrize(("where", "text"), [(where, text) for where, texts in DEMANDS.items() for text in texts])
def test_a_demand_that_no_community_can_meet_is_sent_to_whoever_can(where: str, text: str) -> None:
    assert elsewhere(text) == where


@pytest.mark.parametrize(
    "text",
    [
        "再不管我就上访",
        "再不解决我就打12345",
        "再不修我就起诉物业",
        "物业起诉我欠费",
        "不给说法就去信访局",
        "我已经报警了，警察说找社区",
        "报警没用",
        "物业说要起诉我",
        "法院判了物业退场，物业赖着不走",
        "多次信访无果，请解决漏水",
        "业委会主任收了物业的好处",
        "打了110说是社区管",
        "保安跟间谍一样盯着我们",
        "楼上漏水打官司赢了也不修",
        "烟感报警器响",
        "再不来我就报警了",
        "逼我去上访吗",
        "物业经理贪污维修资金",
        "低保怎么申请",
        "举报有人违建",
        "老人晕倒了，没人叫救护车",
        "",
    ],
)
def test_threats_and_mentions_interrupt_nobody(text: str) -> None:
    assert elsewhere(text) is None


@given(
    st.sampled_from(["", "您好，", "社区你好！", "麻烦您，"]),
    st.sampled_from([(where, text) for where, texts in DEMANDS.items() for text in texts]),
    st.sampled_from(["", "，谢谢", "！", "🙏"]),
)
def test_politeness_changes_nothing(before: str, demand: tuple[str, str], after: str) -> None:
    where, text = demand
    assert elsewhere(f"{before}{text}{after}") == where


@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    assert elsewhere(text) in (None, *DEMANDS)
