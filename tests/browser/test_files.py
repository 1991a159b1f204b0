"""A file that was made for somebody, in the web chat: one tap saves it, a chart is simply seen."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.files import FileStore
from models.member import Account
from services import documents
from tests.browser.conftest import Opens, Person
from tests.browser.program import Program
from tests.database import opened


def made(program: Program, person: Person, name: str, data: bytes) -> None:
    """What the maker of documents does; the program itself brings it to the page."""
    person.page.locator("#words").fill("你好")
    person.page.keyboard.press("Enter")
    expect(person.page.locator(".waiting")).to_have_count(0)
    settings, at = program.settings, datetime.now(UTC)
    rules = settings.house_rules()
    with opened(settings.database.url) as database, Session(database.engine) as session:
        member = session.scalars(
            select(Account.member_id).where(Account.platform == "webchat").order_by(Account.id.desc()).limit(1)
        ).one()
        documents.request_document(session, member_id=member, kind="ledger", params={}, name=name, at=at, rules=rules)
        document = documents.claim_owed(session, now=at)
        assert document is not None
        FileStore(settings.paths.data / "documents", ".file").save(document.public_id, data)
        documents.ready(session, document=document, size=len(data), at=at, rules=rules)
        session.commit()


def test_a_ledger_is_saved_under_its_name(opens: Opens, program: Program) -> None:
    person = opens("/chat")
    made(program, person, "兰宁社区台账.xlsx", b"a spreadsheet")
    link = person.page.locator("a.file")
    expect(link).to_have_text("下载 兰宁社区台账.xlsx")
    with person.page.expect_download() as saved:
        link.click()
    assert saved.value.suggested_filename == "兰宁社区台账.xlsx"
    assert saved.value.path().read_bytes() == b"a spreadsheet"
    person.page.reload()
    expect(link).to_be_visible()


def test_a_chart_is_seen_whole(opens: Opens, program: Program) -> None:
    person = opens("/chat")
    out = io.BytesIO()
    Image.new("RGB", (1080, 400), "teal").save(out, "PNG")
    made(program, person, "按时办结率.png", out.getvalue())
    picture = person.page.locator("a.chart img")
    expect(picture).to_be_visible()
    width, shape = picture.evaluate("img => img.decode().then(() => [img.naturalWidth, img.width / img.height])")
    assert width == 1080
    assert abs(shape - 1080 / 400) < 0.05
