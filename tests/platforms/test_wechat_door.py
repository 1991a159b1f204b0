"""Who gets in at /wechat: signature, freshness, replay, safe mode, size, hostile XML."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot.platforms.base import Answer, Busy
from bot.platforms.wechat import WeChat
from bot.platforms.wechat_crypto import Guard, Refused, signature
from handlers.messages import Kind, Outgoing
from tests.fakes.wechat_user import Post, WeChatUser
from tests.platforms.wechat_stage import AES_KEY, OTHER_KEY, TOKEN, Stage, StillClock, deps, settings, stage

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefg", "bcdefgh", strict=True))
    + "]><xml><MsgType>text</MsgType><Content>&h;</Content></xml>"
)
DTDS = (
    BILLION_LAUGHS,
    '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/evil.dtd"><xml><MsgType>text</MsgType></xml>',
    '<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>',
    "<a>" * 9_000 + "</a>" * 9_000,
)


@pytest.fixture(scope="module", params=["safe", "plaintext"])
def shared(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with stage(mode=request.param) as built:
        yield built


@pytest.fixture
def door(shared: Stage) -> Stage:
    shared.desk.heard.clear()
    shared.desk.answers.clear()
    shared.desk.patience.clear()
    return shared


@pytest.fixture
def plain(database_url: str) -> Iterator[Stage]:
    with stage(database_url, mode="plaintext") as built:
        yield built


def test_wechat_verifies_the_address_and_gets_its_words_back_as_plain_text(door: Stage) -> None:
    answer = door.user.verify("5837591<b>")
    assert (answer.status_code, answer.text) == (200, "5837591<b>")
    assert answer.headers["content-type"].startswith("text/plain")
    stranger = replace(door.user, token="guessed")
    assert stranger.verify("5837591").status_code == 400
    assert door.user.http.get(f"{door.user.url}/wechat", params=door.user.signed()).status_code == 400


def test_a_person_writes_and_is_answered(door: Stage) -> None:
    door.desk.answers = [Outgoing("您好,李阿姨")]
    reply = door.user.says("西苑小区3号楼漏水")
    assert (reply.status, reply.text, reply.to, reply.sender) == (
        200,
        "您好,李阿姨",
        door.user.openid,
        door.user.account,
    )
    assert [(i.sender, i.kind, i.text) for i in door.desk.heard] == [(door.user.openid, Kind.TEXT, "西苑小区3号楼漏水")]


@pytest.mark.parametrize("broken", ["signature", "timestamp", "nonce"])
def test_who_does_not_know_the_token_is_refused(door: Stage, broken: str) -> None:
    post = door.user.text("你好")
    for wrong in ({broken: "1" + post.params[broken]}, {broken: ""}, {broken: "漏水\x00"}):
        assert door.user.deliver(replace(post, params=post.params | wrong)).status == 400
    without = {name: value for name, value in post.params.items() if name != broken}
    assert door.user.deliver(replace(post, params=without)).status == 400
    assert door.desk.heard == []


def test_a_post_older_or_newer_than_five_minutes_is_refused(door: Stage) -> None:
    for minutes in (-6, 6):
        at = door.clock.at + timedelta(minutes=minutes)
        xml = door.user.xml({"MsgType": "text", "Content": "旧", "MsgId": "1"})
        assert door.user.deliver(door.user.sign(xml, at=at)).status == 400
    assert door.desk.heard == []
    assert door.user.deliver(door.user.sign(xml, at=door.clock.at - timedelta(minutes=4))).status == 200


def test_a_thief_cannot_put_other_words_under_a_seen_signature_but_a_true_retry_passes(plain: Stage) -> None:
    post = plain.user.text("楼道灯坏了")
    forged = replace(post, body=post.body.replace("楼道灯坏了".encode(), "转账给我".encode()))
    assert plain.user.deliver(post).status == 200
    assert plain.user.deliver(forged).status == 400
    assert plain.user.deliver(post).status == 200
    assert [i.text for i in plain.desk.heard] == ["楼道灯坏了", "楼道灯坏了"]
    assert len({i.event_key for i in plain.desk.heard}) == 1


def test_the_memory_of_signatures_holds_in_another_process_and_after_a_restart(database_url: str) -> None:
    with stage(database_url, mode="plaintext") as first:
        post = first.user.text("楼道灯坏了")
        assert first.user.deliver(post).status == 200
    with stage(database_url, mode="plaintext") as second:
        assert second.user.deliver(replace(post, body=second.user.text("转账给我").body)).status == 400
        assert second.user.deliver(post).status == 200
        assert [i.text for i in second.desk.heard] == ["楼道灯坏了"]


def test_a_memory_that_cannot_be_written_turns_the_person_away_for_now(plain: Stage) -> None:
    plain.desk.answers = [Busy(), Outgoing("收到")]
    post = plain.user.text("楼道灯坏了")
    assert plain.user.deliver(post).status == 503
    assert plain.user.deliver(post).text == "收到"


def test_safe_mode_refuses_plaintext_and_a_foreign_envelope() -> None:
    with stage() as door:
        post = door.user.text("你好")
        naked = replace(door.user, aes_key="").text("你好")
        assert door.user.deliver(naked).status == 400
        assert door.user.deliver(replace(naked, params=naked.params | {"encrypt_type": "raw"})).status == 400
        assert door.user.deliver(replace(post, params=post.params | {"encrypt_type": "raw"})).status == 400
        assert door.user.deliver(replace(post, params=post.params | {"msg_signature": "0" * 40})).status == 400
        other = door.user.text("别的话")
        assert door.user.deliver(replace(post, body=other.body)).status == 400
        assert door.user.deliver(replace(door.user, aes_key=OTHER_KEY).text("你好")).status == 400
        assert door.user.deliver(replace(door.user, app_id="wx-of-somebody-else").text("你好")).status == 400
        assert door.desk.heard == []
        assert door.user.deliver(post).text == "收到"


def test_the_previous_key_still_opens_and_the_reply_comes_under_it() -> None:
    with stage(user_key=OTHER_KEY, previous_encoding_aes_key=OTHER_KEY) as door:
        assert door.user.says("你好").text == "收到"
        assert replace(door.user, aes_key=AES_KEY).says("你好").text == "收到"


def test_wechats_own_published_example_opens() -> None:
    """The values of the sample code that WeChat publishes for safe mode."""
    example = settings(token="spamtest", app_id="wx2c2769f8efd9abc2", encoding_aes_key=AES_KEY)
    body = (
        "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName><Encrypt><![CDATA["
        "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXp"
        "bUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlp"
        "Kn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD"
        "1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE="
        "]]></Encrypt></xml>"
    )
    query = {
        "timestamp": "1409735669",
        "nonce": "1320562132",
        "signature": signature("spamtest", "1409735669", "1320562132"),
        "msg_signature": "5d197aaffba7e9b25a30732f161a50dee96bd5fa",
    }
    guard = Guard(example.wechat)
    guard.check(query, at=datetime.fromtimestamp(1409735700, UTC))
    xml, seal = guard.open(query, body.encode())
    assert "<Content><![CDATA[abcdteT]]></Content>" in xml
    assert seal is not None
    with pytest.raises(Refused):
        guard.open(query, body.replace("F2PE=", "F2PF=").encode())


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"token": ""}, "wechat.token"),
        ({"token": "  "}, "wechat.token"),
        ({"token": "", "mode": "plaintext"}, "wechat.token"),
        ({"app_id": ""}, "wechat.app_id"),
        ({"encoding_aes_key": ""}, "wechat.encoding_aes_key"),
        ({"encoding_aes_key": AES_KEY[:-1]}, "wechat.encoding_aes_key"),
        ({"previous_encoding_aes_key": "短"}, "wechat.previous_encoding_aes_key"),
    ],
)
def test_it_does_not_start_on_settings_that_leave_the_door_open(wrong: dict[str, str], named: str) -> None:
    with deps(StillClock(), **wrong) as made, pytest.raises(ValueError, match=named) as refusal:
        WeChat(made)
    assert AES_KEY[:-1] not in str(refusal.value)


def test_what_is_too_large_is_refused_whether_announced_or_streamed(door: Stage) -> None:
    url, user = f"{door.user.url}/wechat", door.user
    assert user.http.post(url, content=b"x" * 65_537).status_code == 413  # before the signature is even looked at
    assert user.http.post(url, params=user.signed(), content=b"x" * 65_537).status_code == 413
    streamed = iter([b"<xml>", b"x" * 40_000, b"x" * 40_000])
    assert user.http.post(url, params=user.signed(), content=streamed).status_code == 413
    assert door.desk.heard == []
    assert user.says("字" * 10_000).status == 200


def test_unsigned_streams_are_refused_before_their_body_is_read(door: Stage) -> None:
    def body() -> Iterator[bytes]:
        yield b"<xml>"

    assert door.user.http.post(f"{door.user.url}/wechat", content=body()).status_code == 400


@pytest.mark.parametrize("xml", DTDS, ids=["billion laughs", "external DTD", "file entity", "nesting"])
def test_document_types_entities_and_endless_nesting_are_refused(door: Stage, xml: str) -> None:
    assert door.user.deliver(door.user.sign(xml)).status in (400, 413)
    assert door.desk.heard == []
    assert door.user.says("你好").text == "收到"


ODD = {
    "nothing": b"",
    "not XML": "楼道灯坏了".encode(),
    "cut off": b"<xml><MsgType>text</MsgType>",
    "another root": b"<html><body/></html>",
    "empty root": b"<xml/>",
    "no type": b"<xml><FromUserName>o1</FromUserName></xml>",
    "two types": b"<xml><MsgType>text</MsgType><MsgType>image</MsgType><FromUserName>o1</FromUserName></xml>",
    "type with children": b"<xml><MsgType><a/></MsgType></xml>",
    "event key with children": b"<xml><FromUserName>o1</FromUserName><MsgType>event</MsgType><Event>subscribe</Event>"
    b"<EventKey><a>1</a></EventKey></xml>",
    "no sender": b"<xml><MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>",
    "sender that is no id": b"<xml><MsgType>text</MsgType><FromUserName>]]&gt;</FromUserName><MsgId>1</MsgId></xml>",
    "no UTF-8": b"\xff\xfe<\x00x\x00m\x00l\x00>\x00",
    "predefined entity": b"<xml>&nbsp;</xml>",
    "two roots": b"<xml/><xml/>",
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_a_signed_but_odd_body_is_kept_for_inspection_and_acknowledged(door: Stage, body: bytes) -> None:
    post = door.user.sign(body)
    for _ in range(2):
        reply = door.user.deliver(post)
        assert (reply.status, reply.body) == (200, "success")
    kept = {(i.kind, i.sender, i.event_key, i.raw) for i in door.desk.heard}
    assert len(kept) == 1
    kind, sender, key, raw = kept.pop()
    assert (kind, sender, key[:4], "\x00" in raw) == (Kind.OTHER, "", "odd:", False)


def test_odd_numbers_and_doubled_fields_do_not_lose_what_a_person_wrote(door: Stage) -> None:
    sender = f"<FromUserName>{door.user.openid}</FromUserName><ToUserName>gh_1</ToUserName><MsgType>text</MsgType>"
    for fields, heard in {
        "<Content>灯</Content><MsgId>abc</MsgId><CreateTime>x</CreateTime>": "灯",
        f"<Content>灯坏</Content><MsgId>{'9' * 5000}</MsgId>": "灯坏",
        "<Content>灯</Content><Content>坏了</Content><MsgId>3</MsgId>": "灯\n坏了",
        '<Content lang="zh">灯坏了</Content><MsgId>4</MsgId>': "灯坏了",
        "<Content></Content><MsgId>5</MsgId>": "",
        "<MsgId>6</MsgId>": "",
    }.items():
        reply = door.user.deliver(door.user.sign(f"<xml>{sender}{fields}</xml>"))
        assert (reply.text, door.desk.heard[-1].text, door.desk.heard[-1].kind) == ("收到", heard, Kind.TEXT)
    assert len({i.event_key for i in door.desk.heard}) == 6


def test_control_characters_and_broken_utf8_in_the_words_of_a_person_are_dropped_not_the_words(door: Stage) -> None:
    xml = door.user.xml({"MsgType": "text", "Content": "灯X坏了", "MsgId": "7"}).encode()
    for dirt in (b"\x08", b"\x00", b"\xef\xbf\xbf"):
        assert door.user.deliver(door.user.sign(xml.replace(b"X", dirt))).text == "收到"
        assert door.desk.heard[-1].text == "灯坏了"
    assert door.user.deliver(door.user.sign(xml.replace(b"X", b"\xff"))).text == "收到"
    assert door.desk.heard[-1].text == "灯\ufffd坏了"


def test_when_nothing_can_be_stored_wechat_is_told_to_come_again(door: Stage) -> None:
    door.desk.answers = [Busy("disk full"), Outgoing("收到")]
    post = door.user.text("你好")
    first = door.user.deliver(post)
    assert (first.status, "disk" in first.body) == (503, False)
    assert door.user.deliver(post).text == "收到"


def test_an_answer_that_is_late_is_acknowledged_without_words(door: Stage) -> None:
    door.desk.answers = [Answer(Outgoing("晚了"), late=True)]
    reply = door.user.says("你好")
    assert (reply.status, reply.body) == (200, "success")
    assert door.desk.patience[0] is not None
    assert 4 < door.desk.patience[0] < 4.5


def test_other_methods_are_not_offered(door: Stage) -> None:
    assert door.user.http.put(f"{door.user.url}/wechat").status_code == 405


def test_refusals_say_nothing_of_the_person_or_the_secrets(door: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    door.user.deliver(replace(door.user.text("13800138000"), params=door.user.signed() | {"signature": "0" * 40}))
    door.user.deliver(door.user.sign(BILLION_LAUGHS))
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("bot"))
    assert "wrong signature" in ours
    for hidden in (TOKEN, AES_KEY, door.user.openid, "13800138000"):
        assert hidden not in ours


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_fields = st.sampled_from(
    ["MsgType", "Event", "EventKey", "Content", "MsgId", "CreateTime", "FromUserName", "Location_X"]
)
_values = st.sampled_from(["text", "event", "location", "subscribe", "CLICK", "qrscene_", "o1", ""]) | _text
_bodies = (
    st.binary(max_size=300)
    | st.binary(max_size=80).map(lambda inside: b"<xml><MsgType>text</MsgType>" + inside + b"</xml>")
    | st.dictionaries(_fields, _values).map(lambda fields: WeChatUser("", TOKEN).xml(fields).encode())
)
_queries = st.dictionaries(
    st.sampled_from(["signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "echostr"]), _text, max_size=2
)


@hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=_bodies, signed=st.booleans(), extra=_queries)
def test_no_post_whatever_brings_the_door_down(shared: Stage, body: bytes, signed: bool, extra: dict[str, str]) -> None:
    post = shared.user.sign(body) if signed else Post(extra, body)
    if signed and not extra:
        assert shared.user.deliver(post).status == 200 or b"<!" in body
    else:
        url = f"{shared.user.url}/wechat"
        params = post.params | extra
        assert shared.user.http.post(url, params=params, content=post.body).status_code < 500
        assert shared.user.http.get(url, params=params).status_code < 500
