"""What people say around the matter: doors, thanks and abuse, which tell nothing of what it is about."""

from __future__ import annotations

import re

from understanding.address.doors import doors

_THANKS = re.compile(
    r"(?:非常|十分|万分|先|多)?(?:感谢|谢谢|多谢|拜谢|跪谢)(?:[您你]们?|领导|大家|师傅|各位|配合|支持|啦|了|啊|哈|理解)*"
    r"|(?:您|你们?)?辛苦(?:[您你]们?|大家)?(?:了|啦)|麻烦(?:[您你]们?)(?:了|啦)|拜托(?:[您你]们?)?(?:了|啦)?|祝好|此致|敬礼"
)
_ABUSE = re.compile(
    r"(?:你们?|他们|这[些帮群])?(?:物业|社区|居委会|领导|当官的)?(?:都|全|就)?是?(?:一?[群帮])?"
    r"(?:吃干饭|吃闲饭|废物|混蛋|王八蛋|饭桶|白痴|脑残|神经病|狗屁|他妈|特么|尼玛|不要脸)的?|(?:真是)?气死(?:我|人)了?"
)
_LEAST = 4
"""Characters that must be left: who only says thank you says thank you."""


def without_doors(text: str) -> str:
    """A plain text with its doors blanked, of the same length: 单元 in an address is no matter of the staircase."""
    for door in reversed(list(doors(text))):
        start, end = door.span
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def without_courtesy(text: str) -> str:
    """A plain text without thanks and abuse, of the same length."""
    bare = text
    for words in (_THANKS, _ABUSE):
        bare = words.sub(lambda found: " " * len(found[0]), bare)
    return bare if sum(map(str.isalnum, bare)) >= _LEAST else text
