"""The texts most like one, among those a model was trained on: what recurs (the same road, the same firm) is told by
its name, which the linear weights are too general to keep.

Only checksums of character pairs and triples are kept, not the texts.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from understanding.category.features import Floats
from understanding.segment import plain

_READ = 60
"""Characters of a text that are compared: its title, or how it begins."""
_NEAREST = 20
"""Texts that vote."""
_COMMON, _FEW = 0.05, 20
"""The share of all texts, but so many at least, in which a pair or triple may occur: others tell nothing."""
_VOICE = 0.5
"""The vote of an equal text, in scores of the linear model, where the best label is usually ahead by about 1."""

Numbers = NDArray[np.uint32]


class Neighbours:
    """`grams` ascend; `lengths` says for each of them in how many texts it occurs, `rows` in which, one gram after the
    other; `labels` is the number of each text's label."""

    def __init__(self, grams: Numbers, lengths: Numbers, rows: Numbers, labels: Numbers) -> None:
        self._grams, self._lengths, self._rows, self._labels = grams, lengths, rows, labels
        self._ends = np.cumsum(lengths, dtype=np.int64)
        self._rarity = np.square(np.log((1 + len(labels)) / (1 + lengths.astype(np.float64))) + 1)
        weights = np.repeat(self._rarity, lengths)
        self._sizes = np.sqrt(np.maximum(np.bincount(rows, weights, len(labels)), 1e-9))

    @classmethod
    def among(cls, texts: Sequence[str], labels: Sequence[int]) -> Neighbours:
        found: dict[int, list[int]] = {}
        for row, text in enumerate(texts):
            for gram in _grams(text):
                found.setdefault(gram, []).append(row)
        most = max(_COMMON * len(texts), _FEW)
        kept = [gram for gram in sorted(found) if len(found[gram]) <= most]
        return cls(
            np.array(kept, np.uint32),
            np.array([len(found[gram]) for gram in kept], np.uint32),
            np.array([row for gram in kept for row in found[gram]], np.uint32),
            np.array(labels, np.uint32),
        )

    @classmethod
    def loads(cls, data: memoryview, counts: Sequence[int]) -> Neighbours:
        """`counts` is what `dumps` gave beside the bytes."""
        grams, lengths, rows, labels = np.split(np.frombuffer(data, "<u4"), np.cumsum(counts)[:-1])
        starts = np.cumsum(lengths, dtype=np.int64) - lengths
        rows = np.cumsum(rows, dtype=np.int64)
        before = np.concatenate([[0], rows])[starts]
        rows -= np.repeat(before, lengths)
        return cls(np.cumsum(grams, dtype=np.uint32), lengths, rows.astype(np.uint32), labels)

    def dumps(self) -> tuple[bytes, list[int]]:
        """The same neighbours give the same bytes: steps from one number to the next, which are small."""
        starts = self._ends - self._lengths
        rows = np.diff(self._rows.astype(np.int64), prepend=0)
        rows[starts] = self._rows[starts]
        parts = [np.diff(self._grams, prepend=np.uint32(0)), self._lengths, rows, self._labels]
        return b"".join(part.astype("<u4").tobytes() for part in parts), [len(part) for part in parts]

    def votes(self, text: str, labels: int) -> Floats:
        """For each of so many labels what the nearest texts say: their likeness squared."""
        grams = np.array(sorted(_grams(text)), np.uint32)
        at = np.searchsorted(self._grams, grams)
        at = at[self._grams[np.minimum(at, len(self._grams) - 1)] == grams] if len(self._grams) else at[:0]
        if not len(at):
            return np.zeros(labels, np.float32)
        rows = np.concatenate([self._rows[self._ends[one] - self._lengths[one] : self._ends[one]] for one in at])
        weights = np.repeat(self._rarity[at], self._lengths[at])
        near = np.bincount(rows, weights, len(self._labels)) / self._sizes
        near = np.square(near) / self._rarity[at].sum()
        nearest = np.flatnonzero(near)
        near = near[nearest]
        if len(near) > _NEAREST:
            close = near >= np.partition(near, -_NEAREST)[-_NEAREST]
            nearest, near = nearest[close], near[close]
        votes: Floats = np.bincount(self._labels[nearest], near, labels).astype(np.float32)
        return votes * np.float32(_VOICE)


def _grams(text: str) -> set[int]:
    text = plain(text[:_READ])
    return {
        zlib.crc32(text[at : at + size].encode("utf-8", "surrogatepass"))
        for size in (2, 3)
        for at in range(len(text) - size + 1)
    }
