"""Invariant 11: one household, one vote, on what was announced; and every tally recounts to the stored result."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Row, Select, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from models.ballot import Ballot, BallotPaper, Vote
from models.meeting import AgendaItem, Meeting, MeetingEntry, MeetingInvitation
from models.rules.meeting_workflow import ANNOUNCED, Capacity, MeetingAction, MeetingState
from models.rules.tally import Tally, count
from services.audit.breaches import Breach, Check

_BATCH = 1_000  # rows held at once
#: As people know a ballot.
_BALLOT = Ballot.question + " #" + cast(Ballot.id, String)


def ballots() -> Iterator[Check]:
    yield Check(11, "vote_unannounced", _unannounced())
    yield Check(11, "household_twice", _twice())
    yield Check(11, "papers_and_votes", _papers_and_votes())
    yield Check(11, "papers_and_votes", _papers_of_an_open_ballot())
    yield Check(11, "vote_without_right", _without_right())
    yield Check(11, "ballot_left_open", _left_open())


def _unannounced() -> Select[str]:
    """No ballot on what was not on the announced agenda."""
    announced = (
        select(MeetingEntry.id)
        .where(
            MeetingEntry.meeting_id == AgendaItem.meeting_id,
            MeetingEntry.action == MeetingAction.APPROVE,
            MeetingEntry.at <= Ballot.opened_at,
        )
        .correlate(AgendaItem, Ballot)
    )
    return (
        select(_BALLOT)
        .join(AgendaItem, AgendaItem.id == Ballot.item_id)
        .where(or_(AgendaItem.state.not_in(sorted(ANNOUNCED)), ~exists(announced)))
    )


def _twice() -> Select[str]:
    counted = (
        select(Vote.ballot_id).group_by(Vote.ballot_id, Vote.household).having(func.count() > 1).distinct().subquery()
    )
    return select(_BALLOT).join(counted, counted.c.ballot_id == Ballot.id)


def _papers_and_votes() -> Select[str]:
    papers = select(func.count()).where(BallotPaper.ballot_id == Ballot.id).correlate(Ballot).scalar_subquery()
    votes = select(func.count()).where(Vote.ballot_id == Ballot.id).correlate(Ballot).scalar_subquery()
    return select(_BALLOT).where(papers != votes)


def _without_right() -> Select[str]:
    """Each vote is in the name of somebody invited with a vote to that meeting, and for their household."""
    right = (
        select(MeetingInvitation.id)
        .where(
            MeetingInvitation.id == Vote.invitation_id,
            MeetingInvitation.meeting_id == AgendaItem.meeting_id,
            or_(
                and_(MeetingInvitation.capacity == Capacity.VOTER, MeetingInvitation.household == Vote.household),
                MeetingInvitation.voted_as == Vote.household,
            ),
        )
        .correlate(Vote, AgendaItem)
    )
    return (
        select(_BALLOT)
        .join(AgendaItem, AgendaItem.id == Ballot.item_id)
        .join(Vote, Vote.ballot_id == Ballot.id)
        .where(~exists(right))
        .distinct()
    )


def _papers_of_an_open_ballot() -> Select[str]:
    """Where everybody may see who chose what, the papers say the same."""
    papers = select(BallotPaper.ballot_id, BallotPaper.choice, func.count().label("count"))
    votes = select(Vote.ballot_id, Vote.choice, func.count().label("count")).where(Vote.choice.is_not(None))
    by_paper = papers.group_by(BallotPaper.ballot_id, BallotPaper.choice).subquery()
    by_vote = votes.group_by(Vote.ballot_id, Vote.choice).subquery()
    return (
        select(_BALLOT)
        .join(by_vote, by_vote.c.ballot_id == Ballot.id)
        .outerjoin(by_paper, (by_paper.c.ballot_id == Ballot.id) & (by_paper.c.choice == by_vote.c.choice))
        .where(Ballot.secret.is_(False), by_paper.c.count.is_distinct_from(by_vote.c.count))
        .distinct()
    )


def _left_open() -> Select[str]:
    """Nobody can vote any more once the meeting is over."""
    return (
        select(_BALLOT)
        .join(AgendaItem, AgendaItem.id == Ballot.item_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(Ballot.closed_at.is_(None), Meeting.state != MeetingState.IN_SESSION)
    )


_COUNTED = (
    select(
        Ballot.id,
        _BALLOT.label("name"),
        Ballot.options,
        Ballot.base_count,
        Ballot.majority,
        Ballot.result,
        BallotPaper.choice,
    )
    .outerjoin(BallotPaper, BallotPaper.ballot_id == Ballot.id)
    .where(Ballot.closed_at.is_not(None))
    .order_by(Ballot.id)
)


def miscounted(session: Session) -> Iterator[Breach]:
    """Every closed ballot is counted again, by the rule that was fixed before voting."""
    rows = session.connection().execute(_COUNTED, execution_options={"yield_per": _BATCH})
    for _, papers in groupby(rows, key=attrgetter("id")):
        first, *others = papers
        if not _recounts(first, [row.choice for row in (first, *others) if row.choice is not None]):
            yield Breach(11, first.name, "tally_wrong")


def _recounts(ballot: Row[tuple[object, ...]], papers: list[int]) -> bool:
    try:
        tally = count(papers, options=len(ballot.options), base=ballot.base_count, majority=ballot.majority)
        return Tally.from_json(ballot.result) == tally
    except (ValueError, KeyError, TypeError):  # more papers than households, or a result that is none
        return False
