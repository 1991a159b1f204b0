"""How many households a meeting needs to decide anything."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.meeting_workflow import QuorumRule
from models.rules.quorum import base_of, needed

BASES = st.integers(min_value=0, max_value=100_000)
MORE_THAN_HALF = (QuorumRule.HALF_OF_VOTERS, QuorumRule.RESIDENTS_ASSEMBLY)


@pytest.mark.parametrize(
    ("rule", "least"),
    [
        (QuorumRule.HALF_OF_VOTERS, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]),
        (QuorumRule.RESIDENTS_ASSEMBLY, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]),
        (QuorumRule.TWO_THIRDS_OF_VOTERS, [1, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7]),
    ],
)
def test_the_first_eleven_are_as_people_count_them(rule: QuorumRule, least: list[int]) -> None:
    assert [needed(rule, base) for base in range(11)] == least


@given(BASES, st.sampled_from(MORE_THAN_HALF))
def test_more_than_half_is_the_least_number_that_is(base: int, rule: QuorumRule) -> None:
    least = needed(rule, base)
    assert 2 * least > base
    assert 2 * (least - 1) <= base


@given(BASES)
def test_two_thirds_may_be_two_thirds_exactly(base: int) -> None:
    least = needed(QuorumRule.TWO_THIRDS_OF_VOTERS, base)
    assert Fraction(least) >= Fraction(2 * base, 3)
    assert least == 1 or Fraction(least - 1) < Fraction(2 * base, 3)


@given(BASES, st.sampled_from(QuorumRule))
def test_it_can_be_reached_and_one_more_household_never_lowers_it(base: int, rule: QuorumRule) -> None:
    assert 1 <= needed(rule, base) <= max(base, 1)
    assert needed(rule, base) <= needed(rule, base + 1) <= needed(rule, base) + 1


@given(BASES, BASES, BASES)
def test_of_an_assembly_all_that_live_there_count_and_of_other_meetings_those_invited(
    voters: int, at_opening: int, there: int
) -> None:
    known = {"voters": voters, "at_opening": at_opening, "households": there}
    assert base_of(QuorumRule.RESIDENTS_ASSEMBLY, **known) == max(voters, at_opening, there)
    for rule in (QuorumRule.HALF_OF_VOTERS, QuorumRule.TWO_THIRDS_OF_VOTERS):
        assert base_of(rule, **known) == max(voters, at_opening)
