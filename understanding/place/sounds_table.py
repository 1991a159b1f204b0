"""Writes ``sounds.txt`` anew: ``python -m understanding.place.sounds_table > understanding/place/sounds.txt``.

Needs pypinyin, which is for development only. A line is a toneless syllable and every character of the CJK basic block
commonly read so; a line that begins with + gives characters a second common reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

FIRST, LAST = 0x4E00, 0x9FFF
_SECOND = {
    **{"长": "chang", "重": "chong", "厦": "xia", "都": "du", "乐": "yue", "行": "hang", "朝": "zhao", "盛": "cheng"},
    **{"会": "kuai", "藏": "zang", "传": "zhuan", "调": "tiao", "单": "shan", "宿": "xiu", "柏": "bo", "曾": "zeng"},
    **{"解": "xie", "查": "zha", "校": "jiao", "角": "jue", "降": "xiang", "参": "shen", "车": "ju", "弹": "tan"},
    **{"还": "huan", "强": "jiang", "翟": "zhai", "贾": "gu", "莞": "wan", "涌": "chong", "露": "lou", "壳": "qiao"},
}


def lines() -> Iterator[str]:
    from pypinyin import lazy_pinyin

    first: defaultdict[str, list[str]] = defaultdict(list)
    second: defaultdict[str, list[str]] = defaultdict(list)
    for character in map(chr, range(FIRST, LAST + 1)):
        for syllable in lazy_pinyin(character, errors="ignore"):
            first[syllable].append(character)
            if _SECOND.get(character, syllable) != syllable:
                second[_SECOND[character]].append(character)
    yield from (f"{syllable} {''.join(characters)}" for syllable, characters in sorted(first.items()))
    yield from (f"+{syllable} {''.join(characters)}" for syllable, characters in sorted(second.items()))


if __name__ == "__main__":
    for line in lines():
        print(line)
