from __future__ import annotations

from io import BytesIO
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.fuzz.conftest import Target
from tests.fuzz.strategies import encoded, few, many, mutated, trees, words

ids = st.text("abcdefghijklmnop-_0123456789", min_size=8, max_size=64)
messages = st.one_of(
    st.fixed_dictionaries({"id": ids, "text": words}),
    st.fixed_dictionaries({"id": ids, "press": st.text(max_size=30), "label": words}),
    st.fixed_dictionaries({"id": ids, "text": words, "photos": st.lists(ids, max_size=3)}),
    st.fixed_dictionaries({"id": ids, "location": st.lists(st.floats() | st.integers(), max_size=3)}),
)


def _picture(format: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), "orange").save(out, format)
    return out.getvalue()


pictures = st.sampled_from([_picture(format) for format in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")])


@st.composite
def broken_pictures(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(pictures))
    for _ in range(draw(st.integers(1, 8))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(len(data) // 2, len(data)))])


@few
@given(body=st.binary(max_size=3000))
def test_any_bytes(plain: Target, body: bytes) -> None:
    assert plain.chat("/chat/messages", body) < 500


@many
@given(tree=trees)
def test_any_json(plain: Target, tree: Any) -> None:
    assert plain.chat("/chat/messages", encoded(tree)) < 500


@many
@given(message=messages)
def test_anything_said(plain: Target, message: Any) -> None:
    assert plain.chat("/chat/messages", encoded(message)) in (200, 400)


@many
@given(message=mutated(messages))
def test_good_messages_with_something_changed(plain: Target, message: Any) -> None:
    assert plain.chat("/chat/messages", encoded(message)) < 500


@few
@given(body=st.binary(max_size=3000) | broken_pictures() | pictures)
def test_any_picture(safe: Target, body: bytes) -> None:
    assert safe.chat("/chat/photos", body) in (200, 415, 429)


@few
@given(
    path=st.sampled_from(["/chat/messages", "/chat/events"]),
    after=st.text(max_size=30),
    cookie=st.text('ab.=;"', max_size=40),
)
def test_any_cookie_and_any_position(plain: Target, path: str, after: str, cookie: str) -> None:
    after = after.encode("utf-8", "replace").decode()
    answer = plain.http.get(path, params={"after": after}, headers={"Cookie": f"zhuoluo_chat={cookie}"})
    assert answer.status_code in (200, 401)


def test_a_good_message_still_works(plain: Target) -> None:
    plain.good_messages_still_work()
