from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.wechat_user import Post
from tests.fuzz.conftest import Target
from tests.fuzz.strategies import few, many, mutated_text, words

names = st.sampled_from(
    ["MsgType", "Content", "MsgId", "Event", "EventKey", "PicUrl", "MediaId", "Recognition", "Location_X", "Location_Y",
     "Label", "Ticket", "CreateTime", "FromUserName", "bizmsgmenuid", "Encrypt"]
)  # fmt: skip
kinds = st.sampled_from(["text", "image", "voice", "location", "event", "video", "link", "nothing"])
events = st.sampled_from(["subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW", "LOCATION", "nothing", ""])
fields = st.builds(
    lambda more, kind, event, number: {"MsgId": str(number), **more, "MsgType": kind, "Event": event},
    st.dictionaries(names, words, max_size=6),
    kinds,
    events,
    st.integers(1, 2**63),
)


@pytest.mark.parametrize("mode", ["safe", "plain"])
class TestBothModes:
    @few
    @given(body=st.binary(max_size=3000))
    def test_any_bytes_well_signed(self, mode: str, safe: Target, plain: Target, body: bytes) -> None:
        target = {"safe": safe, "plain": plain}[mode]
        assert target.wechat(target.wechat_user().sign(body)) < 500

    @many
    @given(said=fields)
    def test_any_fields(self, mode: str, safe: Target, plain: Target, said: dict[str, str]) -> None:
        target = {"safe": safe, "plain": plain}[mode]
        user = target.wechat_user()
        assert target.wechat(user.sign(user.xml(said).encode("utf-8", "replace"))) < 500

    @many
    @given(data=st.data(), said=fields)
    def test_good_xml_with_something_changed(
        self, mode: str, safe: Target, plain: Target, data: st.DataObject, said: dict[str, str]
    ) -> None:
        target = {"safe": safe, "plain": plain}[mode]
        user = target.wechat_user()
        xml = data.draw(mutated_text(st.just(user.xml(said))))
        assert target.wechat(user.sign(xml.encode("utf-8", "replace"))) < 500

    @few
    @given(
        params=st.dictionaries(
            st.sampled_from(["signature", "timestamp", "nonce", "echostr", "msg_signature", "encrypt_type", "openid"]),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
        ),
        body=st.binary(max_size=500),
        method=st.sampled_from(["GET", "POST"]),
    )
    def test_nobody_gets_in_without_a_signature(
        self, mode: str, safe: Target, plain: Target, params: dict[str, str], body: bytes, method: str
    ) -> None:
        target = {"safe": safe, "plain": plain}[mode]
        assert target.wechat(Post(params, body), method) == 400

    @few
    @given(echo=words)
    def test_the_echo_is_given_back_as_it_came(self, mode: str, safe: Target, plain: Target, echo: str) -> None:
        target = {"safe": safe, "plain": plain}[mode]
        params = target.wechat_user().signed() | {"echostr": echo.encode("utf-8", "replace").decode()}
        answer = target.http.get("/wechat", params=params)
        assert (answer.status_code, answer.text) in ((200, params["echostr"]), (400, "refused"))

    def test_a_good_message_still_works(self, mode: str, safe: Target, plain: Target) -> None:
        {"safe": safe, "plain": plain}[mode].good_messages_still_work()


@many
@given(data=st.data())
def test_sealed_envelopes_with_something_changed(safe: Target, data: st.DataObject) -> None:
    user = safe.wechat_user()
    post = user.text("楼道灯坏了")
    body = data.draw(mutated_text(st.just(post.body.decode())))
    assert safe.wechat(Post(post.params, body.encode("utf-8", "replace"))) < 500
