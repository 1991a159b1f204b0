"""What leaves the outbox, in which order, by which account, and what becomes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from models.base import insert_row
from models.conversation import Conversation
from models.media import Media, MediaState
from models.member import Account
from models.notice import Notice, NoticeState, Policy
from services import rates
from services.claims import next_moment
from services.outbox import (
    Outcome,
    OwnNotice,
    SendResult,
    failed_notices,
    notice_for,
    take_parked,
)
from services.routes import Channel
from tests.services.outbox_stage import (
    CHAT,
    LEASE,
    NOON,
    RETRIES,
    SENT,
    TELEGRAM,
    UNSURE,
    WECHAT,
    add_person,
    claim,
    only,
    owe,
    rows,
    seconds,
    settle,
)


def test_only_the_oldest_notice_of_each_person_leaves(session: Session) -> None:
    wang, li = add_person(session, "chat"), add_person(session, "chat")
    wangs, lis = owe(session, wang, 3), owe(session, li, 2)
    assert sorted(e.notice_id for e in claim(session)) == [wangs[0], lis[0]]
    assert claim(session) == []


def test_the_next_one_leaves_once_the_first_is_recorded(session: Session) -> None:
    first, second = owe(session, add_person(session, "chat"), 2)
    for expected in (first, second):
        envelopes = claim(session)
        assert [e.notice_id for e in envelopes] == [expected]
        assert settle(session, envelopes, SENT) == 1
    assert rows(session) == [(NoticeState.SENT, ""), (NoticeState.SENT, "")]


def test_two_claims_at_once_never_get_the_same_notice(database: Database) -> None:
    with Session(database.engine) as session:
        for _ in range(6):
            owe(session, add_person(session, "chat"), 2)
        session.commit()
    with Session(database.engine) as one:
        first = claim(one, limit=3, platforms=[CHAT])
        if database.dialect == "postgresql":
            with Session(database.engine) as other:
                second = claim(other, platforms=[CHAT])
                other.commit()
            one.commit()
        else:  # one writer at a time
            one.commit()
            with Session(database.engine) as other:
                second = claim(other, platforms=[CHAT])
                other.commit()
    assert len(first) == len(second) == 3
    assert len({e.member_id for e in [*first, *second]}) == 6


def test_a_lease_that_ran_out_is_in_doubt_and_sent_as_a_repeat(session: Session) -> None:
    owe(session, add_person(session, "chat"))
    assert [e.repeat for e in claim(session)] == [False]
    assert claim(session, NOON + LEASE - seconds(1)) == []
    assert [e.repeat for e in claim(session, NOON + LEASE)] == [True]
    assert (only(session).in_doubt, only(session).attempts) == (True, 1)


def test_small_talk_in_doubt_is_given_up_rather_than_repeated(session: Session) -> None:
    owe(session, add_person(session, "chat"), policy=Policy.AT_MOST_ONCE)
    assert len(claim(session)) == 1
    assert claim(session, NOON + LEASE) == []
    assert rows(session) == [(NoticeState.FAILED, "in_doubt")]


def test_a_late_record_of_a_lost_lease_changes_nothing(session: Session) -> None:
    owe(session, add_person(session, "wechat"))
    lost = claim(session)
    held = claim(session, NOON + LEASE)
    assert settle(session, lost, SENT, NOON + LEASE) == 0
    assert rows(session) == [(NoticeState.SENDING, "")]
    assert session.scalars(select(Account.window_sends)).one() == 0
    assert settle(session, held, SENT, NOON + LEASE) == 1


def test_the_account_heard_last_is_preferred_and_the_next_one_takes_over_when_it_is_blocked(session: Session) -> None:
    owe(session, add_person(session, "telegram", "chat"))
    envelopes = claim(session)
    assert [e.channel for e in envelopes] == [TELEGRAM]
    settle(session, envelopes, SendResult(Outcome.BLOCKED, "blocked"))
    envelopes = claim(session)
    assert [(e.channel, e.repeat) for e in envelopes] == [(CHAT, False)]
    settle(session, envelopes, SENT)
    assert only(session).account_id == envelopes[0].account_id
    assert session.scalars(select(Account.blocked_at).where(Account.platform == "telegram")).one() == NOON


@pytest.mark.parametrize(
    ("heard", "sends"), [(NOON - timedelta(hours=48), 0), (None, 0), (NOON - timedelta(hours=47), 5)]
)
def test_a_closed_window_is_not_tried(session: Session, heard: datetime | None, sends: int) -> None:
    owe(session, add_person(session, "wechat", heard_at=heard, window_sends=sends), 2)
    assert claim(session) == []
    assert rows(session) == [(NoticeState.PARKED, "window_closed")] * 2


def test_sends_are_counted_within_the_window(session: Session) -> None:
    owe(session, add_person(session, "wechat"), 7)
    for _ in range(5):
        assert settle(session, claim(session), SENT) == 1
    assert claim(session) == []
    assert rows(session) == [(NoticeState.SENT, "")] * 5 + [(NoticeState.PARKED, "window_closed")] * 2


@pytest.mark.parametrize(
    ("platforms", "outcome", "reason"),
    [
        (("wechat",), Outcome.CLOSED, "window_closed"),
        (("chat",), Outcome.CLOSED, "window_closed"),
        (("chat",), Outcome.BLOCKED, "blocked"),
    ],
)
def test_when_the_last_channel_closes_everything_of_the_person_is_parked_with_the_reason(
    session: Session, platforms: tuple[str, ...], outcome: Outcome, reason: str
) -> None:
    owe(session, add_person(session, *platforms), 3)
    settle(session, claim(session), SendResult(outcome))
    assert claim(session) == []
    assert rows(session) == [(NoticeState.PARKED, reason)] * 3
    assert {n.attempts for n in session.scalars(select(Notice))} == {0}


def test_somebody_without_any_account_is_parked_and_holds_up_nobody(session: Session) -> None:
    owe(session, add_person(session))
    other = owe(session, add_person(session, "chat"))
    assert [e.notice_id for e in claim(session)] == other
    assert rows(session)[0] == (NoticeState.PARKED, "no_account")


def test_what_another_process_can_send_stays_owed_for_it(session: Session) -> None:
    both, there = add_person(session, "wechat", "chat", heard_at=None), add_person(session, "chat")
    owe(session, both)
    owe(session, there)
    assert claim(session, platforms=[WECHAT]) == []
    assert rows(session) == [(NoticeState.OWED, "")] * 2
    assert len(claim(session, platforms=[CHAT], limit=2)) == 2


def test_what_another_process_can_send_does_not_fill_our_batch(session: Session) -> None:
    for _ in range(5):
        owe(session, add_person(session, "chat"))
    ours = owe(session, add_person(session, "telegram"))
    assert [e.notice_id for e in claim(session, platforms=[TELEGRAM], limit=2)] == ours


def test_when_the_person_writes_parked_notices_are_shown_in_order_and_the_rest_follows(session: Session) -> None:
    member = add_person(session, "wechat", heard_at=None)
    ids = owe(session, member, 3, kind="answer", params={"short": "31"})
    claim(session)
    account = session.scalars(select(Account)).one()
    account.heard_at = NOON + seconds(9)
    session.flush()
    shown = take_parked(session, member_id=member, account_id=account.id, limit=2, at=NOON + seconds(9))
    assert shown == [OwnNotice(n, "answer", {"short": "31"}, False) for n in ids[:2]]
    assert rows(session) == [(NoticeState.SHOWN, "window_closed")] * 2 + [(NoticeState.OWED, "")]
    later = owe(session, member)
    assert claim(session, NOON + seconds(10)) == []
    envelopes = claim(session, NOON + seconds(11))
    assert [e.notice_id for e in envelopes] == ids[2:]
    settle(session, envelopes, SENT, NOON + seconds(11))
    assert [e.notice_id for e in claim(session, NOON + seconds(11))] == later


def test_a_notice_is_read_by_its_own_member_alone(session: Session) -> None:
    wang, li = add_person(session, "chat"), add_person(session, "chat")
    (notice,) = owe(session, wang, kind="answer_raisers", params={"issue": 31})
    assert notice_for(session, notice_id=notice, member_id=wang) == OwnNotice(
        notice, "answer_raisers", {"issue": 31}, False
    )
    assert notice_for(session, notice_id=notice, member_id=li) is None


def test_a_failed_try_is_repeated_with_growing_pauses_and_then_stands_before_the_administrator(
    session: Session,
) -> None:
    owe(session, add_person(session, "chat"))
    at = NOON
    for pause in RETRIES:
        assert settle(session, claim(session, at), SendResult(Outcome.LATER, "no connection"), at) == 1
        assert claim(session, at + seconds(pause) - seconds(0.1)) == []
        at += seconds(pause)
    settle(session, claim(session, at), SendResult(Outcome.LATER, "no connection"), at)
    assert rows(session) == [(NoticeState.FAILED, "retries_used_up: no connection")]
    assert [n.id for n in failed_notices(session)] == [only(session).id]
    assert only(session).settled_at == at


def test_the_others_of_a_person_wait_behind_a_failed_try(session: Session) -> None:
    first, second = owe(session, add_person(session, "chat"), 2)
    settle(session, claim(session), UNSURE)
    assert claim(session, NOON + seconds(4)) == []
    envelopes = claim(session, NOON + seconds(5))
    assert [(e.notice_id, e.repeat) for e in envelopes] == [(first, True)]
    settle(session, envelopes, SendResult(Outcome.IMPOSSIBLE, "refused"), NOON + seconds(5))
    assert [(e.notice_id, e.repeat) for e in claim(session, NOON + seconds(5))] == [(second, False)]
    assert rows(session)[0] == (NoticeState.FAILED, "refused")


def test_a_pause_that_the_platform_asks_for_is_kept_and_is_no_attempt(session: Session) -> None:
    owe(session, add_person(session, "chat"))
    for n in range(10):
        at = NOON + n * seconds(7)
        assert settle(session, claim(session, at), SendResult(Outcome.LATER, "429", retry_after=7), at) == 1
    assert (only(session).attempts, only(session).not_before) == (0, NOON + seconds(70))


def test_a_pause_for_one_chat_does_not_stop_the_others(session: Session) -> None:
    owe(session, add_person(session, "telegram"))
    settle(session, claim(session), SendResult(Outcome.LATER, "429", retry_after=7))
    owe(session, add_person(session, "telegram"))
    assert len(claim(session, NOON + seconds(2))) == 1


@pytest.mark.parametrize("channel", [TELEGRAM, CHAT])
@pytest.mark.parametrize("retry_after", [45.0, None])
def test_a_pause_for_the_whole_platform_stops_it_alone(
    session: Session, channel: Channel, retry_after: float | None
) -> None:
    owe(session, add_person(session, channel.name))
    refused = SendResult(Outcome.LATER, "quota", retry_after=retry_after, whole_platform=True)
    settle(session, claim(session), refused)
    owe(session, add_person(session, channel.name))
    owe(session, add_person(session, "wechat"))
    assert [e.channel for e in claim(session, NOON + seconds(20))] == [WECHAT]
    assert len(claim(session, NOON + seconds(45))) == 2


def test_two_messages_to_one_chat_keep_their_distance_also_when_the_second_is_owed_later(session: Session) -> None:
    member = add_person(session, "telegram")
    owe(session, member, 2)
    sent_at = NOON + seconds(0.2)
    settle(session, claim(session), SENT, sent_at)
    assert claim(session, sent_at + seconds(0.9)) == []
    settle(session, claim(session, sent_at + seconds(1)), SENT, sent_at + seconds(1.5))
    owe(session, member, at=sent_at + seconds(1.6))
    assert claim(session, sent_at + seconds(1.7)) == []
    assert next_moment(session, after=sent_at + seconds(1.7)) == sent_at + seconds(2.5)
    assert len(claim(session, sent_at + seconds(2.5))) == 1


def test_slots_are_given_out_one_second_ahead_a_little_below_the_limit(session: Session) -> None:
    for _ in range(70):
        owe(session, add_person(session, "telegram"))
    first, nothing, second = claim(session), claim(session, NOON), claim(session, NOON + seconds(0.5))
    slots = [e.send_at for e in [*first, *second] if e.send_at]
    assert nothing == []
    assert len(slots) == len(first) + len(second) == 42
    gaps = {(b - a).total_seconds() for a, b in pairwise(slots)}
    assert all(gap == pytest.approx(1 / 28.65, abs=1e-5) for gap in gaps)
    assert slots[0] == NOON + rates.LEAD
    assert max(e.send_at for e in first if e.send_at) <= NOON + seconds(1)


def test_a_missed_slot_is_replaced_by_one_behind_all_others(session: Session) -> None:
    owe(session, add_person(session, "telegram"))
    (envelope,) = claim(session)
    fresh = rates.reserve(session, name="telegram", per_second=30, now=NOON)
    assert envelope.send_at is not None
    assert fresh > envelope.send_at
    assert rates.reserve(session, name="telegram", per_second=30, now=NOON) > fresh


def test_options_may_be_answered_by_number_only_where_nothing_else_is_asked(session: Session) -> None:
    idle, busy, new = (add_person(session, "chat") for _ in range(3))
    for member, frames in ((idle, []), (busy, [{"step": "report.place"}])):
        account = session.scalars(select(Account.id).where(Account.member_id == member)).one()
        insert_row(session, Conversation, account_id=account, frames=frames, draft=[], recent=[], updated_at=NOON)
    ids = [owe(session, member, kind="answer_raisers")[0] for member in (idle, busy, new)]
    envelopes = claim(session, with_options=frozenset({"answer_raisers"}))
    assert {e.notice_id: e.numbered for e in envelopes} == {ids[0]: True, ids[1]: False, ids[2]: False}
    assert session.scalars(select(Conversation.offered).order_by(Conversation.account_id)).all() == [
        {"notice": ids[0]},
        None,
    ]


def test_a_notice_waits_for_its_photos_but_not_for_ever(session: Session) -> None:
    member = add_person(session, "chat")
    account = session.scalars(select(Account.id)).one()
    for public_id, state in (("here", MediaState.STORED), ("coming", MediaState.OWED), ("gone", MediaState.GONE)):
        insert_row(session, Media, public_id=public_id, account_id=account, platform="chat", state=state,
                   not_before=NOON, created_at=NOON)  # fmt: skip
    owe(session, member, params={"photos": ["gone", "coming", "here"], "short": "31"})
    after = owe(session, member)
    assert claim(session) == []
    assert claim(session, NOON + seconds(2.9)) == []
    assert next_moment(session, after=NOON) == NOON + seconds(3)
    envelopes = claim(session, NOON + timedelta(minutes=10))
    assert [e.params for e in envelopes] == [{"photos": ["here"], "short": "31"}]
    settle(session, envelopes, SENT)
    assert [e.notice_id for e in claim(session, NOON + timedelta(minutes=10))] == after
