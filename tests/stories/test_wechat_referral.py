"""One matter on WeChat goes corridor, compound, community, street, and its answer comes back down the same way."""

from __future__ import annotations

from tests.stories.stage import Phone, Town
from tests.stories.wechat_cast import (
    cast,
    catches_up,
    comes,
    heard,
    opens,
    page,
    proposes,
    publishes,
    reports,
    resident,
    sets_up,
    settles,
    stand,
)

CORRIDOR, COMPOUND, COMMUNITY = "西苑小区3号楼2单元楼道会", "西苑小区议事会", "兰宁社区议事会"
ANSWER = "街道已协调，5月底前在单元口装好坡道"


def test_from_the_corridor_to_the_street_and_back(here: Town) -> None:
    staff = cast(here)
    sets_up(staff.li, rule="每月第二个周六 15:00")
    sets_up(staff.zhao, place=COMPOUND, rule="每月第四个周六 15:00")
    sets_up(staff.sun, place=COMMUNITY, rule="每月第三个周六 15:00")
    wang, chen = resident(here, "王阿姨", "501"), resident(here, "陈师傅", "502")
    for label in (COMPOUND, COMMUNITY):
        stand(here, label, wang, chen)
    assert reports(wang, "西苑小区3号楼2单元门口台阶太高，老人轮椅上不去") == "LN-2026-0001"
    assert "已有邻居反映“门口台阶太高”" in chen.says("西苑小区3号楼2单元门口台阶太高，轮椅上不去")
    chen.presses("我说的就是这件，一起跟进")
    proposes(staff.zhao, "1", "楼道会")

    def meets(chair: Phone, month: int, day: int, to: str, why: str) -> None:
        comes(here, month, day - 6, 10, days=3)
        chair.says("议题")
        chair.presses("批准并通知")
        comes(here, month, day, 14, 45)
        opens(chair, wang, chen)
        chair.presses("移交")
        settles(chair, to, why, "就这样")
        publishes(chair, wang, chen)

    both = (wang, chen)
    meets(staff.li, 3, 14, "小区议事会", "坡道要占小区的路")
    assert all(heard(phone, "LN-2026-0001", "移交给小区议事会：坡道要占小区的路") for phone in both)
    assert "移交给小区议事会：坡道要占小区的路。请在4月13日前答复" in page(here, CORRIDOR)
    meets(staff.zhao, 3, 28, "社区议事会", "要社区出面")
    assert all(heard(phone, "LN-2026-0001", "移交给社区议事会：要社区出面") for phone in both)
    meets(staff.sun, 4, 18, "街道（凤栖街道）", "要街道出钱")
    assert all(heard(phone, "LN-2026-0001", "要街道出钱", "由街道（凤栖街道）接着办") for phone in both)

    order = staff.wu.says("我的任务")
    assert "要街道出钱" in order
    assert "会上定的是5月18日前答复" in order
    staff.wu.says("答复 1")
    staff.wu.presses("已受理，正在办")
    staff.wu.says(ANSWER)
    catches_up(wang, chen, staff.li, staff.zhao, staff.sun)
    assert all(heard(phone, "LN-2026-0001", ANSWER) for phone in both)
    for convener, label in ((staff.li, CORRIDOR), (staff.zhao, COMPOUND), (staff.sun, COMMUNITY)):
        assert heard(convener, f"{label}移交给", f"（LN-2026-0001）有结果了：{ANSWER}")
        assert ANSWER in page(here, label)
    assert here.audit() == []
