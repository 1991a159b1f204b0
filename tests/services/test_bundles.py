"""Several notices of one person leave as one message, and meet with one outcome; nothing is lost, doubled or turned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from models.base import insert_row
from models.conversation import Conversation
from models.media import Media, MediaState
from models.member import Account
from models.notice import Notice, NoticeState, Policy
from services.bundles import MOST
from services.outbox import Envelope, Outcome, SendResult
from services.routes import Channel
from tests.database import fresh_database, opened
from tests.services.outbox_stage import (
    BUNDLING,
    CHAT,
    LEASE,
    NOON,
    RETRIES,
    SENT,
    UNSURE,
    add_person,
    claim,
    owe,
    rows,
    seconds,
    settle,
)
from tests.services.test_outbox_cost import counted

SIZED: dict[str, Any] = {"params": {"size": 100}}


def together(session: Session, at: datetime = NOON, **given: Any) -> list[Envelope]:
    return claim(session, at, bundling=BUNDLING, **given)


def ids(envelopes: list[Envelope]) -> list[list[int]]:
    return [[notice.id for notice in envelope.notices] for envelope in envelopes]


def repeats(envelopes: list[Envelope]) -> list[bool]:
    return [notice.repeat for envelope in envelopes for notice in envelope.notices]


def test_three_that_wait_leave_as_one_message_and_two_do_not(session: Session) -> None:
    wangs = owe(session, add_person(session, "chat"), 3, **SIZED)
    lis = owe(session, add_person(session, "chat"), 2, **SIZED)
    envelopes = together(session)
    assert sorted(ids(envelopes)) == [wangs, lis[:1]]
    assert together(session) == []
    assert settle(session, envelopes, SENT) == 4
    assert rows(session) == [(NoticeState.SENT, "")] * 4 + [(NoticeState.OWED, "")]
    assert ids(together(session)) == [lis[1:]]


def test_what_does_not_fit_into_one_message_follows_in_order(session: Session) -> None:
    member = add_person(session, "chat")
    line = owe(session, member, 2, params={"size": 300}) + owe(session, member, params={"size": 500})
    line += owe(session, member, 2, **SIZED)
    for expected in (line[:2], line[2:]):
        envelopes = together(session)
        assert ids(envelopes) == [expected]
        settle(session, envelopes, SENT)


def test_nobody_is_sent_more_than_can_be_read_at_once(session: Session) -> None:
    line = owe(session, add_person(session, "chat"), MOST + 3, params={"size": 1})
    envelopes = together(session)
    assert ids(envelopes) == [line[:MOST]]
    settle(session, envelopes, SENT)
    assert ids(together(session)) == [line[MOST:]]


def test_a_message_too_long_for_company_leaves_alone(session: Session) -> None:
    member = add_person(session, "chat")
    line = owe(session, member, params={"size": 5000}) + owe(session, member, 3, **SIZED)
    assert ids(together(session)) == [line[:1]]


@pytest.mark.parametrize(
    "columns",
    [
        {"params": {}},  # of a kind that travels alone
        {"not_before": NOON + seconds(1)},
        {"policy": Policy.AT_MOST_ONCE, "in_doubt": True},  # to be given up, not to be said
        {"params": {"size": 10, "photos": ["coming"]}},
        {"reason": "refused together"},
    ],
    ids=["alone", "later", "small talk", "photo", "refused"],
)
def test_what_may_not_leave_with_others_holds_up_whoever_is_behind_it(
    session: Session, columns: dict[str, Any]
) -> None:
    member = add_person(session, "chat")
    account = session.scalars(select(Account.id)).one()
    insert_row(session, Media, public_id="coming", account_id=account, platform="chat", state=MediaState.OWED,
               not_before=NOON, created_at=NOON)  # fmt: skip
    line = owe(session, member, 3, **SIZED) + owe(session, member, **SIZED | columns) + owe(session, member, 3, **SIZED)
    assert ids(together(session)) == [line[:3]]


def test_photos_that_are_there_travel_with_the_words(session: Session) -> None:
    member = add_person(session, "chat")
    account = session.scalars(select(Account.id)).one()
    for name, state in (("here", MediaState.STORED), ("gone", MediaState.GONE)):
        insert_row(session, Media, public_id=name, account_id=account, platform="chat", state=state,
                   not_before=NOON, created_at=NOON)  # fmt: skip
    owe(session, member, 2, **SIZED)
    owe(session, member, params={"size": 100, "photos": ["here", "gone"]})
    (envelope,) = together(session)
    assert envelope.more[-1].params == {"size": 100, "photos": ["here"]}


def test_a_process_that_dies_leaves_all_of_them_in_doubt_and_what_is_new_is_not_marked(session: Session) -> None:
    member = add_person(session, "chat")
    line = owe(session, member, 3, **SIZED)
    lost = together(session)
    line += owe(session, member, **SIZED)
    assert together(session, NOON + LEASE - seconds(1)) == []
    held = together(session, NOON + LEASE)
    assert ids(held) == [line]
    assert repeats(held) == [True, True, True, False]
    assert settle(session, lost, SENT, NOON + LEASE) == 0
    assert settle(session, held, SENT, NOON + LEASE) == 4
    assert {n.attempts for n in session.scalars(select(Notice))} == {1}


def test_an_outcome_in_doubt_brings_all_of_them_again_together_and_marked(session: Session) -> None:
    line = owe(session, add_person(session, "chat"), 3, **SIZED)
    settle(session, together(session), UNSURE)
    assert together(session, NOON + seconds(4.9)) == []
    again = together(session, NOON + seconds(5))
    assert (ids(again), repeats(again)) == ([line], [True, True, True])


def test_notices_of_different_age_wait_for_one_another(session: Session) -> None:
    member = add_person(session, "chat")
    old = owe(session, member, 3, **SIZED)
    settle(session, together(session), SendResult(Outcome.LATER, "no connection"))
    new = owe(session, member, at=NOON + seconds(5), **SIZED)
    settle(session, together(session, NOON + seconds(5)), SendResult(Outcome.LATER, "x"), NOON + seconds(5))
    assert together(session, NOON + seconds(34)) == []
    assert ids(together(session, NOON + seconds(35))) == [old + new]


def test_a_message_that_is_refused_is_tried_one_by_one_and_only_the_bad_one_fails(session: Session) -> None:
    line = owe(session, add_person(session, "chat"), 3, **SIZED)
    refused = SendResult(Outcome.IMPOSSIBLE, "refused")
    settle(session, together(session), refused)
    for notice, result in zip(line, (SENT, refused, SENT), strict=True):
        envelopes = together(session)
        assert (ids(envelopes), repeats(envelopes)) == ([[notice]], [False])
        settle(session, envelopes, result)
    assert rows(session) == [(NoticeState.SENT, ""), (NoticeState.FAILED, "refused"), (NoticeState.SENT, "")]


def test_somebody_who_blocked_us_loses_nothing(session: Session) -> None:
    owe(session, add_person(session, "chat"), 3, **SIZED)
    settle(session, together(session), SendResult(Outcome.BLOCKED, "blocked"))
    assert together(session) == []
    assert rows(session) == [(NoticeState.PARKED, "blocked")] * 3
    assert {n.attempts for n in session.scalars(select(Notice))} == {0}


def test_a_message_of_many_notices_is_one_of_the_window_and_one_of_the_rate(session: Session) -> None:
    owe(session, add_person(session, "wechat"), 4, **SIZED)
    telegram = add_person(session, "telegram")
    owe(session, telegram, 4, **SIZED)
    settle(session, together(session), SENT)
    assert session.scalars(select(Account.window_sends).where(Account.platform == "wechat")).one() == 1
    after = owe(session, telegram, **SIZED)
    assert together(session, NOON + seconds(0.9)) == []
    assert ids(together(session, NOON + seconds(1))) == [after]


def test_the_last_that_asks_something_is_answered_by_number(session: Session) -> None:
    member = add_person(session, "chat")
    account = session.scalars(select(Account.id)).one()
    insert_row(session, Conversation, account_id=account, frames=[], draft=[], recent=[], updated_at=NOON)
    asks = [owe(session, member, kind="asks", **SIZED)[0] for _ in range(2)]
    owe(session, member, **SIZED)
    (envelope,) = together(session, with_options=frozenset({"asks"}))
    assert envelope.numbered
    assert session.scalars(select(Conversation.offered)).one() == {"notice": asks[-1]}


def test_where_a_platform_has_no_room_for_it_each_leaves_alone(session: Session) -> None:
    (first, *_) = owe(session, add_person(session, "terminal"), 3, **SIZED)
    assert ids(together(session, platforms=[Channel("terminal")])) == [[first]]


def test_the_number_of_statements_does_not_grow_with_the_notices(session: Session) -> None:
    counts = []
    for size in (3, 60):
        for _ in range(size):
            owe(session, add_person(session, "chat"), 3, **SIZED)
        with counted(session) as claimed:
            envelopes = together(session, limit=1000, platforms=[CHAT])
        assert {len(envelope.notices) for envelope in envelopes} == {3}
        with counted(session) as recorded:
            settle(session, envelopes, SENT)
        counts.append((len(claimed), len(recorded)))
    assert counts[0] == counts[1]


def test_two_claims_at_once_never_share_a_person(database: Database) -> None:
    with Session(database.engine) as session:
        for _ in range(4):
            owe(session, add_person(session, "chat"), 4, **SIZED)
        session.commit()
    with Session(database.engine) as one, Session(database.engine) as other:
        first = together(one, limit=2, platforms=[CHAT])
        if database.dialect == "sqlite":  # one writer at a time
            one.commit()
        second = together(other, platforms=[CHAT])
        one.commit()
        other.commit()
    taken = [n for group in ids([*first, *second]) for n in group]
    assert (len(first), len(second)) == (2, 2)
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 16


# Whatever happens to the messages

STEPS = st.lists(
    st.tuples(
        st.integers(0, 4),  # notices that become owed
        st.booleans(),  # that travel alone
        st.sampled_from(["sent", "unsure, arrived", "unsure, lost", "later", "dies, arrived", "dies, lost", "refused"]),
    ),
    max_size=14,
)
_RESULTS = {
    "sent": SENT,
    "unsure": UNSURE,
    "later": SendResult(Outcome.LATER, "no connection"),
    "refused": SendResult(Outcome.IMPOSSIBLE, "refused"),
}


@pytest.fixture(scope="module")
def empty() -> Iterator[Database]:
    with fresh_database("sqlite") as url, opened(url) as database:
        yield database


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_nothing_is_lost_or_overtaken_and_every_repeat_is_marked(
    empty: Database, steps: list[tuple[int, bool, str]]
) -> None:
    phone: list[tuple[int, bool]] = []
    with Session(empty.engine) as session:  # nobody commits
        member, at = add_person(session, "chat"), NOON
        for n, (count, alone, outcome) in enumerate(chain(steps, repeat((0, False, "sent")))):
            if count:
                owe(session, member, count, at=at, **({"params": {}} if alone else SIZED))
            envelopes = together(session, at, platforms=[CHAT])
            if n >= len(steps) and not envelopes:
                break
            for envelope in envelopes:
                if outcome in ("sent", "unsure, arrived", "dies, arrived"):
                    phone += [(notice.id, notice.repeat) for notice in envelope.notices]
                if not outcome.startswith("dies"):
                    settle(session, [envelope], _RESULTS[outcome.partition(",")[0]], at)
            at += max(LEASE, timedelta(seconds=RETRIES[-1]))
        held = session.scalars(select(Notice).order_by(Notice.id)).all()
    arrived = list(dict.fromkeys(notice for notice, _ in phone))
    again = [marked for n, (notice, marked) in enumerate(phone) if notice in dict(phone[:n])]
    assert arrived == sorted(arrived)
    assert all(again)
    assert {n.state for n in held} <= {NoticeState.SENT, NoticeState.FAILED}
    assert {n.id for n in held if n.state is NoticeState.SENT} <= set(arrived)
    assert all(n.reason for n in held if n.state is NoticeState.FAILED)
