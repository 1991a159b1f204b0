"""An agenda costs what stands on it, not how many other series there are nor what is stored.

Short: a few hundred series. Long: 10,000 series with 1,000,000 open issues on PostgreSQL, 200 with 50,000 on SQLite,
and the whole month of all of them drafted once, or as many as ten minutes are enough for.

Times are of one series each, the smaller and the larger town in turn. CPU time is that of this process: with
PostgreSQL, without the server's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import cycle

from sqlalchemy.orm import Session

from bench.issues_town import IssuesTown
from bench.speed.measure import ROUNDS, heading, interleaved, kinds, ratios, spread, tell, tell_ratio
from bot.database import Database
from models.rules.house import HouseRules
from services.meetings.agenda import draft_agenda
from services.meetings.candidates import collect_candidates
from services.meetings.moves import lock_meeting
from tests.database import fresh_database, opened
from tests.statements import statements, whole_reads

AT = datetime(2026, 3, 3, 4, tzinfo=UTC)
#: Series of the smaller and the larger town, and open issues of each series.
SHORT = {"sqlite": (20, 200, 100), "postgresql": (20, 200, 100)}
LONG = {"sqlite": (20, 200, 250), "postgresql": (1_000, 10_000, 100)}
SAMPLE = 10  # series that are drafted again and again
MONTH = 600  # seconds for which the whole month is drafted at most
FIRST_TIMES = 100  # series that nobody has drafted before
STRIDES = 20  # so that what is reached in that time is spread over all series
_CARES = 200  # series from which a planner cares about indexes
PROPOSED = 5  # of so many open issues one is up for discussion

_SERIES = (
    "id, public_id, community_id, level, compound_id, label, rule, said, begins, starts_on, length_minutes, venue, "
    "form, quorum, convener_id, offsets, last_number, created_at",
    "i, 's' || i, i, 'compound', i, 'X', 'FREQ=MONTHLY;BYDAY=2SA', '', '15:00', '2026-01-01', 90, 'Y', 'hall', "
    "'half_of_voters', 3 * i - 1, '{{}}', 0, {now}",
)
_MEETINGS = (
    "id, public_id, series_id, slot, state, meets_at, moved_why, revision, length_minutes, venue, form, quorum, code, "
    "created_at",
    "i, 'm' || i, i, {day}, 'planned', {day}, '', 0, 90, 'Y', 'hall', 'half_of_voters', 'c' || i, {now}",
)
#: What is told, with the words of different matters, so that some are alike and most are not.
_MATTERS = "漏雨停车噪音垃圾充电养狗绿化门禁楼道电梯围墙健身"
_WORDS = f"'第' || ({{place}} % 12) || '处' || substr('{_MATTERS}', 1 + 2 * ({{place}} % 12), 2)"


class SeriesTown(IssuesTown):
    """In an empty database: communities of one compound and one series each, all of whose issues are open."""

    def __init__(self, database: Database, *, series: int, each: int, at: datetime) -> None:
        self.database = database
        self.communities = series
        self._at = at
        self._last = stored = series * each
        with self._loading():
            self._settle()
            self._insert_issues(self._open(), first=1, last=stored)
            columns = "id, issue_id, raiser_id, platform, words, room, at, rating_words"
            values = f"i, i, 1 + i % {3 * series}, 'telegram', {self._words}, '', {self._when(days=-10)}, ''"
            self._insert("reports", columns, values, first=1, last=stored)
            now, day = self._when(), self._when(days=7)
            self._insert("meeting_series", _SERIES[0], self._cast(_SERIES[1].format(now=now)), last=series)
            self._insert("meetings", _MEETINGS[0], _MEETINGS[1].format(now=now, day=day), last=series)

    @property
    def _words(self) -> str:
        return _WORDS.format(place=f"((i - 1) / {self.communities})")

    def _open(self) -> dict[str, str]:
        proposed = f"((i - 1) / {self.communities}) % {PROPOSED} = 0"
        return {
            "state": f"CASE WHEN {proposed} THEN 'to_deliberate' ELSE 'accepted' END",
            "level": f"CASE WHEN {proposed} THEN 'compound' ELSE NULL END",
            "category": "'building'",
            "summary": self._words,
            "first_reported_at": self._when(days=-10),
            "landing_due": self._when(days=5),
            "rung_due": self._when(days=5),
            "look_at": self._when(days=5),
            "told_at": self._when(days=-3),
        }

    def _cast(self, values: str) -> str:
        server = self.database.dialect == "postgresql"
        return values.replace("'2026-01-01'", "DATE '2026-01-01'").replace("'{}'", "'{}'::json") if server else values


def run_agenda(long: bool) -> None:
    for kind in kinds():
        small, large, each = (LONG if long else SHORT)[kind]
        heading(f"agendas, {kind}: {small:,} and {large:,} series with {each} open issues each")
        with ExitStack() as stack:
            towns = [_town(stack, kind, series, each) for series in (small, large)]
            _compare("collect and draft again", towns, rounds=ROUNDS * SAMPLE, again=True)
            _compare("rows not read before", towns, rounds=min(FIRST_TIMES, small // 2), again=False)
            asked = [_queries(town, number) for town in towns for number in (1, small)]
            print(f"  queries of a series: {sorted(set(asked))}{'' if len(set(asked)) == 1 else '   NOT CONSTANT'}")
            if long:
                _month(towns[1])


def _town(stack: ExitStack, kind: str, series: int, each: int) -> SeriesTown:
    url = stack.enter_context(fresh_database(kind))
    return SeriesTown(stack.enter_context(opened(url)), series=series, each=each, at=AT)


def _compare(what: str, towns: Sequence[SeriesTown], *, rounds: int, again: bool) -> None:
    runs = [_Run(town, rounds=rounds, again=again) for town in towns]
    figures = interleaved(rounds, *runs)
    for town, run, found in zip(towns, runs, figures, strict=True):
        cpu = f"CPU {spread(run.cpu, 1)} ms"
        tell(f"{what}, of {town.communities:,} series", found, "ms", digits=1, note=cpu)
    tell_ratio("growth", ratios(figures[1], figures[0]), most=1.3)
    tell_ratio("growth of CPU time", ratios(runs[1].cpu, runs[0].cpu), most=1.3)


class _Run:
    """Each call drafts the next series of some from all over the town. ``again``: of a few that were drafted before;
    else each is another one, whose rows the database may have to fetch."""

    def __init__(self, town: SeriesTown, *, rounds: int, again: bool) -> None:
        self.cpu: list[float] = []  # ms
        self._town = town
        chosen = range(1 if again else 2, town.communities + 1, town.communities // (SAMPLE if again else rounds))
        if again:
            for number in chosen:
                _undone(town, number)
        self._next = cycle(chosen)

    def __call__(self) -> float:
        number = next(self._next)
        began, worked = time.perf_counter(), time.process_time()
        _undone(self._town, number)
        self.cpu.append((time.process_time() - worked) * 1e3)
        return (time.perf_counter() - began) * 1e3


def _month(town: SeriesTown) -> None:
    began, worked, drafted = time.perf_counter(), time.process_time(), 0
    everyone = (number for first in range(1, STRIDES + 1) for number in range(first, town.communities + 1, STRIDES))
    for number in everyone:
        if time.perf_counter() - began > MONTH:
            break
        _undone(town, number)
        drafted += 1
    taken, cpu = time.perf_counter() - began, time.process_time() - worked
    of_all = "all" if drafted == town.communities else f"a sample of {drafted:,} of"
    note = f"{taken / drafted * 1e3:.1f} ms a series, CPU {cpu / drafted * 1e3:.1f} ms, load {os.getloadavg()[0]:.1f}"
    tell(f"a month, {of_all} {town.communities:,} series", [taken], "s", digits=1, note=note)


def _undone(town: SeriesTown, number: int) -> None:
    """In a transaction of its own, which is undone."""
    with Session(town.database.engine, expire_on_commit=False) as session:
        _draft(session, number)
        session.rollback()


def _draft(session: Session, number: int) -> None:
    meeting, series = lock_meeting(session, number)
    collect_candidates(session, meeting, series, at=AT, rules=HouseRules())
    draft_agenda(session, meeting, series, at=AT + timedelta(hours=1), rules=HouseRules())


def _queries(town: SeriesTown, number: int) -> int:
    """How many statements a series takes, from collecting to its draft; none may go through every issue there is."""
    with Session(town.database.engine, expire_on_commit=False) as session:
        with statements(session) as seen:
            _draft(session, number)
        sent = len(seen)
        whole = [step for step in whole_reads(session, seen) if "Bitmap Index Scan" not in step]
        session.rollback()
        if whole and town.communities >= _CARES:
            raise RuntimeError(f"a draft reads every issue: {whole}")
    return sent
