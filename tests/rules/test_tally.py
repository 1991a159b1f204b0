"""Counting votes: what holds whoever votes for what."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.tally import Majority, Tally, adopts, count, votes_needed

MAJORITIES = st.sampled_from(list(Majority))


@st.composite
def ballots(draw: st.DrawFn) -> tuple[list[int], int, int, Majority]:
    """Papers, how many options, how many households, and the rule."""
    options = draw(st.integers(2, 7))
    papers = draw(st.lists(st.integers(0, options - 1), max_size=40))
    base = len(papers) + draw(st.integers(0, 40))
    return papers, options, base, draw(MAJORITIES)


@given(ballots(), st.randoms(use_true_random=False))
def test_the_order_of_the_papers_changes_nothing(
    ballot: tuple[list[int], int, int, Majority], chance: object
) -> None:
    papers, options, base, majority = ballot
    first = count(papers, options=options, base=base, majority=majority)
    shuffled = list(papers)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert count(shuffled, options=options, base=base, majority=majority) == first


@given(ballots())
def test_every_paper_is_counted_once(ballot: tuple[list[int], int, int, Majority]) -> None:
    papers, options, base, majority = ballot
    tally = count(papers, options=options, base=base, majority=majority)
    assert sum(tally.counts) == len(papers) <= tally.base == base
    assert len(tally.counts) == options


@given(ballots())
def test_who_wins_has_the_most_and_enough_and_is_alone(ballot: tuple[list[int], int, int, Majority]) -> None:
    papers, options, base, majority = ballot
    tally = count(papers, options=options, base=base, majority=majority)
    enough = [option for option, votes in enumerate(tally.counts) if votes >= tally.needed]
    if tally.won is None:
        assert not enough or tally.tied
    else:
        assert not tally.tied
        assert tally.won in enough
        assert all(tally.counts[tally.won] > votes for option, votes in enumerate(tally.counts) if option != tally.won)
    if majority is not Majority.PLURALITY:
        assert enough == ([] if tally.won is None else [tally.won])


@given(ballots())
def test_one_more_vote_for_the_winner_never_takes_the_win_away(
    ballot: tuple[list[int], int, int, Majority],
) -> None:
    papers, options, base, majority = ballot
    won = count(papers, options=options, base=base + 1, majority=majority).won
    if won is not None:
        assert count([*papers, won], options=options, base=base + 1, majority=majority).won == won


@given(ballots())
def test_the_stored_result_is_read_back_as_it_was(ballot: tuple[list[int], int, int, Majority]) -> None:
    papers, options, base, majority = ballot
    tally = count(papers, options=options, base=base, majority=majority)
    assert Tally.from_json(json.loads(json.dumps(tally.to_json()))) == tally


@given(st.integers(1, 10_000), MAJORITIES)
def test_a_majority_never_exceeds_the_base_and_is_never_nothing(base: int, majority: Majority) -> None:
    assert 1 <= votes_needed(majority, base=base) <= base


@given(st.integers(1, 10_000))
def test_the_shares_are_as_the_law_says(base: int) -> None:
    half, thirds, quarters = (
        votes_needed(each, base=base)
        for each in (Majority.MORE_THAN_HALF, Majority.TWO_THIRDS, Majority.THREE_QUARTERS)
    )
    assert 2 * half > base >= 2 * (half - 1)  # 过半数: the half itself is not enough
    assert 3 * thirds >= 2 * base > 3 * (thirds - 1)  # 三分之二以上: two thirds are enough
    assert 4 * quarters >= 3 * base > 4 * (quarters - 1)


def test_small_numbers() -> None:
    half, most = Majority.MORE_THAN_HALF, Majority.PLURALITY
    assert count([0, 0, 1], options=3, base=3, majority=half) == Tally((2, 1, 0), 3, 2, 0, False)
    assert count([0, 0, 1], options=3, base=4, majority=half) == Tally((2, 1, 0), 4, 3, None, False)
    assert count([0, 1], options=3, base=2, majority=half) == Tally((1, 1, 0), 2, 2, None, True)
    assert count([1], options=2, base=1, majority=half) == Tally((0, 1), 1, 1, 1, False)
    assert count([2, 2, 0, 1], options=3, base=9, majority=most) == Tally((1, 1, 2), 9, 1, 2, False)
    assert count([], options=2, base=5, majority=most) == Tally((0, 0), 5, 1, None, False)
    assert [votes_needed(each, base=6) for each in Majority] == [4, 4, 5, 1]


@pytest.mark.parametrize(("papers", "base"), [([0, 2], 5), ([-1], 5), ([0, 0], 1)])
def test_papers_that_cannot_be_of_the_ballot_are_not_counted(papers: list[int], base: int) -> None:
    with pytest.raises(ValueError, match="papers"):
        count(papers, options=2, base=base, majority=Majority.MORE_THAN_HALF)


@pytest.mark.parametrize(
    ("won", "options", "majority", "adopted"),
    [
        (0, ["赞成", "反对", "弃权"], Majority.MORE_THAN_HALF, True),
        (1, ["赞成", "反对", "弃权"], Majority.MORE_THAN_HALF, False),
        (1, ["赞成", "反对", "弃权"], Majority.PLURALITY, False),
        (1, ["东侧", "西侧"], Majority.MORE_THAN_HALF, False),
        (1, ["东侧", "西侧"], Majority.PLURALITY, True),
        (2, ["东侧", "西侧", "都不要"], Majority.PLURALITY, False),
        (None, ["东侧", "西侧"], Majority.PLURALITY, False),
    ],
)
def test_what_adopts_an_item(won: int | None, options: list[str], majority: Majority, adopted: bool) -> None:
    assert adopts(won, options=options, majority=majority) is adopted
