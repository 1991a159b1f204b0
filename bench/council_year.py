"""``python -m bench council [--long]``: a hundred series of meetings for the whole of 2026, the audit every month.

Short: 12 series, three months. Everything that people do happens as a service's deed at its own moment; what is due
runs as in the program, to the half hour. At the end the timetable of each meeting is worked out again, from its day
alone, and held against what happened.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import bindparam, event, func, select, text, update
from sqlalchemy.orm import Session

from bench.council_life import Circle, Council
from bench.district_town import District, Spot, build
from bench.speed.measure import heading
from bot.due_acts import ACTS, TIMETABLE, run_due
from bot.rehearsal.timetable import Kept, timetable_kept
from handlers.context import House
from models.base import Base
from models.community import Unit
from models.due import Due
from models.issue import Issue
from models.meeting import Meeting, MeetingSeries
from models.member import Member, Post
from models.notice import Notice, NoticeState
from models.resolution import Resolution
from models.rules.house import HouseRules
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import Capacity, Form, QuorumRule
from models.rules.posts import Role, ScopeKind
from services import support
from services.audit import Breach, audit
from services.meetings import steps as meeting_steps
from services.meetings.series import Terms, create_series, free_places
from services.meetings.standing_members import add_member
from tests.database import fresh_database, opened
from understanding import Gazetteer
from understanding.recurrence import read_recurrence

_BEGINS = datetime(2025, 12, 31, 16, tzinfo=UTC)  # New Year of 2026 in China
_TICK = timedelta(minutes=30)
_NEVER = datetime.max.replace(tzinfo=UTC)
_ARRIVES = (
    update(Notice)
    .where(text("notices.state IN ('owed','sending')"), Notice.not_before <= bindparam("now"))
    .values(state=NoticeState.SENT, settled_at=bindparam("now"), attempts=1)
    .execution_options(synchronize_session=False)
)
_WAITS = (
    select(func.min(Issue.look_at)).where(text("issues.look_at IS NOT NULL")),
    select(func.min(Resolution.look_at)).where(text("resolutions.look_at IS NOT NULL")),
    select(func.min(Due.due_at)).where(Due.done_at.is_(None), Due.kind.in_(sorted(ACTS))),
)
#: What is done each hour for a whole district is done once a day here.
_TIMETABLE = {kind: entry for kind, entry in TIMETABLE.items() if kind not in ("lost_holders", "visits", "retention")}
_HOURS = frozenset({1, 18})  # of the world's clock: nine in the morning, and after two at night
#: Some of these fall on every public holiday of 2026.
_RULES = (
    "每月第二个周六 15:00", "每月15号下午3点", "每月最后一个周五晚上7点", "每月1号上午9点半", "每月第一个周六上午10点",
    "每月5号下午4点", "每月第三个周日 14:30", "每月第三个周四晚上7点半", "每月20号下午2点", "每月25号上午9点",
)  # fmt: skip
#: Offsets that some series have instead of the house's.
_OFFSETS: tuple[dict[str, str], ...] = (
    {}, {}, {},
    {"collect": "-21d", "draft": "-5w", "remind_approval": "-4d", "climb": "-3d", "ask_opinions": "-2d"},
    {"remind_hours": "-3h", "miss": "+2d"},
    {"collect": "-20d", "draft": "-10d", "open_check_in": "-60min"},
)  # fmt: skip
_HOMES_OF_A_UNIT = 3
_VOTERS = 5


@dataclass(frozen=True)
class Size:
    """``matters``: told for each series a month. ``every``: whether the audit is asked whenever something happened."""

    communities: int
    series: int
    months: int
    matters: float = 1.5
    every: bool = False


SHORT, LONG = Size(1, 12, 3), Size(4, 100, 12)


@dataclass
class Year:
    """What a rehearsed year came to."""

    council: Council
    kept: Kept
    breaches: dict[Breach, datetime] = field(default_factory=dict)
    audits: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def run_council(long: bool) -> None:
    size = LONG if long else SHORT
    heading(f"council: {size.series} series, {size.months} months of 2026, {size.communities} communities, SQLite")
    began = time.perf_counter()
    with fresh_database("sqlite") as url, opened(url) as database:

        @event.listens_for(database.engine, "connect")
        def hurry(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -400000")

        database.engine.dispose()
        with Session(database.engine, expire_on_commit=False) as session:
            rehearsal = Rehearsal(session, size, tell=lambda line: print(line, flush=True))
            rehearsal.run()
    print(f"  in all {time.perf_counter() - began:,.0f} s", flush=True)


class Rehearsal:
    def __init__(self, session: Session, size: Size, *, tell: Callable[[str], None]) -> None:
        self.session, self.size, self.tell = session, size, tell
        self.random = Random(f"council {size.series}")
        self.rules = HouseRules()
        self.house = House(self.rules, Gazetteer.build(()))
        self.year = Year(self._settle(), Kept())

    @property
    def council(self) -> Council:
        return self.year.council

    def run(self) -> Year:
        moment = _BEGINS
        for month in range(1, self.size.months + 1):
            ends = _month_after(moment)
            self._plan_matters(moment, ends)
            started = time.perf_counter()
            while moment < ends:
                moment = self._next(moment)
                self._tick(moment)
            self._audit(moment)
            self._tell_month(month, time.perf_counter() - started)
        self.year.kept = timetable_kept(self.session, until=moment, rules=self.rules, tick=_TICK)
        self._tell_all()
        return self.year

    def _plan_matters(self, begins: datetime, ends: datetime) -> None:
        for series in self.council.circles:
            for _ in range(round(self.size.matters * self.random.uniform(0.4, 1.6))):
                self.council.soon((ends - begins) / timedelta(hours=1), "raise_matter", series, since=begins)

    def _next(self, moment: datetime) -> datetime:
        """The next half hour at which something waits for it."""
        due = (self.session.connection().scalar(query) for query in _WAITS)
        coming = min(self.council.waits_until(), *(found or _NEVER for found in due))
        half = moment + _TICK
        while half < coming and not (half.hour in _HOURS and not half.minute):
            half += _TICK
        return half

    def _tick(self, now: datetime) -> None:
        council = self.council
        with self._spent("people"):
            council.live_until(now)
        council.now = now
        with self._spent("timer"):
            done = run_due(self.session, now=now, house=self.house, entries=_TIMETABLE if now.hour in _HOURS else {})
        with self._spent("delivery"):
            self._deliver(now)
        with self._spent("news"):
            council.read_news()
        if now.hour in _HOURS:
            support.tell_of_lost_holders(self.session, at=now, rules=self.rules)
        with self._spent("commit"):
            self.session.commit()
        if self.size.every and done:
            self._audit(now)

    def _deliver(self, now: datetime) -> None:
        """Everything arrives at once; what may go wrong on the way is played elsewhere (``bench district``)."""
        self.session.execute(_ARRIVES, {"now": now})

    def _audit(self, now: datetime) -> None:
        with self._spent("audit"):
            self.year.audits += 1
            for breach in audit(self.session, at=now, rules=self.rules):
                if breach not in self.year.breaches:
                    self.year.breaches[breach] = now
                    self.tell(f"  BREACH {now:%m-%d %H:%M} {breach.invariant} {breach.what} {breach.subject}")
        self.session.commit()

    @contextmanager
    def _spent(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.year.seconds[what] = self.year.seconds.get(what, 0.0) + time.perf_counter() - began

    def _tell_month(self, month: int, took: float) -> None:
        def count(table: type[Base]) -> int:
            return self.session.scalar(select(func.count()).select_from(table)) or 0

        most = sorted(self.year.seconds.items(), key=lambda each: -each[1])
        spent = ", ".join(f"{what} {seconds:.0f}" for what, seconds in most)
        self.tell(
            f"  month {month:>2}: {took:5.1f} s | {count(Meeting):,} meetings, {count(Resolution):,} resolutions,"
            f" {count(Issue):,} issues, {count(Notice):,} notices, {count(Due):,} acts"
            f" | {len(self.year.breaches)} breaches | so far: {spent}"
        )
        self.session.commit()

    def _tell_all(self) -> None:
        council, kept = self.council, self.year.kept
        self.tell("  deeds: " + ", ".join(f"{what} {n:,}" for what, n in council.moves.most_common()))
        self.tell("  refused: " + ", ".join(f"{what} {n:,}" for what, n in council.refused.most_common(25)))
        self.tell("  meetings: " + ", ".join(f"{state} {n}" for state, n in self._states().most_common()))
        self.tell(f"  timetable: {kept.steps:,} steps of {kept.meetings:,} meetings on their day,"
                  f" {kept.moved} moved off a holiday, {len(kept.wrong)} wrong")  # fmt: skip
        for wrong in kept.wrong[:40]:
            self.tell(f"  WRONG {wrong}")
        self.tell(f"  audits: {self.year.audits}, breaches: {len(self.year.breaches)}")

    def _states(self) -> Counter[str]:
        return Counter(state.value for state in self.session.scalars(select(Meeting.state)))

    # The town and its series.

    def _settle(self) -> Council:
        began = _BEGINS - timedelta(days=1)
        district = build(self.session, communities=self.size.communities, random=self.random, at=began)
        _give_homes(self.session, district)
        self.session.flush()
        council = Council(self.session, district, rules=self.rules, random=self.random)
        council.now = _BEGINS
        for number, (member, place) in enumerate(self._chosen_places(district)):
            circle = self._series(district, number, member, place)
            council.circles[circle.series_id] = circle
        self.session.commit()
        return council

    def _chosen_places(self, district: District) -> list[tuple[int, str]]:
        """Of each community its own, then as many compounds as corridors."""
        found: list[tuple[int, str]] = []
        by_role: dict[Role, list[tuple[int, str]]] = {Role.COMMUNITY: [], Role.SECRETARY: [], Role.STEWARD: []}
        for post, member in district.on_post.items():
            role = district.role_of[post]
            if role in by_role:
                by_role[role] += [
                    (member, place.key)
                    for place in free_places(self.session, member_id=member, at=_BEGINS)
                ]
        found = by_role[Role.COMMUNITY][: max(1, self.size.series // 3)]
        left = self.size.series - len(found)
        corridors = by_role[Role.STEWARD][: left // 2]
        return [*found, *by_role[Role.SECRETARY][: left - len(corridors)], *corridors]

    def _series(self, district: District, number: int, member: int, place: str) -> Circle:
        where = next(p for p in free_places(self.session, member_id=member, at=_BEGINS) if p.key == place)
        said = _RULES[number % len(_RULES)]
        read = read_recurrence(said)
        if read is None or read.begins is None:
            raise RuntimeError(said)
        quorum = QuorumRule.HALF_OF_VOTERS if number % 4 else QuorumRule.TWO_THIRDS_OF_VOTERS
        terms = Terms(read.rule, said, f"{read.begins:%H:%M}", "红色议事厅", 90, list(Form)[number % len(Form)], quorum)
        series = create_series(
            self.session, member_id=member, place=place, label=f"{where.label}议事会", terms=terms, at=_BEGINS,
            rules=self.rules,
        )  # fmt: skip
        self._own_offsets(series, _OFFSETS[number % len(_OFFSETS)])
        spots = [spot for spot in district.spots if _lies_in(spot, series)]
        compounds = sorted({spot.compound for spot in spots})
        residents = self._residents(series, [m for compound in compounds for m in district.residents[compound]])
        if series.level is not Level.CORRIDOR:
            for voter in self.random.sample(residents, min(_VOTERS, len(residents))):
                self._stands(series, member, voter, Capacity.VOTER)
            unit = district.on_unit[district.property[series.community_id]]
            self._stands(series, member, unit, Capacity.DEPARTMENT)
        upper = district.desk[series.community_id]
        if series.level is Level.COMMUNITY:
            upper = district.street[series.community_id]
        owners = [series.convener_id, *self._posts(district, series.community_id, Role.HANDLER)]
        return Circle(series.id, series.level, series.community_id, member, upper, residents, spots, owners)

    def _own_offsets(self, series: MeetingSeries, offsets: dict[str, str]) -> None:
        if offsets:
            series.offsets = offsets
            self.session.flush()
            for meeting in self.session.scalars(select(Meeting).where(Meeting.series_id == series.id)).all():
                meeting_steps.retime(self.session, meeting, series, at=_BEGINS, rules=self.rules)

    def _stands(self, series: MeetingSeries, member: int, added: int, capacity: Capacity) -> None:
        add_member(
            self.session, series_id=series.id, member_id=member, added_id=added, capacity=capacity, at=_BEGINS,
            rules=self.rules,
        )  # fmt: skip

    def _residents(self, series: MeetingSeries, members: Sequence[int]) -> list[int]:
        if series.level is not Level.CORRIDOR:
            return list(members)
        units = select(Unit.id).where(Unit.building_id == series.building_id)
        if series.unit_id is not None:
            units = units.where(Unit.id == series.unit_id)
        return list(self.session.scalars(select(Member.id).where(Member.home_unit_id.in_(units)).order_by(Member.id)))

    def _posts(self, district: District, community: int, role: Role) -> list[int]:
        posts = select(Post.id).where(
            Post.community_id == community, Post.role == role, Post.scope_kind == ScopeKind.ORGANISATION
        )
        return [post for post in self.session.scalars(posts.order_by(Post.id)) if post in district.on_post]


def _give_homes(session: Session, district: District) -> None:
    """Residents of a compound live in its units, some of them two to a home."""
    units: dict[int, list[int]] = {}
    for spot in district.spots:
        units.setdefault(spot.compound, []).append(spot.unit)
    homes = []
    for compound, members in district.residents.items():
        for number, member in enumerate(members):
            unit = units[compound][number % len(units[compound])]
            room = 101 + 100 * (number // len(units[compound]) * 2 // _HOMES_OF_A_UNIT)
            homes.append({"id": member, "home_unit_id": unit, "home_room": str(room)})
    session.execute(update(Member), homes)
    session.expire_all()


def _lies_in(spot: Spot, series: MeetingSeries) -> bool:
    wanted = ((series.community_id, spot.community), (series.compound_id, spot.compound),
              (series.building_id, spot.building), (series.unit_id, spot.unit))  # fmt: skip
    return all(own is None or own == there for own, there in wanted)


def _month_after(moment: datetime) -> datetime:
    """The same time on the first of the next month in China."""
    local = moment + timedelta(hours=8)
    first = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first - timedelta(hours=8)
