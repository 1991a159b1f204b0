"""From :class:`Outgoing` to what WeChat takes: text by the byte, and XML that nobody's words can break out of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from wechatpy.replies import TextReply

from bot.platforms.base import numbered_text
from bot.platforms.wechat_parse import ILLEGAL
from handlers.messages import Outgoing

#: Bytes of UTF-8 in one text, passive or customer-service (channels.md).
TEXT_LIMIT = 2048
#: Where a text is cut that nothing may follow.
CUT_LIMIT = 2000

#: Emoji sequences hang together by these: joiner, variants, key cap, skin.
_JOINS = frozenset("\u200d\ufe0e\ufe0f\u20e3\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


def full_text(message: Outgoing, links: tuple[str, ...]) -> str:
    """Words, links to photos, numbered options, in this order and free of what XML forbids."""
    return ILLEGAL.sub("", numbered_text(replace(message, text="\n".join(filter(None, (message.text, *links))))))


def parts(message: Outgoing, links: tuple[str, ...], count: int) -> list[str]:
    """At most ``count`` texts. Where that is not enough the words give way with "…"; links and options stay."""
    whole = pieces(full_text(message, links))
    if len(whole) <= count:
        return whole
    words = pieces(ILLEGAL.sub("", message.text))
    tail = full_text(replace(message, text=""), links)
    room = CUT_LIMIT - _size(f"…\n{tail}")
    if room < CUT_LIMIT // 4 or len(words) < count:  # a tail as long as this is itself what must be cut
        return [*whole[: count - 1], pieces(whole[count - 1], CUT_LIMIT)[0] + "…"]
    last = pieces(words[count - 1], room)[0] + "…"
    return [*words[: count - 1], f"{last}\n{tail}" if tail else last]


def pieces(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """The text in parts of at most ``limit`` bytes, broken at a line where one ends in the second half of a part."""
    found = []
    while _size(text) > limit:
        head = text.encode()[:limit].decode("utf-8", "ignore")
        line = head.rfind("\n")
        if line > len(head) // 2:
            found.append(head[:line])
            text = text[line + 1 :]
            continue
        end = len(head)
        while end > 1 and end > len(head) - 16 and (text[end] in _JOINS or text[end - 1] in _JOINS):
            end -= 1
        found.append(text[:end])
        text = text[end:]
    return [*found, text]


def passive_reply(content: str, *, to: str, sender: str, at: datetime) -> str:
    reply = TextReply(content=_cdata(content), target=_cdata(to), source=_cdata(sender), time=int(at.timestamp()))
    return str(reply.render())


def _cdata(text: str) -> str:
    """wechatpy puts text into CDATA as it is: ``]]>`` is split over two sections, so it can end none."""
    return ILLEGAL.sub("", text).replace("]]>", "]]]]><![CDATA[>")


def _size(text: str) -> int:
    return len(text.encode())
