"""What a person does on WeChat, and what we hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from handlers.messages import Incoming, IncomingPhoto, Kind
from tests.fakes.wechat_user import Post
from tests.platforms.wechat_stage import Stage, stage


@pytest.fixture(scope="module")
def shared() -> Iterator[Stage]:
    with stage() as built:
        yield built


@pytest.fixture
def door(shared: Stage) -> Stage:
    shared.desk.heard.clear()
    shared.desk.answers.clear()
    return shared


def heard(door: Stage, post: Post) -> Incoming:
    assert door.user.deliver(post).status == 200
    return door.desk.heard[-1]


def test_each_thing_a_person_sends_is_heard_as_what_it_is(door: Stage) -> None:
    user = door.user
    for post, kind, text in (
        (user.text(" 3号楼 漏水\n很急 "), Kind.TEXT, "3号楼 漏水\n很急"),
        (user.menu_text("进度"), Kind.TEXT, "进度"),
        (user.voice(), Kind.VOICE, ""),
        (user.voice(recognition="灯坏了。"), Kind.VOICE, "灯坏了。"),
        (user.video(), Kind.OTHER, ""),
        (user.link(), Kind.OTHER, ""),
        (user.message("sticker_of_the_future", {}), Kind.OTHER, ""),
        (user.message("image", {"MediaId": ""}), Kind.OTHER, ""),
        (user.follow(), Kind.FOLLOW, ""),
        (user.follow("invite-7F3A"), Kind.FOLLOW, "invite-7F3A"),
        (user.event("subscribe", "last_trade_no_1"), Kind.FOLLOW, ""),
        (user.scan("invite-7F3A"), Kind.FOLLOW, "invite-7F3A"),
        (user.click("进度"), Kind.TEXT, "进度"),
        (user.leave(), Kind.LEAVE, ""),
    ):
        event = heard(door, post)
        assert (event.platform, event.sender, event.kind, event.text) == ("wechat", user.openid, kind, text)
        assert f"<FromUserName>{user.openid}</FromUserName>" in event.raw
    assert len({event.event_key for event in door.desk.heard}) == len(door.desk.heard)


def test_a_photo_waits_on_the_platform(door: Stage) -> None:
    event = heard(door, door.user.photo("media-17", message_id=99))
    assert (event.kind, event.photos, event.event_key) == (
        Kind.PHOTO,
        (IncomingPhoto(remote_id="media-17"),),
        "msg:99",
    )


def test_location_x_is_the_latitude(door: Stage) -> None:
    event = heard(door, door.user.location(-33.86, 151.21, "西苑小区"))
    assert (event.kind, event.location, event.text) == (Kind.LOCATION, (-33.86, 151.21), "")


def test_a_position_in_china_is_moved_from_the_shifted_map_to_the_true_one(door: Stage) -> None:
    """Three points whose shifted coordinates are published: in Shanghai, Shenzhen and Beijing."""
    for true, shifted in (
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ):
        event = heard(door, door.user.location(*shifted))
        assert event.location == pytest.approx(true, abs=1e-7)


def test_a_position_that_is_none_is_kept_as_something_odd(door: Stage) -> None:
    for x, y in ((91.0, 0.0), (0.0, -181.0), (float("nan"), 0.0), (float("inf"), 0.0)):
        event = heard(door, door.user.location(x, y))
        assert (event.kind, event.location) == (Kind.OTHER, None)


def test_a_retry_of_anything_carries_the_same_key_though_wechat_seals_it_anew(door: Stage) -> None:
    user = door.user
    for make in (
        lambda: user.text("漏水", message_id=7),
        lambda: user.menu_text("进度"),
        lambda: user.follow("invite-1"),
        lambda: user.click("进度"),
        user.leave,
    ):
        first, again = make(), make()
        assert first.body != again.body
        assert heard(door, first).event_key == heard(door, again).event_key == heard(door, first).event_key


def test_different_events_of_one_second_and_equal_events_of_two_seconds_are_told_apart(door: Stage) -> None:
    user = door.user
    posts = [
        user.menu_text("进度"),
        user.menu_text("帮助"),
        user.click("进度"),
        user.click("帮助"),
        user.scan("a"),
        user.scan("b"),
        user.follow(),
        user.leave(),
        user.message("text", {"Content": "一"}, message_id=0),
    ]
    door.clock.at += timedelta(seconds=1)
    posts += [user.menu_text("进度"), user.click("进度"), user.follow()]
    neighbour, user.openid = user.openid, "oNeighbour_000000000000000001"
    posts += [user.menu_text("进度"), user.click("进度"), user.follow()]
    user.openid = neighbour
    assert len({heard(door, post).event_key for post in posts}) == len(posts)


@pytest.mark.parametrize("event", ["VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH", "of_the_future"])
def test_events_that_are_nobodys_words_are_acknowledged_and_nobody_is_disturbed(door: Stage, event: str) -> None:
    reply = door.user.deliver(door.user.event(event, "http://example.invalid/", Latitude="30.2", Longitude="120.1"))
    assert (reply.status, reply.body, door.desk.heard) == (200, "success", [])
