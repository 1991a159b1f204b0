"""Rehearsals: the scenarios that ship keep every promise, run alike with one seed, and notice a broken promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cli_rehearse import hurry
from bot.database import migrate
from bot.rehearsal.clockwork import Happening, Stage, What
from bot.rehearsal.matters import matters
from bot.rehearsal.people import AT_THE_DESK, BUSY, DILIGENT, ELDERLY, Habits, Person, dice
from bot.rehearsal.performing import Run, perform
from bot.rehearsal.scenarios import SCENARIOS
from bot.rehearsal.talks import talks
from bot.rehearsal.telling import Teller, tell_books
from bot.rehearsal.timetable import Kept
from models.issue import HistoryEntry, Issue
from models.report import Report
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Actor, Audience
from models.rules.meeting_workflow import MEETING_WORKFLOW, ItemState, MeetingActor
from services import notices
from services.audit import Breach
from tests.cli.command import Command, Said, folder, zhuoluo
from tests.database import fresh_database, opened
from texts import text
from understanding import Gazetteer, understand
from understanding.substance import says_something

__all__ = ["folder", "zhuoluo"]  # fixtures

RULES = HouseRules()
ZONE = ZoneInfo(RULES.timezone)
HOLIDAYS = datetime(2026, 10, 1, tzinfo=ZONE), datetime(2026, 10, 8, tzinfo=ZONE)
#: Each scenario twice: its days show what it is about. The second steward is silent over National Day. Of the meetings
#: the first fortnight, with a meeting that is cancelled and one that is approved from above.
RUNS = {
    ("quiet-month", 1): (date(2026, 9, 14), 3),
    ("quiet-month", 2): (date(2026, 9, 23), 4),
    ("burst-pipe", 1): (date(2026, 11, 16), 2),
    ("burst-pipe", 2): (date(2026, 11, 16), 2),
    ("silent-steward", 1): (date(2026, 9, 14), 6),
    ("silent-steward", 2): (date(2026, 9, 28), 6),
    ("meetings", 1): (date(2026, 9, 1), 15),
}


@dataclass
class Story:
    """What a rehearsal left behind.

    ``moments``: what its clock showed, in order; ``terms``: when something climbed, and until when its new rung may
    keep it; ``desk``: what those who work at a desk did in the holidays.
    """

    told: list[str] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    deeds: dict[str, int] = field(default_factory=dict)
    stuck: dict[str, int] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)
    kept: Kept = field(default_factory=Kept)
    audits: int = 0
    reports: int = 0
    urgent: list[timedelta] = field(default_factory=list)
    terms: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    desk: list[Action] = field(default_factory=list)


@cache
def rehearsed(key: str, seed: int) -> Story:
    return perform_once(key, seed)


def perform_once(key: str, seed: int) -> Story:
    first, days = RUNS[key, seed]
    run = Run(SCENARIOS[key], seed, first, days, timedelta(days=1), RULES)
    story = Story()

    def listening(stage: Stage) -> None:
        teller = Teller(stage, story.told.append, chats=True)

        def hear(it: Happening) -> None:
            if it.what is What.PASSED:
                story.moments.append(it.at)
            if it.entry is not None and it.entry.action is Action.ESCALATE:
                story.terms.append((it.at, stage.session.get_one(Issue, it.entry.issue_id).rung_due))
            teller.hear(it)

        stage.hear = hear

    with fresh_database("sqlite") as url, opened(url) as database:
        hurry(database)
        with Session(database.engine, expire_on_commit=False) as session:
            stage = perform(session, run, listening=listening)
            tell_books(stage, story.told.append)
            _look_into(story, stage)
    return story


def _look_into(story: Story, stage: Stage) -> None:
    session = stage.session
    story.deeds, story.stuck = dict(stage.deeds), dict(stage.stuck)
    story.breaches, story.audits = list(stage.breaches), stage.audits
    story.kept = stage.kept or story.kept
    story.reports = len(session.scalars(select(Report.id)).all())
    urgent = session.scalars(select(Issue).where(Issue.urgent, Issue.reopenings == 0))
    story.urgent = [issue.landing_due - issue.first_reported_at for issue in urgent]
    at_work = [p.member_id for p in stage.people.values() if p.posts and p.habits.at_work]
    done = select(HistoryEntry.action).where(
        HistoryEntry.actor_id.in_(at_work), HistoryEntry.at >= HOLIDAYS[0], HistoryEntry.at < HOLIDAYS[1]
    )
    story.desk = list(session.scalars(done))


@pytest.mark.parametrize(("key", "seed"), RUNS)
def test_in_every_scenario_all_invariants_hold_and_nobody_gives_up_half_way(key: str, seed: int) -> None:
    story = rehearsed(key, seed)
    assert (story.breaches, story.stuck) == ([], {})
    assert story.moments == sorted(story.moments)
    assert story.audits > 1
    assert story.deeds["report"] + story.deeds.get("join", 0) - story.deeds.get("split", 0) == story.reports > 0


def test_the_same_seed_tells_the_same_story_to_the_letter_and_another_one_another() -> None:
    once, other = rehearsed("quiet-month", 2).told, rehearsed("quiet-month", 1).told
    assert perform_once("quiet-month", 2).told == once != other


def test_when_the_pipe_bursts_neighbours_join_and_what_was_told_twice_is_put_together() -> None:
    story = rehearsed("burst-pipe", 1)
    assert story.deeds["join"] >= 25
    assert {"merge", "whistle", "arrive"} <= set(story.deeds)
    assert story.urgent
    assert max(story.urgent) <= timedelta(hours=24)


def test_what_no_steward_answers_climbs_is_pressed_and_given_to_somebody_who_must() -> None:
    deeds = rehearsed("silent-steward", 1).deeds
    assert {"escalate", "urge", "supervise", "decline", "name_lead"} <= set(deeds)


def test_over_national_day_limits_in_working_days_stand_still_and_nobody_at_a_desk_works() -> None:
    story = rehearsed("silent-steward", 2)
    assert story.desk == []
    before = [ends for at, ends in story.terms if at < HOLIDAYS[0]]
    assert before
    assert all(ends is not None and ends > HOLIDAYS[1] for ends in before)


def test_meetings_are_founded_called_and_held_and_minuted_and_what_was_decided_goes_on_view() -> None:
    story = rehearsed("meetings", 1)
    steps = {"plan", "collect", "draft", "climb", "ask_opinions", "remind_day", "remind_hours", "open_check_in"}
    deeds = {"approve", "cancel", "open", "close", "send_minutes", "publish"}
    assert {f"meeting {what}" for what in steps | deeds} <= set(story.deeds)
    assert {"suggest", "propose", "schedule", "consult", "agree", "resolution publish"} <= set(story.deeds)
    assert "【议事会】" in "".join(story.told)


def test_the_timetable_of_meetings_is_kept_over_two_holidays() -> None:
    kept = rehearsed("meetings", 1).kept
    assert kept.wrong == []
    assert kept.steps >= 20
    assert kept.moved == 2  # Mid-Autumn and National Day


def test_a_deed_that_owes_no_notice_is_found_by_the_audit(zhuoluo: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    honest: Callable[..., None] = notices.tell

    def forgetful(session: Session, *, action: Action, audiences: frozenset[Audience], **rest: Any) -> None:
        if action is Action.REPORT:
            honest(session, action=action, audiences=audiences, **rest)

    monkeypatch.setattr(notices, "tell", forgetful)
    said = zhuoluo("rehearse", "quiet-month", "--days", "2", "--audit", "end")
    assert said.code == 1
    assert "发现" in said.out


def test_a_rehearsal_on_the_command_line_prints_the_books_and_is_repeated_to_the_byte(zhuoluo: Command) -> None:
    once, again = (zhuoluo("rehearse", "quiet-month", "--days", "1", "--seed", "5", "--audit", "end") for _ in "12")
    assert (once.code, once.out) == (0, again.out)
    for part in ("【台账】", "【指标】", "【等得最久的】", "【消息】", "【查账】查了 1 次，没有问题。"):
        assert part in once.out


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ((), "quiet-month"),
        (("no-such",), "quiet-month"),
        (("quiet-month", "--days", "999"), "400"),
        (("quiet-month", "--start", "30 Feb"), "2026-09-14"),
        (("quiet-month", "--audit", "never"), "daily"),
        (("quiet-month", "--speed", "-1"), "3600"),
    ],
)
def test_what_cannot_be_rehearsed_is_said(zhuoluo: Command, given: tuple[str, ...], hint: str) -> None:
    said = zhuoluo("rehearse", *given)
    assert said.code == 2
    assert hint in said.err


def test_a_database_with_somebody_in_it_is_left_alone(zhuoluo: Command, tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/own.db"
    migrate(url)
    first = zhuoluo("rehearse", "quiet-month", "--days", "1", "--database", url)
    assert first.code == 0
    refused: Said = zhuoluo("rehearse", "quiet-month", "--days", "1", "--database", url)
    assert (refused.code, refused.out) == (2, "")
    assert "空的数据库" in refused.err


habits = st.sampled_from([DILIGENT, BUSY, ELDERLY, AT_THE_DESK])
moments = st.datetimes(datetime(2026, 9, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=200)
@given(moment=moments, habits=habits, days=st.integers(0, 9))
def test_people_look_at_their_phones_in_their_hours_never_on_leave_and_never_before_it_rang(
    moment: datetime, habits: Habits, days: int
) -> None:
    leave = (moment.astimezone(ZONE).date(), moment.astimezone(ZONE).date() + timedelta(days=days))
    person = Person("王", "webchat", "w", habits, dice(1), away=(leave,) if days else ())
    there = person.is_there(moment, rules=RULES)
    here = there.astimezone(ZONE)
    assert there >= moment
    assert habits.hours[0] <= here.hour < habits.hours[1]
    if habits.at_work:
        assert RULES.calendar.is_workday(here.date())
        assert here.hour not in (12, 13)
    if days:
        assert here.date() > leave[1]
    assert person.is_there(there, rules=RULES) == there


def test_what_residents_tell_is_understood_and_what_settles_it_says_something() -> None:
    nowhere = Gazetteer.build(())
    known = {key: [understand(w, gazetteer=nowhere).category for w in m.words] for key, m in matters().items()}
    unclear = sorted(key for key, found in known.items() if "other" in found)
    assert len(known) >= 60
    assert len(unclear) <= 3, unclear
    assert all(says_something(done) for matter in matters().values() for done in matter.done)
    assert all((m.by == "nobody") == bool(m.reason and m.decider) for m in matters().values())


def test_what_neighbours_talk_over_is_understood_and_may_be_agreed() -> None:
    nowhere = Gazetteer.build(())
    told = [(talk, understand(words, gazetteer=nowhere).category) for talk in talks().values() for words in talk.words]
    assert [talk.key for talk, category in told if category == "other"] == []
    decided = [talk for talk in talks().values() if ItemState.ADOPTED in talk.ends]
    assert all(says_something(talk.standard) and talk.agreed and talk.owner for talk in decided)
    assert all(bool(talk.to) == (ItemState.REFERRED in talk.ends) for talk in talks().values())


def test_everything_that_happens_by_itself_has_its_words() -> None:
    issues = {row.action for row in ISSUE_WORKFLOW if row.by & {Actor.TIMER, Actor.MEETING}}
    meetings = {row.action for row in MEETING_WORKFLOW if MeetingActor.TIMER in row.by}
    keys = [*(f"by_itself_{action}" for action in issues), *(f"step_{action}" for action in meetings)]
    assert all(text(f"rehearse.{key}") for key in keys)
