"""What the people of a district do, through the services: report, join, accept, decline, answer, rate, reopen, …

Every deed stands in the history; the life of the district is driven by reading what is new there: whoever was given
something, asked something or answered gets round to it after a while, or does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bench.district_town import District, Spot
from models.base import undone_if_refused
from models.issue import HistoryEntry, Issue
from models.member import Account
from models.report import Report
from models.rules.errors import RuleError
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN, Action, Nature, Rating, State
from services import (
    following,
    intake,
    outbox,
    pressing,
    splitting,
)
from services.intake import Told, Where
from understanding import Gazetteer

_HOUR = timedelta(hours=1)
_MATTERS = (
    ("lighting", "楼道灯坏了好几天"), ("sanitation", "楼下垃圾堆着没人清"), ("water", "家里停水到现在没来"),
    ("elevator", "电梯又停在一楼不动"), ("parking", "消防通道停满了车"), ("noise", "楼上半夜装修吵得睡不着"),
    ("heating", "暖气一直不热"), ("building", "屋顶漏雨漏到五楼"), ("property_service", "大门坏了物业一直不修"),
    ("power", "单元里跳闸没有电"), ("green", "树枝挡住了窗户"), ("security", "单元门锁不上"),
)  # fmt: skip
_UNEVEN = 2.5  # how much more some compounds have to tell than others
_BY_DAY = (7, 21)  # hours in which people do something

#: States in which whoever has an issue gets round to it.
HELD = frozenset(
    {State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS, State.TO_DELIBERATE, State.SCHEDULED, State.DECIDED}
)
#: After what whoever holds an issue gets round to it, and after how many hours at most.
_ORDERS: Mapping[Action, float] = {
    Action.REPORT: 18, Action.HAND_OVER: 20, Action.ESCALATE: 30, Action.ASSIGN: 70, Action.NAME_LEAD: 60,
    Action.DECLINE: 30, Action.REOPEN: 20, Action.REVIEW: 40, Action.UNSHELVE: 40, Action.UNMERGE: 20,
    Action.RETURN: 40, Action.ACCEPT: 60, Action.SUPPLY: 20, Action.RESUME: 40, Action.PROPOSE: 90,
    Action.SCHEDULE: 150, Action.DECIDE: 200, Action.ADJOURN: 90, Action.APPEAL: 90, Action.WHISTLE: 40,
    Action.EXTEND: 60, Action.REFUSE_EXTENSION: 30, Action.SUPERVISE: 12, Action.WARN: 40,
}  # fmt: skip


class Life:
    """``deeds`` counts what was done, ``refused`` what was refused, by code."""

    def __init__(self, session: Session, district: District, *, rules: HouseRules, random: Random) -> None:
        self.session = session
        self.district = district
        self.rules = rules
        self.random = random
        self.now = datetime.min.replace(tzinfo=UTC)
        self.deeds: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._agenda: list[tuple[datetime, int, str, int, int]] = []
        self._planned = 0
        self._read = 0
        self._open_in: dict[int, list[tuple[int, str, Spot]]] = {}

    def plan(self, at: datetime, what: str, issue: int = 0, member: int = 0) -> None:
        self._planned += 1
        heappush(self._agenda, (at, self._planned, what, issue, member))

    def soon(self, hours: float, what: str, issue: int, member: int = 0, *, since: datetime | None = None) -> None:
        """Some time within so many hours, by day."""
        at = (since or self.now) + self.random.random() * hours * _HOUR
        local = at.hour + 8
        if not _BY_DAY[0] <= local % 24 < _BY_DAY[1]:
            at += timedelta(hours=(24 + _BY_DAY[0] - local) % 24, minutes=self.random.randrange(59))
        self.plan(at, what, issue, member)

    def live_until(self, moment: datetime) -> None:
        """All that people do before that moment, in order."""
        while self._agenda and self._agenda[0][0] < moment:
            at, _, what, issue, member = heappop(self._agenda)
            self.now = max(self.now, at)
            self._try(what, issue, member)

    def _try(self, what: str, issue: int, member: int) -> None:
        deed: Callable[[int, int], object] = getattr(self, what)
        try:
            with undone_if_refused(self.session):
                deed(issue, member)
        except RuleError as error:
            self.refused[f"{what}: {error.code}"] += 1

    def read_news(self) -> None:
        """Plan what follows from the new entries of the history."""
        entries = self.session.execute(
            select(
                HistoryEntry.id, HistoryEntry.issue_id, HistoryEntry.action, HistoryEntry.to_state, HistoryEntry.at,
                HistoryEntry.details,
            )
            .where(HistoryEntry.id > self._read)
            .order_by(HistoryEntry.id)
        ).all()  # fmt: skip
        for entry in entries:
            self._read = entry.id
            self.deeds[entry.action.value] += 1
            if entry.action in _ORDERS and entry.to_state in HELD:
                self.soon(_ORDERS[entry.action], "hold", entry.issue_id, since=entry.at)
            if entry.action is Action.ANSWER:
                self._wait_for_ratings(entry.issue_id)
            elif entry.action is Action.ASK and self.random.random() < 0.7:
                self.soon(60, "supply", entry.issue_id, entry.details["asked"])
            elif entry.action is Action.ASK_EXTENSION:
                self.soon(30, "decide_extension", entry.issue_id)
            elif entry.action is Action.FOLLOW_UP:
                self._wait_for_checks(entry.issue_id)
            elif entry.action in (Action.ESCALATE, Action.HEARTBEAT) and self.random.random() < 0.2:
                self.soon(20, "urge", entry.issue_id)

    # Residents.

    def report(self, _issue: int, _member: int) -> None:
        random = self.random
        spot = self.district.spots[int(len(self.district.spots) * random.random() ** _UNEVEN)]
        member = random.choice(self.district.residents[spot.compound])
        known = self._open_in.setdefault(spot.compound, [])
        category, words = random.choice(_MATTERS)
        self._writes(member)
        told = self._told(category, words, spot)
        known[:] = [each for each in known if self._issue(each[0]).state in OPEN]
        if known and random.random() < 0.45:
            issue, category, _ = random.choice(known)
            told = self._told(category, words, spot)
            intake.join_issue(
                self.session, issue_id=issue, raiser_id=member, platform="webchat", told=told, at=self.now,
                rules=self.rules,
            )  # fmt: skip
            if random.random() < 0.05:
                self.soon(40, "split", issue, member)
            return
        made = intake.report_issue(
            self.session, raiser_id=member, platform="webchat", told=told, at=self.now, rules=self.rules
        )
        known.append((made.id, category, spot))
        del known[:-6]
        chance = random.random()
        if chance < 0.01:
            self.soon(30, "withdraw", made.id, member)
        elif chance < 0.03:
            self.soon(30, "merge", made.id)
        elif chance < 0.04:
            self.soon(100, "supervise", made.id)

    def _told(self, category: str, words: str, spot: Spot) -> Told:
        where = Where(spot.compound, spot.building, spot.unit)
        urgent = self.random.random() < 0.04
        return Told(words, words, category, Nature.COMPLAINT, urgent, where)

    def _writes(self, member: int) -> None:
        """Whoever writes on WeChat opens the window again, and reads what waited for them."""
        if member not in self.district.on_wechat:
            return
        account = self.session.execute(
            update(Account)
            .where(Account.member_id == member)
            .values(heard_at=self.now, window_sends=0)
            .returning(Account.id)
            .execution_options(synchronize_session=False)
        ).scalar_one()
        outbox.take_parked(self.session, member_id=member, account_id=account, limit=5, at=self.now)

    def _raisers(self, issue: int) -> list[int]:
        told = select(Report.raiser_id).where(Report.issue_id == issue, Report.withdrawn_at.is_(None))
        return sorted(set(self.session.scalars(told)))

    def _wait_for_ratings(self, issue: int) -> None:
        for member in self._raisers(issue):
            if self.random.random() < 0.55:
                self.soon(70, "rate", issue, member)

    def _wait_for_checks(self, issue: int) -> None:
        for member in self._raisers(issue):
            if self.random.random() < 0.3:
                self.soon(24, "check", issue, member)

    def rate(self, issue: int, member: int) -> None:
        rating = self.random.choices(list(Rating), (76, 16, 8))[0]
        self._writes(member)
        following.rate_issue(
            self.session, issue_id=issue, member_id=member, rating=rating, at=self.now, rules=self.rules
        )
        if rating is Rating.UNSATISFIED and self.random.random() < 0.75:
            self.soon(1, "reopen", issue, member)

    def reopen(self, issue: int, member: int) -> None:
        following.reopen_issue(
            self.session, issue_id=issue, member_id=member, words="还是老样子", at=self.now, rules=self.rules
        )

    def check(self, issue: int, member: int) -> None:
        solved = self.random.random() < 0.9
        following.check_issue(
            self.session, issue_id=issue, member_id=member, solved=solved, at=self.now, rules=self.rules
        )

    def supply(self, issue: int, member: int) -> None:
        self._writes(member)
        following.supply_issue(
            self.session, issue_id=issue, member_id=member, words="在三楼拐角", at=self.now, rules=self.rules
        )

    def withdraw(self, issue: int, member: int) -> None:
        following.withdraw_report(self.session, issue_id=issue, member_id=member, at=self.now, rules=self.rules)

    def urge(self, issue: int, _member: int) -> None:
        if self._issue(issue).state in OPEN and (raisers := self._raisers(issue)):
            pressing.urge_issue(self.session, issue_id=issue, member_id=raisers[0], at=self.now, rules=self.rules)

    def split(self, issue: int, member: int) -> None:
        report = self.session.scalars(
            select(Report.id).where(Report.issue_id == issue, Report.raiser_id == member).limit(1)
        ).one_or_none()
        if report is not None and self._issue(issue).state in OPEN:
            splitting.split_report(
                self.session, report_id=report, member_id=member, at=self.now, rules=self.rules,
                gazetteer=Gazetteer.build(()),
            )  # fmt: skip

    def _issue(self, issue: int) -> Issue:
        return self.session.get_one(Issue, issue, populate_existing=True)

    def _by(self, issue: int, member: int) -> dict[str, Any]:
        return {"issue_id": issue, "member_id": member, "at": self.now, "rules": self.rules}
