"""A linear model of texts, read from one small file and asked without the library that trained it.

A file may hold several heads (category, nature …) over one vocabulary of `features`. `training` writes it.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import repeat
from math import exp, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from understanding.category.features import HINT, HINTED, Floats, Part, of_word, pairs, parts
from understanding.category.neighbours import Neighbours
from understanding.segment import LONGEST, cut, plain

MAGIC = b"ZHUOLUO MODEL 2\n"
_TOLD = 3
"""Words told at most."""
_OTHERS = 2
_LETTER = re.compile(r"[^\W\d_Ω]")
_SHIFT = 21
"""Bits of a character."""
_WORDS = 4096
"""Words of which a model keeps the numbers of their features, some 0.5 kB each."""


class NotAModel(ValueError):
    """The file is no model of this version, or is damaged; the message says which."""


class Judgement(NamedTuple):
    """`words` of the text decided it, in order; `others` are the next best two with their confidence."""

    label: str
    confidence: float
    words: tuple[str, ...] = ()
    others: tuple[tuple[str, float], ...] = ()


class _Word(NamedTuple):
    """The numbers of a word's features, its own first, and the codes of its first two characters and its last two; 0
    where these are the same."""

    numbers: tuple[int, ...]
    first: int
    last: int


class _Found(NamedTuple):
    """What is seen of a text. `keys` are the numbers of its features, ascending, those of its opening (plus `opening`)
    behind those of the whole; `values` and `rows` are their values and their weights for all labels, not scaled yet,
    with those of the hints behind them. `known` is whether any of them can tell anything."""

    keys: NDArray[np.int32]
    values: Floats
    rows: NDArray[Any]
    known: bool


@dataclass(frozen=True, slots=True)
class Head:
    """One question of the model. Its answers lie from column `start` on; `temperature` makes scores confidences."""

    name: str
    labels: tuple[str, ...]
    start: int
    temperature: float

    @property
    def columns(self) -> slice:
        return slice(self.start, self.start + len(self.labels))


class Model:
    """`of` names what it was trained on: a digest, for whoever wants to know whether it is the present one. `hinted`
    tells whether it was trained with hints; `reach` is that of `features.count`; `neighbours` vote for columns."""

    def __init__(
        self,
        heads: Sequence[Head],
        vocabulary: Sequence[str],
        rarity: Floats,
        weights: NDArray[np.int8],
        scales: Floats,
        offsets: Floats,
        *,
        reach: int = 0,
        of: str = "",
        neighbours: Neighbours | None = None,
    ) -> None:
        self.heads: Mapping[str, Head] = {head.name: head for head in heads}
        self.of = of
        self.hinted = any(gram.startswith(HINT) for gram in vocabulary)
        self._reach, self._neighbours = reach, neighbours
        self._grams = "\n".join(vocabulary).encode()
        numbered = list(enumerate(vocabulary))
        # Words go by a mapping. Characters and their pairs go by code: half of all, and a table that stays in the
        # processor's cache.
        self._vocabulary: Mapping[str, int] = {gram: number for number, gram in numbered if gram[:1] < " "}
        coded = sorted([(_code(gram), number) for number, gram in numbered if gram[:1] >= " "])
        self._codes = np.array([code for code, _ in coded], np.int64)
        self._coded = np.array([number for _, number in coded], np.int32)
        self._scales, self._offsets = scales, offsets
        # What is not in the vocabulary is one feature more, which weighs nothing.
        self._unknown = len(vocabulary)
        self._opening = len(vocabulary) + 1
        self._rarity: Floats = np.append(rarity, np.float32(0))
        self._weights = np.zeros((self._opening, weights.shape[1]), np.int8)
        self._weights[:-1] = weights
        self._telling = np.array([_LETTER.search(gram) is not None for gram in vocabulary] + [False])
        self._word = lru_cache(_WORDS)(self._read_word)

    @classmethod
    def load(cls, path: Path) -> Model:
        return cls.loads(path.read_bytes())

    @classmethod
    def loads(cls, data: bytes) -> Model:
        """Raises NotAModel for any other bytes than `dumps` gives."""
        start = len(MAGIC) + 32
        if not data.startswith(MAGIC):
            raise NotAModel("not a Zhuoluo model, or one of another version")
        if hashlib.sha256(data[start:]).digest() != data[len(MAGIC) : start]:
            raise NotAModel("the model file is damaged or cut short")
        (size,) = struct.unpack_from("<I", data, start)
        header = json.loads(data[start + 4 : start + 4 + size])
        body = memoryview(zlib.decompress(data[start + 4 + size :]))
        vocabulary = str(body[: header["vocabulary"]], "utf-8").split("\n")
        heads = [Head(name, tuple(labels), at, heat) for name, labels, at, heat in header["heads"]]
        columns = sum(len(head.labels) for head in heads)
        at = header["vocabulary"]
        floats = np.frombuffer(body, "<f4", len(vocabulary) + 2 * columns, at)
        at += floats.nbytes
        weights = np.frombuffer(body, np.int8, columns * len(vocabulary), at).reshape(columns, len(vocabulary)).T
        kept = header["neighbours"]
        rarity, scales, offsets = np.split(floats, [len(vocabulary), len(vocabulary) + columns])
        return cls(
            heads,
            vocabulary,
            rarity,
            weights,
            scales,
            offsets,
            reach=header["reach"],
            of=header["of"],
            neighbours=Neighbours.loads(body[at + weights.size :], kept) if kept else None,
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """What the first head may answer."""
        return next(iter(self.heads.values())).labels

    def dumps(self) -> bytes:
        """The same model gives the same bytes."""
        near, kept = self._neighbours.dumps() if self._neighbours else (b"", ())
        header = json.dumps(
            {
                "of": self.of,
                "reach": self._reach,
                "vocabulary": len(self._grams),
                "neighbours": kept,
                "heads": [(head.name, head.labels, head.start, head.temperature) for head in self.heads.values()],
            },
            ensure_ascii=False,
        ).encode()
        floats = np.concatenate([self._rarity[:-1], self._scales, self._offsets]).astype("<f4").tobytes()
        body = zlib.compress(self._grams + floats + np.ascontiguousarray(self._weights[:-1].T).tobytes() + near, 9)
        rest = struct.pack("<I", len(header)) + header + body
        return MAGIC + hashlib.sha256(rest).digest() + rest

    def judge(
        self,
        text: str,
        *,
        head: str | None = None,
        tokens: Sequence[str] | None = None,
        hints: Mapping[str, float] | None = None,
    ) -> Judgement:
        """The answer of a head (the first unless named). `tokens` is jieba's cut of the plain text, if it is there
        already; `hints` are strengths from 0 to 1 of what was found otherwise, by the names known in training."""
        return self.judge_all(text, heads=[head or next(iter(self.heads))], tokens=tokens, hints=hints)[0]

    def judge_all(
        self,
        text: str,
        *,
        heads: Iterable[str] | None = None,
        tokens: Sequence[str] | None = None,
        hints: Mapping[str, float] | None = None,
    ) -> list[Judgement]:
        """As `judge`, of all heads named (all there are), reading the text once."""
        text = text[:LONGEST]
        tokens = cut(plain(text)) if tokens is None else tokens
        found = self._found(text, tokens, hints or {})
        chosen = list(self.heads.values()) if heads is None else [self.heads[name] for name in heads]
        if not found.known:
            return [self._unsure(head) for head in chosen]
        scores = self._scores(found, text)
        own = [scores[head.columns] for head in chosen]
        best = [sorted(range(len(each)), key=each.__getitem__, reverse=True)[: _OTHERS + 1] for each in own]
        told = self._deciding(found, tokens, [(head, first) for head, (first, *_) in zip(chosen, best, strict=True)])
        return [_judgement(*each) for each in zip(chosen, own, best, told, strict=True)]

    def shares(self, text: str, head: str, *, tokens: Sequence[str], hints: Mapping[str, float]) -> dict[str, float]:
        """The confidence in each label of a head."""
        asked = self.heads[head]
        scores = self._scores(self._found(text[:LONGEST], tokens, hints), text)
        return dict(zip(asked.labels, _likely(asked, scores[asked.columns]), strict=True))

    def _found(self, text: str, tokens: Sequence[str], hints: Mapping[str, float]) -> _Found:
        """What `features.count` and `features.weighed` come to, without a mapping between."""
        seen = parts(text, tokens)
        keys = np.concatenate((self._characters(seen), self._words(seen)))
        keys.sort()
        first = np.empty(len(keys) + 1, np.bool_)
        first[0] = first[-1] = True
        np.not_equal(keys[1:], keys[:-1], out=first[1:-1])
        starts = first.nonzero()[0]
        keys = keys[starts[:-1]]
        ids = keys % self._opening
        values: Floats = (starts[1:] - starts[:-1]).astype(np.float32)
        np.log(values, out=values)
        values += 1
        values *= self._rarity.take(ids)
        whole = int(keys.searchsorted(self._opening))
        share = 0.5 if whole < len(keys) else 1.0
        for part in (values[:whole], values[whole:]):
            part *= share / (sqrt(part @ part) or 1.0)
        hinted = {self._vocabulary[HINT + name]: name for name in hints if HINT + name in self._vocabulary}
        if hinted:
            ids = np.concatenate((ids, np.fromiter(hinted, np.int32, len(hinted))))
            strengths = np.fromiter([HINTED * hints[name] for name in hinted.values()], np.float32, len(hinted))
            values = np.concatenate((values, strengths))
        known = bool(self._telling.take(ids).any())
        return _Found(keys, values, self._weights.take(ids, axis=0).astype(np.float32), known)

    def _characters(self, seen: Sequence[Part]) -> NDArray[np.int32]:
        """The numbers of all characters and pairs of them. No pair goes from one part to the next: $^ is none."""
        written = "".join([part.text for part in seen]).encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(written, "<u4").astype(np.int64)
        found = self._decoded(np.concatenate((codes, codes[:-1] << _SHIFT | codes[1:])))
        whole = len(seen[0].text)
        found[whole : len(codes)] += self._opening
        found[len(codes) + whole :] += self._opening
        return found

    def _decoded(self, codes: NDArray[np.int64]) -> NDArray[np.int32]:
        at = self._codes.searchsorted(codes)
        found = self._coded.take(at, mode="clip")
        found[self._codes.take(at, mode="clip") != codes] = self._unknown
        return found

    def _words(self, seen: Sequence[Part]) -> NDArray[np.int32]:
        """The numbers of all words, their beginnings and ends, and the pairs within reach."""
        numbers: list[int] = []
        ends: list[int] = []
        for part in seen:
            for word in part.words:
                numbers += self._word(word).numbers
            if self._reach:
                numbers += map(self._vocabulary.get, pairs(part.words, self._reach), repeat(self._unknown))
            ends.append(len(numbers))
        found = np.fromiter(numbers, np.int32, len(numbers))
        found[ends[0] :] += self._opening
        return found

    def _read_word(self, word: str) -> _Word:
        numbers = tuple([self._vocabulary.get(gram, self._unknown) for gram in of_word(word)])
        return _Word(numbers, _code(word[:2]), _code(word[-2:]) if word[-2:] != word[:2] else 0)

    def _scores(self, found: _Found, text: str) -> list[float]:
        scores = (found.values @ found.rows) * self._scales + self._offsets
        if self._neighbours is not None:
            scores += self._neighbours.votes(text, len(scores))
        told: list[float] = scores.tolist()
        return told

    def _unsure(self, head: Head) -> Judgement:
        """Of a text in which nothing is known: the label most frequent in training, no more likely than any other."""
        own = self._offsets[head.columns]
        best, *others = (head.labels[at] for at in np.argsort(-own, kind="stable")[: _OTHERS + 1])
        share = round(1 / len(head.labels), 3)
        return Judgement(best, share, (), tuple((other, share) for other in others))

    def _deciding(
        self, found: _Found, tokens: Sequence[str], best: Sequence[tuple[Head, int]]
    ) -> list[tuple[str, ...]]:
        """For the best label of each head, the words that speak most for it rather than for the others."""
        words = list(dict.fromkeys([token for token in tokens if len(token) > 1]))
        read = [self._word(word) for word in words]
        ends = self._decoded(np.array([[word.first for word in read], [word.last for word in read]], np.int64))
        asked = np.append(ends, np.array([word.numbers[0] for word in read], np.int32))
        asked = np.concatenate((asked, asked + self._opening))
        places = found.keys.searchsorted(asked)
        there = found.keys.take(places, mode="clip") == asked
        values, rows = found.values.take(places, mode="clip") * there, found.rows.take(places, axis=0, mode="clip")
        told = []
        for head, label in best:
            leaning = self._scales[head.columns] / -len(head.labels)
            leaning[label] += self._scales[head.start + label]
            parts = values * (rows[:, head.columns] @ leaning)
            told.append(_most(words, parts.reshape(6, -1).sum(axis=0).tolist()))
        return told


def _code(gram: str) -> int:
    """Of one character or two, different for all."""
    return ord(gram) if len(gram) == 1 else ord(gram[0]) << _SHIFT | ord(gram[1])


def _judgement(head: Head, scores: Sequence[float], best: Sequence[int], words: tuple[str, ...]) -> Judgement:
    likely = _likely(head, scores)
    (label, confidence), *others = [(head.labels[at], round(likely[at], 3)) for at in best]
    return Judgement(label, confidence, words, tuple(others))


def _likely(head: Head, scores: Sequence[float]) -> list[float]:
    most = max(scores)
    likely = [exp((score - most) / head.temperature) for score in scores]
    total = sum(likely)
    return [each / total for each in likely]


def _most(words: Sequence[str], weights: Sequence[float]) -> tuple[str, ...]:
    """The heaviest, in the order of the text, unless they weigh little beside the first."""
    heaviest = sorted(range(len(words)), key=weights.__getitem__, reverse=True)[:_TOLD]
    least = max(1e-3, weights[heaviest[0]] / 3) if heaviest else 0.0
    return tuple(words[at] for at in sorted(heaviest) if weights[at] > least)


@cache
def shipped() -> Model:
    """The model that comes with the program, with the heads category and nature, made by `training`."""
    return Model.loads(files("understanding.category").joinpath("shipped.model").read_bytes())
