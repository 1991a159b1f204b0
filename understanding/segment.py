"""Characters and words: one spelling for full-width and traditional forms, jieba's cut, and lexicons found by it.

`plain` keeps every character at its place, so that a span of the plain text is a span of the original.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, compress, count
from operator import add
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

LONGEST = 2000
"""Characters of a message that are read."""

_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width forms of ASCII
_PLAIN |= str.maketrans("\u3000﹟﹣–—−‐‑號樓棟單層門電氣", " #------号楼栋单层门电气")
_PLAIN |= {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_PLAIN |= {code + 0xFEE0: code - 32 for code in range(ord("a"), ord("z") + 1)}

SENTENCE_ENDS = frozenset("。!?;\n\r.…")


@lru_cache(maxsize=32)
def plain(text: str) -> str:
    """Half-width, upper-case and simplified where an address needs it; the same length as the text."""
    return text.translate(_PLAIN)


def prepare(cache_dir: Path) -> None:
    """Read jieba's dictionary once (0.3 s from the cache, 1 s without), keeping the cache in this folder only.

    Any thread may call it, any number of times; the first folder stays. The folder must be ours alone: what lies
    in it is unmarshalled.
    """
    from understanding.dictionary import tokenizer

    tokenizer(cache_dir)


def cut(text: str) -> list[str]:
    """jieba's accurate cut. Unprepared, it reads the dictionary itself and no cache: never the shared temp folder."""
    from understanding.dictionary import tokenizer

    return list(tokenizer().cut(text))


@lru_cache(maxsize=8)
def pairs(text: str) -> Sequence[str]:
    """Each character with the next. Kept for the last few texts, which several lexicons search one after the other."""
    return tuple(map(add, text, text[1:]))


class Hit(NamedTuple, Generic[T]):
    start: int
    end: int
    word: str
    values: tuple[T, ...]


class Lexicon(Generic[T]):
    """Words with values, found in a text by their first two characters, the longest first; words of one character
    are found by `cut` alone. One look-up a character, whatever the number of words."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        words: dict[str, tuple[T, ...]] = {}
        lengths: dict[str, tuple[int, ...]] = {}
        for written, value in entries:
            word = plain(written)
            known = words.get(word, ())
            if value not in known:
                words[word] = (*known, value)
            if len(word) > 1 and len(word) not in lengths.get(word[:2], ()):
                lengths[word[:2]] = tuple(sorted((*lengths.get(word[:2], ()), len(word)), reverse=True))
        self.words: Mapping[str, tuple[T, ...]] = words
        self._lengths = lengths

    def find(self, text: str, *, overlapping: bool = False) -> Iterator[Hit[T]]:
        """Words of two characters and more in a plain text, in order. Unless overlapping, the longest at each
        character, and none that lies within another."""
        lengths, words, free = self._lengths, self.words, 0
        near = pairs(text)
        for at in compress(count(), map(lengths.__contains__, near)):
            for length in lengths[near[at]]:
                end = at + length
                if end <= free:
                    break
                word = text[at:end]
                if word in words:
                    yield Hit(at, end, word, words[word])
                    if not overlapping:
                        free = end
                        break

    def find_cut(self, text: str, tokens: Sequence[str] | None = None) -> Iterator[Hit[T]]:
        """As `find`, but a word of two characters counts only where jieba's words (or other words of ours) begin and
        end too, and a word of one character only where it is a word of its own. `tokens` is the text's cut, if it is
        there already."""
        tokens = cut(text) if tokens is None else tokens
        words, ends = self.words, list(accumulate(map(len, tokens)))
        for token, end in compress(zip(tokens, ends, strict=True), map(words.__contains__, tokens)):
            if len(token) == 1:
                yield Hit(end - 1, end, token, words[token])
        hits = list(self.find(text))
        if not hits:
            return
        begins = {0, *ends, *[hit.end for hit in hits]}
        stops = {*ends, *[hit.start for hit in hits]}
        for hit in hits:
            if hit.end - hit.start > 2 or (hit.start in begins and hit.end in stops):
                yield hit
