"""Who gets a new issue, for any ladder."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.rules.posts import Rung
from models.rules.routing import Candidate, route

LADDERS = st.lists(st.tuples(st.sampled_from(list(Rung)), st.booleans()), min_size=1, max_size=6).map(
    lambda rungs: [Candidate(n, rung, reachable) for n, (rung, reachable) in enumerate(rungs, start=1)]
)


@given(LADDERS)
def test_somebody_always_holds_it(ladder: list[Candidate]) -> None:
    routed = route(ladder)
    assert routed.post_id in {candidate.post_id for candidate in ladder}
    assert routed.reachable == any(candidate.reachable for candidate in ladder)


@given(LADDERS)
def test_it_is_the_first_who_can_be_reached_and_those_before_are_named(ladder: list[Candidate]) -> None:
    routed = route(ladder)
    before = [c for c in ladder if c.post_id < routed.post_id]
    assert not any(candidate.reachable for candidate in before)
    if routed.reachable:
        assert routed.passed_over == tuple(candidate.post_id for candidate in before)
    else:
        assert routed.post_id == ladder[-1].post_id
        assert routed.passed_over == tuple(candidate.post_id for candidate in ladder)


@given(LADDERS)
def test_the_rung_is_that_of_the_post(ladder: list[Candidate]) -> None:
    routed = route(ladder)
    assert next(c.rung for c in ladder if c.post_id == routed.post_id) is routed.rung
