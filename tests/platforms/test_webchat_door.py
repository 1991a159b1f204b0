"""Who and what the web chat lets in, and what its pages are protected by."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot.clock import Clock
from bot.database import Database
from bot.platforms.base import Deps
from bot.platforms.webchat import WebChat
from bot.platforms.webchat_browser import Buckets
from bot.settings_sections import DemoSettings, ServerSettings, WebChatSettings
from handlers.messages import Kind
from tests.database import on_sqlite
from tests.platforms.webchat_stage import House, Visitor, picture, running, settings_of


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with running(database, tmp_path, demo=DemoSettings(enabled=True)) as house:
        yield house


@on_sqlite
def test_photos_are_taken_by_content_and_lose_what_they_carried(house: House) -> None:
    visitor = house.visitor()
    photo = visitor.upload(picture()).json()["id"]
    assert visitor.say("看照片", photos=[photo]).status_code == 200
    assert [p.public_id for p in house.echo.heard[0].photos] == [photo]
    assert house.echo.heard[0].kind is Kind.PHOTO
    assert visitor.reads()[0]["photos"] == [photo]
    shown = visitor.client.get(f"/photo/{photo}.jpg")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["Cache-Control"].startswith("private")
    assert b"balcony" not in shown.content
    assert visitor.client.get(f"/photo/{'a' * 22}.jpg").status_code == 404
    assert visitor.client.get("/photo/..%2f..%2fetc.jpg").status_code == 404


@on_sqlite
def test_a_place_is_heard_in_degrees_and_shown_without_them(house: House) -> None:
    visitor = house.visitor()
    for location in ([36.0611, 103.8343], [0, 0], [-90, 180]):
        assert visitor.say(location=location).status_code == 200
        heard = house.echo.heard[-1]
        assert (heard.kind, heard.text, heard.location) == (Kind.LOCATION, "", tuple(map(float, location)))
    assert [row["text"] for row in visitor.reads() if row["own"]] == ["📍 位置"] * 3


@on_sqlite
def test_what_is_no_photo_is_refused(house: House) -> None:
    visitor = house.visitor()
    assert visitor.upload(b"<svg onload=alert(1)>").status_code == 415
    assert visitor.upload(b"").status_code == 415
    assert visitor.upload(b"\xff\xd8" + bytes(200_001)).status_code == 413
    assert visitor.say("看", photos=["a" * 22]).status_code == 400
    assert visitor.reads() == []


@on_sqlite
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 30_000,
        b'{"id":"12345678"}',
        b'{"id":"short","text":"x"}',
        b'{"id":"12345678","text":7}',
        b'{"id":"12345678","text":"\\ud800"}',
        b'{"id":"12345678","text":"a\\u0000b"}',
        b'{"id":"12345678","photos":["../../x"]}',
        b'{"id":"12345678","photos":"x"}',
        b'{"id":"12345678","text":"x","press":"s:1:0"}',
        b'{"id":"12345678","press":"' + b"x" * 65 + b'"}',
        b'{"id":"12345678","location":[36.06]}',
        b'{"id":"12345678","location":[36.06,103.83,1500]}',
        b'{"id":"12345678","location":["36.06","103.83"]}',
        b'{"id":"12345678","location":{"latitude":36.06}}',
        b'{"id":"12345678","location":[true,false]}',
        b'{"id":"12345678","location":[NaN,103.83]}',
        b'{"id":"12345678","location":[36.06,Infinity]}',
        b'{"id":"12345678","location":[103.83,36.06]}',
        b'{"id":"12345678","location":[36.06,180.01]}',
        b'{"id":"12345678","location":[36.06,103.83],"text":"x"}',
        b'{"id":"12345678","location":[36.06,103.83],"press":"s:1:0"}',
    ],
)
def test_a_malformed_message_is_refused_and_nothing_is_kept(house: House, body: bytes) -> None:
    visitor = house.visitor()
    answer = visitor.client.post("/chat/messages", content=body)
    assert answer.status_code == 400
    assert house.echo.heard == []


@on_sqlite
def test_whatever_is_posted_the_program_stays_up(house: House) -> None:
    visitor = house.visitor()

    @hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.one_of(
            st.binary(max_size=300),
            st.dictionaries(
                st.sampled_from(["id", "text", "press", "label", "photos", "location", "x"]),
                st.one_of(
                    st.text(),
                    st.integers(),
                    st.none(),
                    st.lists(st.text()),
                    st.lists(st.floats(), max_size=3),
                    st.just("k" * 32),
                ),
            ).map(lambda message: json.dumps(message).encode()),
        )
    )
    def post(body: bytes) -> None:
        assert visitor.client.post("/chat/messages", content=body).status_code in (200, 400)
        assert visitor.client.get("/chat/messages", params={"after": body.decode("latin-1")}).status_code == 200

    post()
    assert visitor.client.post("/chat/messages", content=b"x" * 65_537).status_code == 413
    assert visitor.say("好消息").status_code == 200


@on_sqlite
def test_a_forged_or_borrowed_cookie_names_nobody(house: House) -> None:
    visitor = house.visitor()
    visitor.say("你好")
    name, value = next(iter(visitor.client.cookies.items()))
    signed, _, signature = value.rpartition(".")  # its first character: of the last one some bits say nothing
    resigned = f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    for forged in ("demo-steward", resigned, value.replace(".", "", 1), ""):
        stranger = house.browser(**{name: forged})
        assert stranger.post("/chat/messages", json={"id": "12345678", "text": "x"}).status_code == 401
        assert stranger.get("/chat/events").status_code == 401
        assert stranger.get("/chat/messages").json() == {"messages": []}
    borrowed = house.browser(zhuoluo_resident=value)
    assert borrowed.post("/demo/resident/chat/messages", json={"id": "12345678", "text": "x"}).status_code == 401


@on_sqlite
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "X-Zhuoluo": "1"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 200),  # the public address
        ({"X-Zhuoluo": "1"}, 200),
        ({}, 403),
    ],
)
def test_only_our_own_page_may_post(house: House, headers: dict[str, str], status: int) -> None:
    cookies = dict(house.visitor().client.cookies)
    message = {"id": secrets.token_hex(8), "text": "你好"}
    url = f"{house.url}/chat/messages"
    assert httpx.post(url, json=message, cookies=cookies, headers=headers).status_code == status


def test_the_demo_seats_three_people_in_one_browser(house: House) -> None:
    client = house.browser()
    resident, steward, secretary = (
        Visitor(client, f"/demo/{role}/chat") for role in ("resident", "steward", "secretary")
    )
    for person in (resident, steward, secretary):
        person.say(f"我是{person.base}")
    senders = [incoming.sender for incoming in house.echo.heard]
    assert senders[1:] == ["demo-steward", "demo-secretary"]
    assert len(resident.reads()) == len(steward.reads()) == len(secretary.reads()) == 2
    ends = client.post("/demo/resident/chat/restart").json()
    assert ends == {"steward": steward.reads()[-1]["id"], "secretary": secretary.reads()[-1]["id"]}
    assert resident.reads() == []
    assert len(steward.reads()) == 2
    resident.say("又一位")
    assert house.echo.heard[-1].sender not in senders


@on_sqlite
def test_outside_the_demo_there_are_no_seats_to_take(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as house:
        for path in ("/demo", "/demo/steward/chat", "/demo/steward/chat/messages"):
            assert httpx.get(house.url + path).status_code == 404
        assert "/demo" not in httpx.get(house.url).text


@on_sqlite
@pytest.mark.parametrize("path", ["/", "/privacy", "/demo", "/chat", "/demo/steward/chat", "/chat/messages"])
def test_every_page_carries_the_headers_that_protect_it(house: House, path: str) -> None:
    page = httpx.get(house.url + path)
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self';"
    )
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Permissions-Policy"] == "geolocation=(self), camera=(), microphone=()"
    assert "Strict-Transport-Security" not in page.headers
    assert page.headers["Cache-Control"] == ("no-store" if "chat" in path else "no-cache")
    assert "<script>" not in page.text
    assert " style=" not in page.text


@on_sqlite
def test_behind_https_the_cookie_is_bound_to_it(database: Database, tmp_path: Path) -> None:
    server = ServerSettings(public_url="https://zhuoluo.example")
    with running(database, tmp_path, server=server, demo=DemoSettings(enabled=True)) as house:
        page = httpx.get(f"{house.url}/chat")
        assert page.headers["Strict-Transport-Security"]
        cookie = page.headers["Set-Cookie"]
        assert cookie.startswith("__Host-zhuoluo_chat=")
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        seat = httpx.get(f"{house.url}/demo/resident/chat").headers["Set-Cookie"]
        assert seat.startswith("__Secure-zhuoluo_resident=")
        assert "Path=/demo/resident/chat" in seat


@on_sqlite
def test_files_of_the_pages_are_kept_under_their_version_only(house: House) -> None:
    address = next(
        part for part in httpx.get(f"{house.url}/chat").text.split('"') if part.startswith("/static/chat.js")
    )
    assert "immutable" in httpx.get(house.url + address).headers["Cache-Control"]
    assert httpx.get(f"{house.url}/static/chat.js").headers["Cache-Control"] == "no-cache"
    assert httpx.get(f"{house.url}/static/nothing.js").status_code == 404
    assert httpx.get(f"{house.url}/static/..%2fpages.py").status_code == 404


@on_sqlite
def test_one_address_cannot_bring_crowds(house: House) -> None:
    with httpx.Client(base_url=house.url) as client:
        statuses = []
        for _ in range(130):
            statuses.append(client.get("/chat").status_code)
            client.cookies.clear()
    assert statuses[:120] == [200] * 120
    assert 429 in statuses


def test_buckets_fill_again_and_forget_the_quietest() -> None:
    buckets = Buckets(2, 0.5, names=3)
    assert [buckets.take("a", now=0) for _ in range(3)] == [True, True, False]
    assert [buckets.take("a", now=2), buckets.take("a", now=2)] == [True, False]
    for name in "bcd":
        buckets.take(name, now=2)
    assert buckets.take("a", now=2)  # forgotten, so it starts anew


def test_without_a_secret_the_web_chat_does_not_start(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, webchat=WebChatSettings())
    deps = Deps(settings=settings, transactions=None, media=None, clock=Clock())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cookie_secret"):
        WebChat(deps)
