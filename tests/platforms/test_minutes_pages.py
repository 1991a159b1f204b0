"""The pages of a meeting: its minutes for who was there, the form to change them, and what everybody may see."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from bot.clock import Clock
from bot.database import Database
from bot.media import MediaStore
from bot.minutes_pages import routes
from bot.pages import routes as page_routes
from bot.platforms.base import Deps
from bot.transactions import open_transactions
from handlers.signed_links import KEPT, editing_link
from models.base import insert_row, update_row
from models.meeting import AgendaItem, Meeting
from models.member import Member
from models.minutes import MeetingNote, Minutes
from models.rules.meeting_workflow import ItemState, MeetingState
from services.meetings.minutes import draft_minutes
from tests.council import Council, council
from tests.fakes.server import LoopbackServer
from tests.neighbourhood import settle, staffed
from tests.platforms.webchat_stage import settings_of

SECRET = "a secret for tests only"
OURS = {"sec-fetch-site": "same-origin"}
HOSTILE = '<script>alert(1)</script><b>" onmouseover="x'


@dataclass
class Site:
    client: httpx.Client
    database: Database
    meeting: int
    chair: int
    guest: int

    def link(self, member: int | None = None, *, ago: timedelta = timedelta(0), secret: str = SECRET) -> str:
        at = Clock().now() - ago
        token = editing_link(secret=secret, meeting_id=self.meeting, member_id=member or self.chair, at=at)
        return f"/minutes/edit/{token}"

    def saves(
        self,
        opening: str,
        *,
        version: int = 1,
        why: str = "",
        headers: dict[str, str] | None = None,
        others: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        parts = {"opening": opening, **(others or {})}
        fields = {"version": str(version), "why": why, **{f"part-{key}": words for key, words in parts.items()}}
        kind = {"content-type": "application/x-www-form-urlencoded"}
        sent = {**kind, **(OURS if headers is None else headers)}
        return self.client.post(self.link(), content=urlencode(fields), headers=sent)

    def becomes(self, state: MeetingState) -> str:
        with Session(self.database.engine) as session:
            update_row(session, Meeting, self.meeting, state=state, published_at=Clock().now())
            session.commit()
            return session.get_one(Meeting, self.meeting).public_id

    def versions(self) -> list[Minutes]:
        with Session(self.database.engine, expire_on_commit=False) as session:
            return list(session.scalars(select(Minutes).order_by(Minutes.version)))


@contextmanager
def opened(database: Database, folder: Path) -> Iterator[Site]:
    with Session(database.engine, expire_on_commit=False) as session:
        here = settle(session)
        staff = staffed(here)
        held: Council = council(here, staff, state=MeetingState.HELD, days=-1)
        guest = here.person("马翠兰")
        held.seat(guest, present=True, room="101")
        item = held.item(f"停车{HOSTILE}")
        session.execute(update(AgendaItem).values(state=ItemState.REJECTED, words="马翠兰不同意，电话13893101234"))
        insert_row(
            session,
            MeetingNote,
            meeting_id=held.meeting_id,
            item_id=item,
            words=HOSTILE,
            photos=["p" * 22],
            by_id=staff.zhao.member_id,
            at=here.now,
        )
        session.execute(update(Member).where(Member.id == guest.member_id).values(name="马翠兰"))
        draft_minutes(session, held.meeting, held.series, at=here.now, rules=here.house.rules)
        session.commit()
        ids = held.meeting_id, staff.zhao.member_id, guest.member_id
    settings = settings_of(folder)
    transactions = open_transactions(database)
    deps = Deps(settings=settings, transactions=transactions, media=MediaStore(folder / "media"), clock=Clock())
    app = Starlette(routes=[*routes(deps), *page_routes(deps)])
    with LoopbackServer(app, lifespan=True) as server, httpx.Client(base_url=server.url, timeout=20) as client:
        yield Site(client, database, *ids)
        asyncio.run_coroutine_threadsafe(transactions.close(), server.loop).result(20)


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    with opened(database, tmp_path) as found:
        yield found


def test_minutes_open_by_their_address_once_they_were_sent(site: Site) -> None:
    (draft,) = site.versions()
    assert site.client.get(f"/minutes/{draft.public_id}").status_code == 404
    with Session(site.database.engine) as session:
        update_row(session, Minutes, draft.id, sent_at=Clock().now())
        session.commit()
    page = site.client.get(f"/minutes/{draft.public_id}")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "form-action 'none'" in page.headers["content-security-policy"]
    assert "第1版，请核对。" in page.text
    assert "结果：没有通过。3号楼居民不同意，电话（电话略）。" in page.text
    assert f"/photo/{'p' * 22}.jpg" in page.text
    assert "马翠兰" not in page.text
    assert "13893101234" not in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert 'onmouseover="x' not in page.text


@pytest.mark.parametrize("address", ["x", "a" * 22, "..%2f..", "a" * 23])
def test_a_guessed_address_shows_nothing(site: Site, address: str) -> None:
    for kind in ("minutes", "published", "minutes/edit"):
        assert site.client.get(f"/{kind}/{address}").status_code == 404


def test_before_it_is_published_everybody_sees_when_and_what(site: Site) -> None:
    public_id = site.becomes(MeetingState.CALLED)
    page = site.client.get(f"/published/{public_id}").text
    assert "时间：2026年3月1日 12:00" in page
    assert "地点：红色议事厅" in page
    assert "1. 停车&lt;script&gt;" in page
    assert "不同意" not in page
    site.becomes(MeetingState.DRAFTED)
    page = site.client.get(f"/published/{public_id}").text
    assert "停车" not in page
    assert "议题还没有定下来" in page
    site.becomes(MeetingState.MINUTED)
    page = site.client.get(f"/published/{public_id}").text
    assert "结果正在核对" in page
    assert "不同意" not in page
    site.becomes(MeetingState.CANCELLED)
    assert "这次会取消了" in site.client.get(f"/published/{public_id}").text


def test_published_minutes_name_nobody(site: Site) -> None:
    public_id = site.becomes(MeetingState.PUBLISHED)
    page = site.client.get(f"/published/{public_id}")
    assert "西苑小区议事会第1次会结果公示" in page.text
    assert "到会住户：西苑小区3号楼1户。" in page.text
    assert "3号楼居民不同意，电话（电话略）" in page.text
    assert "马翠兰" not in page.text
    assert "<script>alert" not in page.text
    assert "/photo/" not in page.text


def test_the_chair_changes_them_on_the_page(site: Site) -> None:
    page = site.client.get(site.link())
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "same-origin"
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "现在是第1版" in page.text
    item = page.text.split('name="part-')[2].split('"')[0]
    saved = site.saves("先学了文件。\r\n再议事。", others={item: HOSTILE, "closing": ""}, why="记漏了")
    assert saved.status_code == 200
    assert "现在是第2版" in saved.text
    last = site.versions()[-1]
    assert last.body == {"opening": "先学了文件。\n再议事。", "items": {item: HOSTILE}, "closing": ""}
    assert (last.by_id, last.why) == (site.chair, "记漏了")
    page = site.client.get(site.link())
    assert "<script>alert" not in page.text
    assert "先学了文件。\n再议事。</textarea>" in page.text
    unchanged = site.saves("先学了文件。\n再议事。", version=2)
    assert "和原来一样，没有改动。" in unchanged.text
    assert len(site.versions()) == 2


def test_of_two_pages_the_later_loses_no_words(site: Site) -> None:
    site.saves("第一个人写的")
    later = site.saves("第二个人写的")
    assert later.status_code == 409
    assert "刚才有人写了新的一版" in later.text
    assert "第一个人写的</textarea>" in later.text
    assert "您刚才写的，还没有存：</b><br>第二个人写的" in later.text
    assert [each.body["opening"] for each in site.versions()] == ["", "第一个人写的"]
    assert site.saves("两个人写的", version=2).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}]
)
def test_another_site_cannot_save(site: Site, headers: dict[str, str]) -> None:
    assert site.saves("坏话", headers=headers).status_code == 403
    assert len(site.versions()) == 1


def test_only_the_chair_with_a_fresh_link_of_ours_comes_in(site: Site) -> None:
    assert site.client.get(site.link(ago=KEPT)).status_code == 404
    assert site.client.get(site.link(ago=KEPT - timedelta(minutes=1))).status_code == 200
    assert site.client.get(site.link(secret="somebody else's secret")).status_code == 404
    assert site.client.get(site.link(site.guest)).status_code == 403
    assert site.client.get(site.link()[:-1] + "A" * 400).status_code == 404


def test_what_is_published_is_not_changed_any_more(site: Site) -> None:
    site.becomes(MeetingState.PUBLISHED)
    answer = site.saves("还想改")
    assert answer.status_code == 403
    assert "已公示" in answer.text
    assert len(site.versions()) == 1


def test_a_body_that_is_no_form_changes_nothing(site: Site) -> None:
    for body in (b"\xff\xfe", b"part-opening=%ff", b"a=1&" * 500, b"part-opening=" + b"x" * 400_001):
        assert site.client.post(site.link(), content=body, headers=OURS).status_code == 413
    assert site.client.post(site.link(), content=b"part-999=x&version=1", headers=OURS).status_code == 403
    assert site.saves("x", version=10**6).status_code == 409
    assert len(site.versions()) == 1
