"""What old eyes and thick fingers need, measured in the browser: contrast, sizes, nothing that runs off the screen."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Opens

#: Text below 7:1 against the nearest ground that has a colour, and text below 14 px (captions; all else is 18 and up).
UNREADABLE = """() => {
  const channel = v => { v /= 255; return v <= .03928 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4); };
  const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
  const parse = s => (s.match(/[\\d.]+/g) || []).map(Number);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const c = parse(getComputedStyle(node).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), node = walk.currentNode.parentElement;
    if (!text || !node.offsetParent || ["SCRIPT", "NOSCRIPT", "STYLE"].includes(node.tagName)) continue;
    const style = getComputedStyle(node), a = light(parse(style.color)), b = light(ground(node));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 7 && !(ratio >= 4.5 && parseFloat(style.fontSize) >= 28)) found.push([text.slice(0, 20), ratio]);
    if (parseFloat(style.fontSize) < 14) found.push([text.slice(0, 20), style.fontSize]);
  }
  return found;
}"""

#: Whatever can be pressed is at least 48 px high (links inside running text excepted).
TOO_SMALL = """() => [...document.querySelectorAll("a, button, textarea, label")].filter(node => {
  if (!node.offsetParent || node.closest(".bubble, .prose li")) return false;
  const box = node.getBoundingClientRect();
  return box.height < 48 || box.width < 44;
}).map(node => (node.textContent || node.id).trim())"""


@pytest.mark.parametrize("size", [PHONE, DESK, (320, 568)], ids=["phone", "desk", "small"])
@pytest.mark.parametrize("path", ["/", "/privacy", "/chat", "/demo"])
def test_a_page_is_legible_and_fits(opens: Opens, path: str, size: tuple[int, int]) -> None:
    page = opens(path, size).page
    page.wait_for_load_state("load")
    if path == "/chat":
        expect(page.locator("[data-ready]")).to_be_attached()
    assert json.dumps(page.evaluate(UNREADABLE), ensure_ascii=False) == "[]"
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 18


def test_a_conversation_is_legible(opens: Opens) -> None:
    page = opens("/chat").page
    page.locator("#words").fill("西苑小区3号楼2单元楼道灯坏了")
    page.keyboard.press("Enter")
    expect(page.locator(".choice").first).to_be_visible()
    page.locator(".choice").last.click()
    expect(page.locator(".spent")).to_be_visible()
    expect(page.locator(".waiting")).to_have_count(0)
    assert json.dumps(page.evaluate(UNREADABLE), ensure_ascii=False) == "[]"
    assert page.evaluate(TOO_SMALL) == []
