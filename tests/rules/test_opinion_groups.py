"""What all sides accept and where they split."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from models.rules.opinion_groups import AGREE, DISAGREE, UNDECIDED, Count, find

PEOPLE = st.dictionaries(
    st.integers(1, 60),
    st.dictionaries(st.integers(0, 6), st.sampled_from([AGREE, DISAGREE, UNDECIDED]), min_size=1),
    max_size=40,
)


def two_sides(many: int = 8) -> dict[int, dict[int, int]]:
    """Half are for the item (0), half against; all accept 1, and 2 splits them the other way."""
    yes = {person: {0: AGREE, 1: AGREE, 2: DISAGREE} for person in range(many)}
    no = {person: {0: DISAGREE, 1: AGREE, 2: AGREE} for person in range(many, 2 * many)}
    return yes | no


def test_two_sides_are_found_with_what_both_accept() -> None:
    found = find(two_sides(), groups_from=12)
    assert (found.people, found.sizes) == (16, (8, 8))
    assert (found.accepted, found.split) == ((1,), (0, 2))
    assert found.total[0] == Count(8, 8, 0)
    assert [side[0] for side in found.sides] == [Count(8, 0, 0), Count(0, 8, 0)]


def test_below_the_number_of_people_they_are_only_counted() -> None:
    found = find(two_sides(5), groups_from=12)
    assert (found.sizes, found.sides) == ((), ())
    assert (found.accepted, found.split) == ((1,), (0, 2))


def test_who_is_of_one_mind_has_no_sides() -> None:
    found = find({person: {0: AGREE, 1: DISAGREE} for person in range(20)}, groups_from=12)
    assert (found.sizes, found.accepted, found.split) == ((), (0,), ())


def test_two_contrary_people_are_no_side() -> None:
    answers = {person: {0: AGREE, 1: AGREE} for person in range(30)} | {
        person: {0: DISAGREE, 1: DISAGREE} for person in (40, 41)
    }
    assert find(answers, groups_from=12).sizes == ()


def test_nobody_and_nothing() -> None:
    found = find({}, groups_from=12)
    assert (found.people, found.total, found.accepted, found.split) == (0, {}, (), ())


def test_few_answers_prove_little() -> None:
    assert find({1: {0: AGREE}}, groups_from=12).accepted == ()
    assert find({1: {0: AGREE}, 2: {0: AGREE}}, groups_from=12).accepted == (0,)
    assert find({1: {0: AGREE}, 2: {0: DISAGREE}}, groups_from=12).split == (0,)
    assert find({1: {0: UNDECIDED}, 2: {0: UNDECIDED}}, groups_from=12).accepted == ()


@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_in_which_people_came_changes_nothing(
    answers: dict[int, dict[int, int]], chance: random.Random
) -> None:
    shuffled = list(answers.items())
    chance.shuffle(shuffled)
    assert find(dict(shuffled), groups_from=6) == find(answers, groups_from=6)


@given(PEOPLE)
def test_everybody_is_on_one_side_and_every_answer_is_counted_once(answers: dict[int, dict[int, int]]) -> None:
    found = find(answers, groups_from=6)
    assert found.people == len(answers)
    assert sum(count.answers for count in found.total.values()) == sum(map(len, answers.values()))
    if found.sizes:
        assert sum(found.sizes) == len(answers)
        assert 2 <= len(found.sizes) <= 3
        for question, count in found.total.items():
            assert sum(side[question].answers for side in found.sides) == count.answers
    assert not set(found.accepted) & set(found.split)
