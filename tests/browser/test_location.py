"""The place button: sends where somebody stands, and says what to do where the browser will not tell."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opens, Person

#: Inside 西苑小区 of the sample community.
XIYUAN = {"latitude": 36.0605, "longitude": 103.8293, "accuracy": 20}


def stands_at(person: Person, **where: float) -> None:
    person.context.grant_permissions(["geolocation"])
    person.context.set_geolocation(where)  # type: ignore[arg-type]


def test_somebody_sends_the_place_first_and_then_says_what_is_the_matter(opens: Opens) -> None:
    person = opens("/chat")
    stands_at(person, **XIYUAN)
    expect(person.page.locator("[data-ready]")).to_be_attached()
    person.page.get_by_role("button", name="位置").click()
    expect(person.page.locator(".bubble").last).to_contain_text("位置收到了：西苑小区附近")
    expect(person.page.locator(".own .bubble")).to_have_text("位置")
    expect(person.page.locator(".own .bubble svg")).to_be_visible()
    person.page.locator("#words").fill("3号楼2单元楼道灯坏了")
    person.page.keyboard.press("Enter")
    expect(person.page.locator(".bubble").last).to_contain_text("西苑小区3号楼2单元")
    person.page.reload()
    expect(person.page.locator(".own .bubble svg")).to_be_visible()


def test_on_a_phone_of_the_demo_the_place_can_be_sent_too(opens: Opens) -> None:
    person = opens("/demo", (1280, 800))
    stands_at(person, **XIYUAN)
    phone = person.page.frame_locator("#frame-resident")
    expect(phone.locator("[data-ready]")).to_be_attached()
    phone.locator("#place").click()
    expect(phone.locator(".bubble").last).to_contain_text("西苑小区附近")


def test_a_refusal_and_a_rough_place_are_answered_with_what_to_write_instead(opens: Opens) -> None:
    person = opens("/chat")
    expect(person.page.locator("[data-ready]")).to_be_attached()
    banner = person.page.locator("#banner")
    person.page.locator("#place").click()
    expect(banner).to_contain_text("没有得到允许")
    expect(banner).to_contain_text("直接写小区和楼号")
    stands_at(person, **{**XIYUAN, "accuracy": 5000})
    person.page.locator("#place").click()
    expect(banner).to_contain_text("不够准")
    expect(person.page.locator(".msg")).to_have_count(0)
    stands_at(person, **XIYUAN)
    person.page.locator("#place").click()
    expect(person.page.locator(".msg")).to_have_count(2)
    expect(banner).to_be_hidden()


@pytest.mark.parametrize(("code", "words"), [(2, "现在找不到您的位置"), (3, "可以再点一次")])
def test_a_phone_that_finds_no_place_says_so(opens: Opens, code: int, words: str) -> None:
    person = opens("/")
    person.page.add_init_script(
        f"navigator.geolocation.getCurrentPosition = (found, failed) => failed({{ code: {code} }});"
    )
    person.page.goto("/chat")
    person.page.locator("#place").click()
    expect(person.page.locator("#banner")).to_contain_text(words)
    expect(person.page.locator("#place")).to_have_text("位置")


def test_where_a_browser_knows_no_place_there_is_no_button(opens: Opens) -> None:
    person = opens("/")
    person.page.add_init_script("Object.defineProperty(navigator, 'geolocation', { value: undefined });")
    person.page.goto("/chat")
    expect(person.page.locator("[data-ready]")).to_be_attached()
    expect(person.page.locator("#place")).to_be_hidden()
    person.page.locator("#words").fill("帮助")
    person.page.keyboard.press("Enter")
    expect(person.page.locator(".msg")).to_have_count(2)
