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
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from understanding.features import HINT, HINTED, WORD, Floats, count, weighed
from understanding.segment import LONGEST, cut, plain

MAGIC = b"ZHUOLUO MODEL 1\n"
_TOLD = 3
"""Words told at most."""
_LETTER = re.compile(r"[^\W\d_Ω]")


class NotAModel(ValueError):
    """The file is no model of this version, or is damaged; the message says which."""


class Judgement(NamedTuple):
    """`words` of the text decided it, in order; `others` are the next best two with their confidence."""

    label: str
    confidence: float
    words: tuple[str, ...] = ()
    others: tuple[tuple[str, float], ...] = ()


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
    tells whether it was trained with hints; `reach` is that of `features.count`."""

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
    ) -> None:
        self.heads: Mapping[str, Head] = {head.name: head for head in heads}
        self.of = of
        self.hinted = any(gram.startswith(HINT) for gram in vocabulary)
        self._reach = reach
        self._vocabulary: Mapping[str, int] = {gram: number for number, gram in enumerate(vocabulary)}
        self._signs = {number for gram, number in self._vocabulary.items() if not _LETTER.search(gram)}
        self._rarity, self._weights, self._scales, self._offsets = rarity, weights, scales, offsets

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
        weights = np.frombuffer(body, np.int8, offset=at).reshape(columns, len(vocabulary)).T
        rarity, scales, offsets = np.split(floats, [len(vocabulary), len(vocabulary) + columns])
        return cls(
            heads,
            vocabulary,
            rarity,
            np.ascontiguousarray(weights),
            scales,
            offsets,
            reach=header["reach"],
            of=header["of"],
        )

    def dumps(self) -> bytes:
        """The same model gives the same bytes."""
        words = "\n".join(self._vocabulary).encode()
        header = json.dumps(
            {
                "of": self.of,
                "reach": self._reach,
                "vocabulary": len(words),
                "heads": [(head.name, head.labels, head.start, head.temperature) for head in self.heads.values()],
            },
            ensure_ascii=False,
        ).encode()
        floats = np.concatenate([self._rarity, self._scales, self._offsets]).astype("<f4").tobytes()
        body = zlib.compress(words + floats + np.ascontiguousarray(self._weights.T).tobytes(), 9)
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
        chosen = self.heads.values() if heads is None else [self.heads[name] for name in heads]
        if found.keys() <= self._signs:
            return [self._unsure(head) for head in chosen]
        values, rows = self._rows(found)
        scores = (values @ rows) * self._scales + self._offsets
        spoken = self._spoken(tokens, {number: at for at, number in enumerate(found)})
        return [self._answer(head, scores, values, rows, spoken) for head in chosen]

    def shares(self, text: str, head: str, *, tokens: Sequence[str], hints: Mapping[str, float]) -> dict[str, float]:
        """The confidence in each label of a head."""
        asked = self.heads[head]
        values, rows = self._rows(self._found(text[:LONGEST], tokens, hints))
        scores = (values @ rows) * self._scales + self._offsets
        return dict(zip(asked.labels, _likely(asked, scores[asked.columns]).tolist(), strict=True))

    def _found(self, text: str, tokens: Sequence[str], hints: Mapping[str, float]) -> dict[int, float]:
        found = weighed(count(text, tokens, self._vocabulary.get, reach=self._reach), self._rarity)
        for name, strength in hints.items():
            if (number := self._vocabulary.get(HINT + name)) is not None:
                found[number] = HINTED * strength
        return found

    def _rows(self, found: Mapping[int, float]) -> tuple[Floats, Floats]:
        """The value of each feature found, and its weights for all labels, not scaled yet."""
        ids = np.fromiter(found, np.int64, len(found))
        return np.fromiter(found.values(), np.float32, len(found)), self._weights[ids].astype(np.float32)

    def _spoken(self, tokens: Sequence[str], places: Mapping[int, int]) -> dict[str, list[int]]:
        """For each word of two characters or more where, among the features, it and its ends are."""
        spoken: dict[str, list[int]] = {}
        for token in tokens:
            if token not in spoken and len(token) > 1:
                grams = {token[:2], token[-2:], WORD + token}
                numbers = [self._vocabulary.get(gram, -1) for gram in grams]
                spoken[token] = [places[number] for number in numbers if number in places]
        return spoken

    def _unsure(self, head: Head) -> Judgement:
        """Of a text in which nothing is known: the label most frequent in training, no more likely than any other."""
        own = self._offsets[head.columns]
        best, *others = (head.labels[at] for at in np.argsort(-own, kind="stable")[:3])
        share = round(1 / len(head.labels), 3)
        return Judgement(best, share, (), tuple((other, share) for other in others))

    def _answer(
        self, head: Head, scores: Floats, values: Floats, rows: Floats, spoken: Mapping[str, Sequence[int]]
    ) -> Judgement:
        own, scales, rows = scores[head.columns], self._scales[head.columns], rows[:, head.columns]
        likely = _likely(head, own)
        best, *others = np.argsort(-own, kind="stable")[:3].tolist()
        parts = values * (rows[:, best] * scales[best] - rows @ (scales / len(scales)))
        return Judgement(
            head.labels[best],
            round(float(likely[best]), 3),
            _deciding(parts.tolist(), spoken),
            tuple((head.labels[at], round(float(likely[at]), 3)) for at in others),
        )


def _likely(head: Head, scores: Floats) -> Floats:
    likely: Floats = np.exp((scores - scores.max()) / head.temperature)
    likely /= likely.sum()
    return likely


def _deciding(parts: Sequence[float], spoken: Mapping[str, Sequence[int]]) -> tuple[str, ...]:
    """The words that speak most for one label rather than for the others, in the order of the text."""
    weights = {word: sum([parts[at] for at in places]) for word, places in spoken.items()}
    told = sorted(weights, key=lambda word: -weights[word])[:_TOLD]
    least = max(1e-3, weights[told[0]] / 3) if told else 0.0
    return tuple(word for word in weights if word in told and weights[word] > least)


@cache
def shipped() -> Model:
    """The model that comes with the program, with the heads category and nature, made by `training`."""
    return Model.loads(files("understanding").joinpath("shipped.model").read_bytes())
