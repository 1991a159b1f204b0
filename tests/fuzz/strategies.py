"""Bytes, texts and trees that nobody thought of, and good events of which one thing was changed."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

#: The same cases each time: a run that passed passes again.
few = settings(max_examples=60, deadline=None, derandomize=True, database=None)
many = settings(max_examples=150, deadline=None, derandomize=True, database=None)

words = st.text(max_size=200) | st.sampled_from(
    [
        "西苑小区3号楼2单元楼道灯坏了",
        "1",
        "取消",
        "进度",
        "帮助",
        "返回",
        "人工",
        "当场办结 1",
        "受理 1",
        "核验 1234",
        "登记住址",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def encoded(tree: Any) -> bytes:
    """JSON as it may come: also NaN, and halves of surrogate pairs as escapes."""
    return json.dumps(tree).encode()


def _places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [found for key, value in inner for found in [(*path, key), *_places(value, (*path, key))]]


@st.composite
def mutated(draw: st.DrawFn, good: st.SearchStrategy[Any]) -> Any:
    """The good tree with one to three places replaced, removed, or given something more."""
    tree = copy.deepcopy(draw(good))
    for _ in range(draw(st.integers(1, 3))):
        places = _places(tree)
        if not places:
            break
        path = draw(st.sampled_from(places))
        holder = tree
        for step in path[:-1]:
            holder = holder[step]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                holder[path[-1]] = draw(trees)
            case "remove":
                del holder[path[-1]]
            case _ if isinstance(holder, dict):
                holder[draw(st.text(max_size=12))] = draw(trees)
    return tree


@st.composite
def mutated_text(draw: st.DrawFn, good: st.SearchStrategy[str]) -> str:
    """The good text with a piece cut out and something else in its place."""
    text = draw(good)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 40)))
    pieces = st.text(max_size=40) | st.sampled_from(
        ["]]>", "<xml>", "</xml>", "<![CDATA[", "&lt;", "<a/>", "\0", "<MsgId>"]
    )
    return text[:start] + draw(pieces) + text[end:]
