"""Options are answered exactly: by number, label or synonym, in any script; never by a part of what was said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.hearing import Meaning, Sense, meaning
from handlers.messages import Incoming, Kind, Option
from services.conversations import Place

LABELS = ("西苑小区", "文化局家属院", "其他地方")
OPTIONS = tuple(Option(label, f"value-{at}", (f"{label}吧",)) for at, label in enumerate(LABELS))
SCRIPTS = ("123", "１２３", "①②③", "一二三")


def heard(said: str) -> Meaning:
    frame = {"id": "x", "options": [[o.label, o.value, list(o.also)] for o in OPTIONS], "numbered": True}
    return meaning(Incoming("webchat", "e", "wang", Kind.TEXT, said), said, Place(frames=[frame]), ())


@given(
    at=st.integers(0, 2),
    script=st.sampled_from(SCRIPTS),
    before=st.sampled_from(["", "第", "选", " "]),
    after=st.sampled_from(["", "个", "项", "。", "！", " "]),
)
def test_a_number_in_any_script_is_that_option(at: int, script: str, before: str, after: str) -> None:
    assert heard(before + script[at] + after) == Meaning(Sense.CHOICE, value=f"value-{at}")


@given(at=st.integers(0, 2), synonym=st.booleans(), after=st.sampled_from(["", "。", "！", "~"]))
def test_a_label_or_a_synonym_is_that_option(at: int, synonym: bool, after: str) -> None:
    said = OPTIONS[at].also[0] if synonym else LABELS[at]
    assert heard(said + after) == Meaning(Sense.CHOICE, value=f"value-{at}")


@given(
    at=st.integers(0, 2),
    script=st.sampled_from(SCRIPTS[:2]),
    rest=st.sampled_from(["栋", "号楼2单元", "楼漏水", "个灯坏了", "2栋", "月5号停水", "西苑小区的灯"]),
)
def test_a_number_inside_other_words_is_no_option(at: int, script: str, rest: str) -> None:
    assert heard(script[at] + rest).sense is not Sense.CHOICE


@given(
    at=st.integers(0, 2),
    before=st.sampled_from(["我住", "不是", "在"]),
    after=st.sampled_from(["门口", "3号楼", "的灯"]),
)
def test_a_label_inside_other_words_is_no_option(at: int, before: str, after: str) -> None:
    assert heard(before + LABELS[at]).sense is not Sense.CHOICE
    assert heard(LABELS[at] + after).sense is not Sense.CHOICE
