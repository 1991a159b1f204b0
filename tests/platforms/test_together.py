"""What is reckoned to fit into one message does: whatever people wrote, on WeChat's 2,048 bytes and on Telegram."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.telegram_render import TEXT_LIMIT, render, units
from bot.platforms.wechat_render import TEXT_LIMIT as WECHAT_LIMIT
from bot.platforms.wechat_render import full_text, parts
from handlers.announcements import BUNDLE_FRAME, message_of, room_of
from handlers.messages import unended
from services.outbox import Envelope, OwnNotice
from services.routes import Channel

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ADDRESS = "https://a-long-name-of-a-community.example.cn/photo/"


def order(note: str, short: int, photos: int) -> dict[str, Any]:
    return {
        "number": f"LN-2026-{short:04d}",
        "short": short,
        "issue": short,
        "urgent": False,
        "category": "lighting",
        "place": "西苑小区3号楼2单元",
        "summary": note[:20],
        "note": note,
        "photos": [f"{n:022}" for n in range(photos)],
        "state": "received",
        "holder_role": "steward",
        "holder": "西苑小区3号楼2单元",
        "grounds": None,
        "first_answer_due": "2026-11-21T09:20:00+08:00",
        "landing_due": "2026-11-27T09:20:00+08:00",
    }


NOTES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=120)
NOTICES = st.lists(
    st.tuples(
        st.sampled_from(["report_holder", "human"]), NOTES, st.integers(1, 99999), st.integers(0, 2), st.booleans()
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(told=NOTICES, numbered=st.booleans())
def test_what_is_reckoned_to_fit_into_one_message_does(
    told: list[tuple[str, str, int, int, bool]], numbered: bool
) -> None:
    taken: list[OwnNotice] = []
    left = WECHAT_LIMIT - BUNDLE_FRAME
    for number, (kind, note, short, photos, repeat) in enumerate(told, start=1):
        params = order(note, short, photos) if kind == "report_holder" else {"name": "", "home": "", "note": note}
        room = room_of(kind, params)
        assert room is not None
        left -= room
        if left < 0:
            break
        taken.append(OwnNotice(number, kind, params, repeat))
    if len(taken) < 2:
        return
    first, *more = taken
    message = message_of(
        Envelope(
            notice_id=first.id, member_id=1, account_id=1, channel=Channel("wechat"), to="x", kind=first.kind,
            params=first.params, repeat=first.repeat, numbered=numbered, send_at=None, lease="x", lease_until=NOW,
            more=tuple(more),
        )
    )  # fmt: skip
    links = tuple(f"{ADDRESS}{photo}.jpg" for photo in message.photos)
    assert len(parts(message, links, 5)) == 1
    assert all(unended(notice.params["note"]) in full_text(message, ()) for notice in taken)
    assert message.text.count("【补发】") >= sum(notice.repeat for notice in taken)
    (text,) = render(message).texts
    assert units(text) <= TEXT_LIMIT
