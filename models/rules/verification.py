"""评事: what comes of the answers of the follow-up group and the raisers. Silence is never counted as satisfaction."""

from collections.abc import Collection, Mapping
from enum import StrEnum


class Verdict(StrEnum):
    WAIT = "wait"  # somebody may still answer
    MET = "met"
    NOT_MET = "not_met"
    UNJUDGED = "unjudged"  # nobody answered: the convener has to look


def verdict(asked: Collection[int], answers: Mapping[int, bool], *, over: bool) -> Verdict:
    """``answers``: of whoever answered, whether the standard is met. ``over``: they were waited for long enough.

    Who was not asked in the end (a raiser who withdrew) keeps their word; nobody's silence is a word.
    """
    if asked and all(answers.get(member) for member in asked) and all(answers.values()):
        return Verdict.MET
    if not over:
        return Verdict.WAIT
    if not answers:
        return Verdict.UNJUDGED
    return Verdict.MET if all(answers.values()) else Verdict.NOT_MET
