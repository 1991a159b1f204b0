"""/demo: the sample story plays on three live phones, on a desk and in a hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Opens


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_sample_story_plays_to_its_end(opens: Opens, size: tuple[int, int]) -> None:
    person = opens("/demo#pace=0.7", size)
    phones = {role: person.page.frame_locator(f"#frame-{role}") for role in ("resident", "steward", "secretary")}
    for phone in phones.values():
        expect(phone.locator("[data-ready]")).to_be_attached()
    person.page.get_by_role("button", name="播放示例故事").click()
    expect(person.page.locator("body[data-story=over]")).to_be_attached(timeout=180_000)
    resident, steward, secretary = phones.values()
    expect(resident.locator(".own .bubble", has_text="楼道灯坏了")).to_have_count(1)
    expect(resident.locator(".msg", has_text="换了灯泡").locator("img")).to_have_count(1)
    expect(resident.locator(".taken", has_text=re.compile("^满意$"))).to_have_count(1)
    expect(steward.locator(".bubble", has_text="居民评价：满意")).to_have_count(1)
    expect(secretary.locator(".bubble", has_text="大坑").first).to_be_attached()
    expect(resident.locator(".bubble", has_text=re.compile("已受理")).last).to_contain_text("网格书记")
    expect(resident.locator(".bubble", has_text="已提交小区议事会")).to_have_count(1)
    expect(secretary.locator(".bubble", has_text="每月第二个周六 15:00").first).to_be_attached()


def test_starting_again_seats_a_new_resident_and_clears_the_phones(opens: Opens) -> None:
    person = opens("/demo", DESK)
    resident = person.page.frame_locator("#frame-resident")
    expect(resident.locator("body[data-ready]")).to_be_attached()
    resident.locator("#words").fill("帮助")
    resident.locator("#words").press("Enter")
    expect(resident.locator(".msg")).to_have_count(2)
    person.page.get_by_role("button", name="重新开始").click()
    expect(resident.locator("#empty")).to_be_visible()
    expect(resident.locator(".msg")).to_have_count(0)


def test_a_story_can_be_paused_and_stopped(opens: Opens) -> None:
    person = opens("/demo", DESK)
    play, pause = person.page.locator("#play"), person.page.locator("#pause")
    play.click()
    expect(play).to_have_text("停止播放")
    pause.click()
    expect(pause).to_have_text("继续")
    pause.click()
    expect(pause).to_have_text("暂停")
    play.click()
    expect(play).to_have_text("播放示例故事")
    expect(pause).to_be_hidden()
