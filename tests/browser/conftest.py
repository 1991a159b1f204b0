"""A real Chromium against the real program with the sample community in it.

ZHUOLUO_TEST_CHROMIUM names the browser; without one these tests are skipped, or fail when ZHUOLUO_TEST_REQUIRE
contains "browser".
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.program import Program, running_program

PHONE = (390, 844)
DESK = (1280, 800)


def chromium() -> str:
    found = os.environ.get("ZHUOLUO_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    reason = "no Chromium: set ZHUOLUO_TEST_CHROMIUM to the path of one"
    if "browser" in os.environ.get("ZHUOLUO_TEST_REQUIRE", ""):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    chromium()
    with running_program(tmp_path_factory.mktemp("program")) as program:
        yield program


@dataclass
class Person:
    """Somebody in front of a screen. ``complaints``: what the browser found wrong with our pages."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def note(self, message: ConsoleMessage) -> None:
        # The browser reports what it could not reach; while somebody is offline that is as it should be.
        if (
            message.type in ("error", "warning")
            and "net::ERR" not in message.text
            and "status of 503" not in message.text
        ):
            self.complaints.append(message.text)


Opens = Callable[..., Person]


@contextmanager
def sitting(browser: Browser, address: str, size: tuple[int, int]) -> Iterator[Person]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="zh-CN", base_url=address, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    person = Person(context.new_page(), context)
    person.page.on("console", person.note)
    person.page.on("pageerror", lambda error: person.complaints.append(str(error)))
    yield person
    context.close()


@pytest.fixture
def opens(browser: Browser, program: Program) -> Iterator[Opens]:
    """``opens("/chat", PHONE)``: a browser of its own at that page. Nothing may be wrong with the page at the end."""
    people: list[Person] = []
    stack = []

    def open_page(path: str, size: tuple[int, int] = PHONE) -> Person:
        seat = sitting(browser, program.url, size)
        person = seat.__enter__()
        stack.append(seat)
        people.append(person)
        person.page.goto(path)
        return person

    yield open_page
    complaints = [complaint for person in people for complaint in person.complaints]
    for seat in stack:
        seat.__exit__(None, None, None)
    assert complaints == []


@pytest.fixture
def picture_file(tmp_path: Path) -> Path:
    from PIL import Image

    file = tmp_path / "corridor.jpg"
    Image.new("RGB", (900, 600), "darkslategray").save(file, "JPEG")
    return file
