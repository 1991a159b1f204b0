"""/chat on a phone: by hand, by keyboard alone, with a broken line, and with everything people might paste."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Opens, Person
from tests.browser.program import Program

LAMP = "西苑小区3号楼2单元楼道灯坏了一个星期了没人管"


def bubbles(person: Person) -> list[str]:
    return person.page.locator(".msg .bubble").all_inner_texts()


def says(person: Person, words: str) -> None:
    """Types and presses Enter; returns when the program has answered."""
    before = person.page.locator(".msg").count()
    person.page.locator("#words").fill(words)
    person.page.keyboard.press("Enter")
    expect(person.page.locator(".waiting")).to_have_count(0)
    expect(person.page.locator(".msg").nth(before + 1)).to_be_visible()


def presses(person: Person, label: str) -> None:
    person.page.locator(".choice", has_text=re.compile(rf"^\d?{label}$")).last.click()
    expect(person.page.locator(".waiting")).to_have_count(0)


def test_a_resident_reports_hears_and_rates(opens: Opens, program: Program, picture_file: Path) -> None:
    resident, steward = opens("/chat"), opens("/demo/steward/chat")
    resident.page.get_by_text("小区东门口路面有个大坑").click()
    expect(resident.page.locator("#words")).to_be_focused()
    says(resident, LAMP)
    presses(resident, "同意并提交")
    expect(resident.page.locator(".bubble", has_text="编号")).to_be_visible()
    number = re.search(r"[A-Z]+-\d{4}-\d{4}", resident.page.locator(".bubble", has_text="编号").last.inner_text())
    assert number
    expect(resident.page.locator(".spent .taken").first).to_have_text("同意并提交")

    order = steward.page.locator(".msg", has_text=number[0])
    expect(order.first).to_be_visible()
    presses(steward, "当场办结")
    steward.page.set_input_files("#photos", picture_file)
    expect(steward.page.locator("#tray progress")).to_be_hidden()
    says(steward, "换了灯泡")

    answer = resident.page.locator(".msg", has_text="换了灯泡")
    expect(answer.locator("img")).to_be_visible()
    assert answer.locator("img").evaluate("img => img.decode().then(() => img.naturalWidth)") == 900
    presses(resident, "满意")
    expect(resident.page.locator(".bubble").last).to_contain_text("谢谢")
    expect(steward.page.locator(".bubble", has_text=re.compile(f"{number[0]}.*满意")).last).to_be_visible()

    before = bubbles(resident)
    resident.page.reload()
    expect(resident.page.locator("[data-ready]")).to_be_attached()
    assert bubbles(resident) == before


def test_the_keyboard_alone_is_enough(opens: Opens) -> None:
    person = opens("/chat")
    expect(person.page.locator("[data-ready]")).to_be_attached()
    keyboard = person.page.keyboard

    def tab_to(selector: str) -> None:
        for _ in range(20):
            if person.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached")

    tab_to(".example")
    keyboard.press("Enter")
    expect(person.page.locator("#words")).to_be_focused()
    keyboard.press("ControlOrMeta+a")
    keyboard.type(LAMP)
    keyboard.press("Enter")
    expect(person.page.locator(".choice").first).to_be_visible()
    keyboard.press("Shift+Tab")
    tab_to(".choice")
    outline = person.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    keyboard.press("Enter")
    expect(person.page.locator(".msg.own")).to_have_count(2)


def test_what_is_said_without_a_connection_is_sent_once_when_it_is_back(opens: Opens) -> None:
    person = opens("/chat")
    says(person, "帮助")
    person.context.set_offline(True)
    person.page.locator("#words").fill(LAMP)
    person.page.keyboard.press("Enter")
    expect(person.page.locator(".waiting .state")).to_contain_text("正在重试")
    expect(person.page.locator("#banner")).to_be_visible()
    person.context.set_offline(False)
    expect(person.page.locator(".choice").first).to_be_visible()
    expect(person.page.locator("#banner")).to_be_hidden()
    assert [text for text in bubbles(person) if text == LAMP] == [LAMP]
    person.page.reload()
    expect(person.page.locator(".choice").first).to_be_visible()
    assert [text for text in bubbles(person) if text == LAMP] == [LAMP]


def test_a_message_whose_answer_was_lost_is_not_doubled(opens: Opens) -> None:
    person = opens("/chat")
    expect(person.page.locator("[data-ready]")).to_be_attached()
    posts: list[str] = []

    def lose_first(route, request):  # type: ignore[no-untyped-def]
        if request.method == "POST":
            posts.append(request.post_data_json["id"])
            if len(posts) == 1:
                route.fetch()  # it arrives, but the phone never hears of it
                route.abort()
                return
        route.continue_()

    person.page.route("**/chat/messages*", lose_first)
    says(person, "帮助")
    expect(person.page.locator("#banner")).to_be_hidden()
    assert len(set(posts)) == 1
    assert bubbles(person).count("帮助") == 1


def test_words_not_sent_yet_survive_a_reload(opens: Opens) -> None:
    person = opens("/chat")
    person.page.locator("#words").fill("写到一半")
    person.page.reload()
    expect(person.page.locator("#words")).to_have_value("写到一半")


def test_without_server_sent_events_the_page_asks_by_itself(opens: Opens) -> None:
    person, elsewhere = opens("/"), opens("/")
    person.page.add_init_script("delete window.EventSource")
    person.page.goto("/demo/secretary/chat")
    elsewhere.page.goto("/demo/secretary/chat")
    expect(person.page.locator("[data-ready]")).to_be_attached()
    says(elsewhere, "帮助")
    expect(person.page.locator(".own .bubble").last).to_have_text("帮助")


def test_nothing_that_people_paste_is_run(opens: Opens) -> None:
    person = opens("/chat")
    person.page.add_init_script("window.alert = () => { window.wasRun = true; }")
    person.page.reload()
    for payload in PAYLOADS:
        row = {
            "id": 0, "own": False, "key": payload, "press": "", "text": payload, "photos": [], "numbered": True,
            "buttons": [{"label": payload, "data": payload, "lasting": True}], "at": "2026-11-20T10:00:00+08:00",
        }  # fmt: skip
        person.page.evaluate(
            """row => {
                const get = id => document.getElementById(id);
                window.view = window.view ||
                    new zhuoluoView(get("log"), get("messages"), get("empty"), get("down"), () => {});
                window.view.show([row]);
            }""",
            row,
        )
    says(person, PAYLOADS[0])
    assert person.page.locator(".bubble").count() >= len(PAYLOADS)
    assert person.page.locator(".bubble *:not(a), .choice *:not(b):not(span)").count() == 0
    assert person.page.evaluate("window.wasRun") is None


_VECTORS = """
<script>{0}</script>
<ScRiPt>{0}</sCrIpT>
<img src=x onerror={0}>
<svg onload={0}>
<body onload={0}>
<iframe srcdoc='<script>{0}</script>'>
<a href='javascript:{0}'>x</a>
<input autofocus onfocus={0}>
<details open ontoggle={0}>
<video><source onerror={0}></video>
<math><mtext><script>{0}</script></mtext></math>
<style>@import 'javascript:{0}'</style>
<link rel=stylesheet href='javascript:{0}'>
<object data='javascript:{0}'>
<embed src='javascript:{0}'>
<form action='javascript:{0}'><button>x</button></form>
<marquee onstart={0}>x</marquee>
<meta http-equiv=refresh content='0;url=javascript:{0}'>
<base href='javascript:{0}//'>
<template><img src=x onerror={0}>
""".splitlines()[1:]
_PREFIXES = ("", "\"'>", "http://127.0.0.1/{{7*7}}${{7*7}}]]>--><!--")
#: 60 ways to smuggle a script in.
PAYLOADS = [prefix + vector.format("alert(1)") for prefix in _PREFIXES for vector in _VECTORS]


def test_an_invitation_link_fills_in_the_code_and_sends_nothing(opens: Opens) -> None:
    invited = opens("/chat#invite=ZLAAAAAAAAAAAAAAAAAAAAAAAAAA")
    expect(invited.page.locator("#words")).to_have_value("ZLAAAAAAAAAAAAAAAAAAAAAAAAAA")
    expect(invited.page.locator("#banner")).to_contain_text("点“发送”就行")
    assert invited.page.url.endswith("/chat")
    assert bubbles(invited) == []
    invited.page.get_by_role("button", name="发送").click()
    expect(invited.page.locator(".bubble").last).to_contain_text("邀请码收到了")
