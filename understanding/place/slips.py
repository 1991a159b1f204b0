"""Names with one character wrong, missing, too much or swapped with its neighbour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from understanding.segment import Lexicon

SHORTEST = 4
_ANCHORS = 80


class Slip(NamedTuple):
    """What stands at `start` to `end` is `word` but for one character; `at` is where in the word."""

    start: int
    end: int
    word: str
    at: int


class Slips:
    """Where one character is wrong, the first or the second half of the name is right: texts are searched for halves,
    and only there compared. The first 80 halves of a text are looked at."""

    def __init__(self, words: Iterable[str]) -> None:
        halves: dict[str, dict[tuple[bool, int], None]] = {}
        shortened: dict[str, tuple[str, ...]] = {}
        self._words = {word for word in words if len(word) >= SHORTEST}
        for word in sorted(self._words):
            half = len(word) // 2
            halves.setdefault(word[:half], {})[True, len(word)] = None
            halves.setdefault(word[half:], {})[False, len(word)] = None
            for less in {word[:at] + word[at + 1 :] for at in range(len(word))}:
                shortened[less] = (*shortened.get(less, ()), word)
        self._shortened = shortened
        self._halves = Lexicon((half, each) for half, all_ in halves.items() for each in all_)

    def find(self, text: str) -> Iterator[Slip]:
        """In a plain text; names written right are none. The same place may come more than once."""
        for hit in islice(self._halves.find(text, overlapping=True), _ANCHORS):
            for first, length in hit.values:
                for size in (length - 1, length, length + 1):
                    start = hit.start if first else hit.end - size
                    piece = text[start : start + size] if start >= 0 else ""
                    if len(piece) == size and piece not in self._words:
                        free = range(hit.end - start, size) if first else range(hit.start - start)
                        yield from self._compared(piece, start, free, length)

    def _compared(self, piece: str, start: int, free: Iterable[int], length: int) -> Iterator[Slip]:
        end = start + len(piece)
        if len(piece) < length:
            yield from (Slip(start, end, word, _differs(piece, word)) for word in self._shortened.get(piece, ()))
            return
        for at in free:
            less = piece[:at] + piece[at + 1 :]
            if len(piece) > length:
                if less in self._words:
                    yield Slip(start, end, less, at)
                continue
            for word in self._shortened.get(less, ()):
                wrong = [place for place in range(length) if piece[place] != word[place]]
                if len(wrong) == 1 or (len(wrong) == 2 and piece[wrong[0]] == word[wrong[1]]):
                    yield Slip(start, end, word, wrong[0])


def _differs(piece: str, word: str) -> int:
    return next((at for at, (is_, was) in enumerate(zip(piece, word, strict=False)) if is_ != was), len(piece))
