"""Whoever a row tells reads a whole sentence, made of what the services really put into the notice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.announcements import announce
from models.community import Organisation
from models.consultation import Consultation
from models.notice import Notice
from models.rules.issue_workflow import BIRTH, ISSUE_WORKFLOW, Level, Outcome, Rating, Reason, State
from services import (
    clocks,
    consultations,
    corrections,
    deliberating,
    following,
    handling,
    intake,
    merging,
    pressing,
    shelving,
    splitting,
    waiting,
    whistles,
)
from tests.database import fresh_database, opened
from tests.services.table_stage import Stage, build

#: What no sentence may hold: a value that is missing or was never put in, and marks that follow one another.
LEFT_OVER = re.compile(r"None|True|False|[{}\[\]]|%\}|  |[，。：；！？、]{2}|“”|（）|^\s|\s$|\n\n|datetime|_")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with (
        fresh_database("sqlite") as url,
        opened(url) as database,
        Session(database.engine, expire_on_commit=False) as session,
    ):
        yield build(session)


def _reports(stage: Stage, *, urgent: bool = False, photos: tuple[str, ...] = (), words: str = "楼道灯坏了") -> None:
    told = stage.told(words, urgent=urgent, photos=photos)
    known: dict[str, Any] = {"raiser_id": stage.id("ma"), "platform": "webchat", "at": stage.here.now}
    intake.report_issue(stage.session, told=told, **known, rules=stage.here.house.rules)


def _joins(stage: Stage, words: str, *, photos: tuple[str, ...] = ()) -> None:
    known: dict[str, Any] = {"raiser_id": stage.id("ma"), "platform": "webchat"}
    stage.does(intake.join_issue, State.RECEIVED, told=stage.told(words, photos=photos), **known)


def _answers(stage: Stage, state: State, outcome: Outcome, who: str = "li", **details: Any) -> None:
    if outcome is Outcome.EXPLAINED:
        details |= {"reason": Reason.OWNERS_VOTE, "decider": "业主大会", "review_at": stage.here.now + 60 * DAY}
    stage.does(handling.answer_issue, state, who, words="换了灯泡。", outcome=outcome, **details)


def _time_goes_by(stage: Stage, state: State, days: float) -> None:
    """The timer looks at it day by day."""
    for _ in range(int(days)):
        stage.here.now += DAY
        stage.does(clocks.look_at, state)


def _reviews(stage: Stage, state: State, who: str) -> None:
    _answers(stage, state, Outcome.EXPLAINED, who)
    _time_goes_by(stage, state, 61)


def _declines(stage: Stage, times: int) -> None:
    for _ in range(times):
        stage.does(handling.decline_issue, State.IN_PROGRESS, "qian", words="不是我们管。", proposed="路灯所")
        stage.does(
            handling.assign_issue, State.IN_PROGRESS, "sun", organisation_id=stage.here.ids.property, words="再看看"
        )


def _merges(stage: Stage, *, why: str, evidence: dict[str, Any] | None) -> None:
    into = stage.issues[State.RECEIVED]
    stage.does(merging.merge_issues, State.ACCEPTED, "li", into_id=into, why=why, evidence=evidence)


def _splits(stage: Stage) -> None:
    own = stage.report_of(stage.issues[State.RECEIVED], "liu")
    known: dict[str, Any] = {"at": stage.here.now, "rules": stage.here.house.rules}
    gazetteer = stage.here.house.gazetteer
    splitting.split_report(stage.session, report_id=own, member_id=stage.id("liu"), gazetteer=gazetteer, **known)


def _asks_for_time(stage: Stage, *, grant: bool) -> None:
    until = stage.issue(State.RECEIVED).landing_due + 5 * DAY
    stage.does(pressing.ask_extension, State.RECEIVED, "li", words="等配件。", until=until)
    stage.does(pressing.decide_extension, State.RECEIVED, "zhao", grant=grant, words="" if grant else "太久了。")


def _whistles(stage: Stage, *, late: bool) -> None:
    units = list(stage.session.scalars(select(Organisation.id)))
    called = {"organisations": units, "words": "请带梯子。", "arrive_by": stage.here.now + DAY / 8}
    stage.does(whistles.whistle, State.RECEIVED, "zhao", **called)
    stage.here.now += DAY if late else DAY / 24
    stage.does(whistles.arrive, State.RECEIVED, "cheng")
    stage.does(whistles.report_help, State.RECEIVED, "cheng", words="换了线。", photos=("a", "b") if late else ())


def _opened_again(stage: Stage, times: int) -> None:
    who = {"words": "又灭了。", "who": "wang"}
    for _ in range(times):
        stage.does(following.reopen_issue, State.ANSWERED, **who)
        issue = stage.issue(State.ANSWERED)
        by = next(name for name, post in stage.posts.items() if post == issue.holder_id)
        if issue.state is not State.TO_DELIBERATE:
            _answers(stage, State.ANSWERED, Outcome.UNDER_WAY, by)


def _is_given_to_the_street(stage: Stage) -> None:
    given = {"to_post": stage.posts["tang"], "words": "请街道协调。"}
    stage.does(deliberating.return_issue, State.SCHEDULED, **given)


def _is_returned(stage: Stage, *, days: int = 0, until: int = 0) -> None:
    """``days``: so many after it was told. ``until``: so many from then the meeting gives it."""
    stage.here.now += days * DAY
    given: dict[str, Any] = {"until": stage.here.now + until * DAY} if until else {}
    stage.does(deliberating.return_issue, State.SCHEDULED, words="请物业办。", **given)


def _decides(stage: Stage) -> None:
    given = {"owner_post": stage.posts["zhao"], "until": stage.here.now + 30 * DAY, "words": "装声控灯。"}
    stage.does(deliberating.decide_issue, State.SCHEDULED, **given)


def _estimated(stage: Stage) -> None:
    """Due in a year of which the holidays are not known yet."""
    stage.here.now += 700 * DAY
    _reports(stage)


def _talk_it_over(stage: Stage) -> None:
    """In a small consultation; all agree."""
    asked = {"people": [stage.id("wang")], "words": "谁出钱。"}
    stage.does(consultations.call_consultation, State.ACCEPTED, "li", **asked)
    which: dict[str, Any] = {"consultation_id": stage.session.scalars(select(func.max(Consultation.id))).one()}
    known: dict[str, Any] = {"at": stage.here.now, "rules": stage.here.house.rules}
    for name, words in (("wang", "从公共收益出。"), ("li", "")):
        who = which | {"member_id": stage.id(name)}
        if words:
            consultations.put_text(stage.session, **who, words=words, **known)
        else:
            consultations.answer_text(stage.session, **who, agree=True, **known)


S, A = State, Outcome
TELLS: list[Callable[[Stage], Any]] = [
    lambda stage: _reports(stage),
    lambda stage: _reports(stage, urgent=True, photos=("a", "b")),
    lambda stage: _joins(stage, "我家门口也是这样。"),
    lambda stage: _joins(stage, "我家门口也是这样", photos=("a",)),
    lambda stage: stage.does(handling.accept_issue, S.RECEIVED, "li"),
    lambda stage: _answers(stage, S.ACCEPTED, A.SOLVED, photos=("a",)),
    lambda stage: _answers(stage, S.ACCEPTED, A.UNDER_WAY),
    lambda stage: _answers(stage, S.ACCEPTED, A.EXPLAINED),
    lambda stage: stage.does(handling.assign_issue, S.ACCEPTED, "zhao", organisation_id=stage.here.ids.property),
    lambda stage: stage.does(
        handling.assign_issue, S.ACCEPTED, "sun", organisation_id=stage.department, lead=True, words="请牵头。"
    ),
    lambda stage: stage.does(handling.assign_issue, S.ACCEPTED, "sun", organisation_id=stage.department, lead=True),
    lambda stage: _declines(stage, 1),
    lambda stage: _declines(stage, 2),
    lambda stage: stage.does(handling.hand_over_issue, S.ACCEPTED, "li", words="要动总闸。"),
    lambda stage: stage.does(shelving.void_issue, S.RECEIVED, "zhao", words="试一试的。"),
    lambda stage: stage.does(
        waiting.ask_raiser, S.ACCEPTED, "li", raiser_id=stage.id("liu"), words="是整层都黑吗？"
    ),
    lambda stage: stage.does(following.supply_issue, S.RECEIVED, "liu", words="三楼。"),
    lambda stage: stage.does(following.supply_issue, S.WAITING, "wang", words="", photos=("a", "b")),
    lambda stage: _time_goes_by(stage, S.WAITING, 6),
    lambda stage: stage.does(corrections.correct_category, S.RECEIVED, "li", category="power"),
    lambda stage: stage.does(corrections.correct_place, S.RECEIVED, "li", where=stage.elsewhere()),
    lambda stage: _merges(stage, why="同一盏灯。", evidence={"matches": ["同一个单元"], "differs": []}),
    lambda stage: _merges(stage, why="", evidence=None),
    lambda stage: stage.does(merging.unmerge_issue, S.MERGED, "li"),
    lambda stage: _splits(stage),
    lambda stage: stage.does(deliberating.suggest_talk, S.RECEIVED, "li", words="要大家出钱。"),
    lambda stage: stage.does(deliberating.propose_issue, S.RECEIVED, "zhao", level=Level.COMPOUND, words="大家定。"),
    lambda stage: stage.does(
        deliberating.schedule_issue, S.TO_DELIBERATE, meeting="3月议事会", meets_at=stage.here.now + 3 * DAY
    ),
    lambda stage: stage.does(
        deliberating.reschedule_issue, S.SCHEDULED, meeting="3月议事会", meets_at=stage.here.now + 9 * DAY,
        words="遇到放假。",
    ),
    lambda stage: stage.does(
        deliberating.propose_by_itself, S.ACCEPTED, level=Level.COMPOUND, words="三天里有四家反映。"
    ),
    lambda stage: stage.does(
        deliberating.refer_issue, S.SCHEDULED, level=Level.COMMUNITY, words="小区定不了。",
        until=stage.here.now + 30 * DAY,
    ),
    lambda stage: stage.does(deliberating.answer_by_meeting, S.DECIDED, words="装好了声控灯。", photos=("a",)),
    _talk_it_over,
    lambda stage: stage.does(deliberating.unschedule_issue, S.SCHEDULED, words="人没到齐。"),
    _decides,
    lambda stage: stage.does(deliberating.adjourn_issue, S.SCHEDULED, words="再问问别的楼。"),
    _is_given_to_the_street,
    lambda stage: _is_returned(stage),
    lambda stage: _is_returned(stage, days=60),
    lambda stage: _is_returned(stage, until=30),
    lambda stage: stage.does(
        shelving.shelve_issue, S.ACCEPTED, "zhao", words="要等开春。", reason=Reason.SEASON,
        review_at=stage.here.now + 40 * DAY,
    ),
    lambda stage: stage.does(shelving.unshelve_issue, S.SHELVED, "zhao"),
    lambda stage: _time_goes_by(stage, S.SHELVED, 61),
    lambda stage: _reviews(stage, S.ACCEPTED, "li"),
    lambda stage: _reviews(stage, S.IN_PROGRESS, "qian"),
    lambda stage: stage.does(pressing.urge_issue, S.RECEIVED, "wang"),
    lambda stage: stage.does(pressing.supervise_issue, S.RECEIVED, "sun", words="今天办完。"),
    lambda stage: _asks_for_time(stage, grant=True),
    lambda stage: _asks_for_time(stage, grant=False),
    lambda stage: _whistles(stage, late=False),
    lambda stage: _whistles(stage, late=True),
    lambda stage: _time_goes_by(stage, S.RECEIVED, 90),  # it climbs to the top, and is red there
    lambda stage: _time_goes_by(stage, S.IN_PROGRESS, 90),
    lambda stage: _time_goes_by(stage, S.TO_DELIBERATE, 130),
    lambda stage: _time_goes_by(stage, S.DECIDED, 60),
    lambda stage: stage.does(following.rate_issue, S.ANSWERED, "wang", rating=Rating.UNSATISFIED, words="还是暗。"),
    lambda stage: _time_goes_by(stage, S.ANSWERED, 6),
    lambda stage: stage.does(following.check_issue, S.ANSWERED, "liu", solved=True),
    lambda stage: stage.does(following.check_issue, S.ANSWERED, "liu", solved=False),
    lambda stage: _opened_again(stage, 1),
    lambda stage: _opened_again(stage, 3),
    lambda stage: stage.does(following.withdraw_report, S.RECEIVED, "liu"),
    _estimated,
]  # fmt: skip


def test_whoever_is_told_reads_a_whole_sentence(stage: Stage) -> None:
    read: set[str] = set()
    broken: list[tuple[str, str]] = []
    for deed in TELLS:
        with stage.undone():
            before = stage.session.scalar(select(func.max(Notice.id))) or 0
            deed(stage)
            stage.session.flush()
            new = select(Notice).where(Notice.id > before, Notice.history_id.is_not(None)).order_by(Notice.id)
            for notice in stage.session.scalars(new):
                read.add(notice.kind)
                broken += [(notice.kind, words) for words in _words(notice) if LEFT_OVER.search(words)]
    assert broken == []
    table = {f"{row.action}_{audience}" for row in (BIRTH, *ISSUE_WORKFLOW) for audience in row.tells}
    assert read == table


def _words(notice: Notice) -> Iterator[str]:
    """All that a person reads of it, on the first and on a second try, with options to press and to number."""
    for numbered in (False, True):
        for repeat in (False, True):
            message = announce(notice.kind, notice.params, notice_id=notice.id, numbered=numbered, repeat=repeat)
            assert notice.params["number"] in message.text
            yield message.text
            yield from (button.label for button in message.buttons)
