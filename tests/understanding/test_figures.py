"""The figures asked of understanding, on labelled texts that are no part of the repository.

ZHUOLUO_TEST_DATA names their folder; where there is none these tests are skipped, or fail when ZHUOLUO_TEST_REQUIRE
contains "data". ``python -m bench understanding`` shows the same figures, their aims, and a plain baseline.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.asked import ADDRESSES, LIKENESS, RESIDENTS, TITLES, short_of
from bench.understanding import other_estates
from tests.database import required
from tests.labelled_texts import data_folder, missing_texts
from understanding.evaluation import addresses, likeness, residents, titles

Labelled = Callable[[str], Path]


@pytest.fixture
def labelled() -> Labelled:
    """The path of a file of the folder."""
    folder = data_folder("ZHUOLUO_TEST_DATA")

    def path(name: str) -> Path:
        if reason := missing_texts(folder, [name]):
            (pytest.fail if required("data") else pytest.skip)(reason)
        return folder / name

    return path


def test_residents_are_understood_as_often_as_asked(labelled: Labelled) -> None:
    others = other_estates(labelled("addresses-train.jsonl"))
    evaluation = residents.evaluate(labelled("residents-dev.jsonl"), others)
    assert len(others) == 500
    assert short_of(RESIDENTS, evaluation.scores) == []


def test_a_model_trained_on_petition_titles_judges_others_as_well_as_asked(labelled: Labelled) -> None:
    assert short_of(TITLES, titles.evaluate(labelled("petition-titles-train.csv"), folds=5).scores) == []


def test_address_lines_are_cut_as_well_as_asked(labelled: Labelled) -> None:
    assert short_of(ADDRESSES, addresses.evaluate(labelled("addresses-dev.jsonl")).scores) == []


def test_one_event_told_by_many_is_found_and_other_matters_of_the_place_are_left_alone(labelled: Labelled) -> None:
    again = labelled("resubmissions-dev.csv")
    evaluation = likeness.evaluate(labelled("duplicates-dev.jsonl"), resubmissions=again)
    assert short_of(LIKENESS, evaluation.scores) == []


def test_a_figure_that_nobody_measured_was_not_reached() -> None:
    assert short_of(TITLES, []) == ["macro-F1: nan, asked >= 0.9 / 0.93"]
