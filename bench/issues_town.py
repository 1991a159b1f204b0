"""Communities with any number of stored issues, loaded with one statement a table, and as many due as are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import text

from bot.database import Database
from models.guards import with_guards, without_guards

ISSUES_OF_ONE = 1_000  # of a community, workflow.md's with some 3,000 households
OPEN_OF_ONE = 40  # of them
OVERDUE_OF_ONE = 10  # of these
STREET = 10  # communities of one

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
#: Table, columns, their values for community ``i``.
_PLACES = (
    ("communities", "id, street_id, code, name, prefix, phone",
     "i, 1 + (i - 1) / {street}, 'c' || i, 'C' || i, 'P' || i, ''"),
    ("grids", "id, community_id, name", "i, i, 'G'"),
    ("compounds", "id, community_id, grid_id, name", "i, i, i, 'X'"),
    ("buildings", "id, compound_id, grid_id, number, name", "i, i, i, '1', '1号楼'"),
    ("units", "id, building_id, number, name", "i, i, '1', '1单元'"),
)  # fmt: skip
#: Role, kind of scope, id of the post for community ``i``.
_POSTS = (("steward", "unit", "3 * i - 2"), ("secretary", "grid", "3 * i - 1"), ("community", "community", "3 * i"))


#: Counted and swept, as it is on a server that has had a night to itself.
_SERVER_RESTS = ("SET statement_timeout = 0", "VACUUM ANALYZE", "RESET statement_timeout")


class IssuesTown:
    """In an empty database. Each community has a grid, a compound, a unit, and one person on each of three posts."""

    def __init__(self, database: Database, *, stored: int, at: datetime) -> None:
        """``stored`` issues, of each community's thousand 40 open and 10 overdue; the timer has nothing to do yet."""
        self.database = database
        self.communities = max(1, stored // ISSUES_OF_ONE)
        self._at = at
        self._last = stored
        with self._loading():
            self._settle()
            self._insert_issues(self._stored(), first=1, last=stored)

    def add_due(self, count: int) -> None:
        """So many more issues, each with a report, with which the timer has something to do: of three one climbs, one
        turns yellow, and the raisers of one have not heard of it for a week."""
        first, self._last = self._last + 1, self._last + count
        if count:
            with self._loading():
                self._add_due(first, self._last)

    @contextmanager
    def _loading(self) -> Iterator[None]:
        server = self.database.dialect == "postgresql"
        with self.database.engine.begin() as self._connection:
            if server:
                self._connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # the program's own is 15 s
            without_guards(self._connection)
            yield
            with_guards(self._connection)
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in _SERVER_RESTS if server else ("ANALYZE",):
                connection.exec_driver_sql(statement)

    def _settle(self) -> None:
        self._insert("streets", "id, name", "i, 'S' || i", last=1 + (self.communities - 1) // STREET)
        for table, columns, values in _PLACES:
            self._insert(table, columns, values.format(street=STREET), last=self.communities)
        for role, kind, key in _POSTS:
            columns = "id, role, scope_kind, scope_id, community_id, label"
            self._insert("posts", columns, f"{key}, '{role}', '{kind}', i, i, 'C' || i", last=self.communities)
        people, since = 3 * self.communities, self._when(days=-400)
        columns = "id, name, community_id, home_room, created_at"
        self._insert("members", columns, f"i, '', NULL, '', {since}", last=people)
        columns = "id, member_id, platform, external_id, heard_at, window_sends"
        self._insert("accounts", columns, f"i, i, 'telegram', 'x' || i, {since}, 0", last=people)
        columns = "id, member_id, post_id, starts_at, confirmed_at"
        self._insert("grants", columns, f"i, i, i, {since}, {since}", last=people)

    def _add_due(self, first: int, last: int) -> None:
        self._insert_issues(self._due(), first=first, last=last)
        columns = "id, issue_id, raiser_id, platform, words, room, at, rating_words"
        values = f"i, i, 1 + i % {3 * self.communities}, 'telegram', '楼道灯坏了', '', {self._when(days=-8)}, ''"
        self._insert("reports", columns, values, first=first, last=last)
        columns = "id, issue_id, action, to_state, actor_id, report_id, holder_id, note, decider, at"
        values = f"i, i, 'accept', 'accepted', 1, i, {self._steward}, '', '', {self._when(days=-8)}"
        self._insert("issue_history", columns, values, first=first, last=last)
        if self._connection.dialect.name == "postgresql":
            for table in ("reports", "issue_history"):
                self._connection.exec_driver_sql(f"SELECT setval('{table}_id_seq', {last})")

    @property
    def _place(self) -> str:
        return f"(1 + (i - 1) % {self.communities})"  # the ids of community, grid, compound, building and unit

    @property
    def _steward(self) -> str:
        return f"(3 * {self._place} - 2)"

    def _stored(self) -> dict[str, str]:
        """Accepted and quiet, or closed long ago."""
        place = f"((i - 1) / {self.communities})"  # of its community's thousand
        is_open, is_red = f"{place} < {OPEN_OF_ONE}", f"{place} < {OVERDUE_OF_ONE}"
        ago, past, ahead = self._when(days=-10), self._when(days=-3), self._when(days=5)
        return {
            "state": f"CASE WHEN {is_open} THEN 'accepted' ELSE 'closed' END",
            "first_reported_at": ago,
            "landing_due": f"CASE WHEN {is_red} THEN {past} ELSE {ahead} END",
            "answered_at": f"CASE WHEN {is_open} THEN NULL ELSE {past} END",
            "closed_at": f"CASE WHEN {is_open} THEN NULL ELSE {past} END",
            "rung_due": ahead,
            "look_at": f"CASE WHEN {is_open} THEN {ahead} ELSE NULL END",
            "told_at": past,
        }

    def _due(self) -> dict[str, str]:
        return {
            "state": "'accepted'",
            "first_reported_at": self._when(days=-8),
            "landing_due": f"CASE WHEN i % 3 = 1 THEN {self._when(days=1)} ELSE {self._when(days=10)} END",
            "answered_at": "NULL",
            "closed_at": "NULL",
            "rung_due": f"CASE WHEN i % 3 = 2 THEN {self._when(hours=-1)} ELSE {self._when(days=10)} END",
            "look_at": self._when(hours=-1),
            "told_at": f"CASE WHEN i % 3 = 0 THEN {self._when(days=-8)} ELSE {self._when(days=-1)} END",
        }

    def _insert_issues(self, own: dict[str, str], *, first: int, last: int) -> None:
        reported = own["first_reported_at"]
        columns = {
            "id": "i",
            "public_id": "'p' || i",
            "community_id": self._place,
            "year": "2026",
            "serial": f"1 + (i - 1) / {self.communities}",
            "number": "'C-' || i",
            "category": "'lighting'",
            "nature": "'complaint'",
            "urgent": "false",
            "summary": "'灯坏了'",
            "place_label": "'X1号楼1单元'",
            **dict.fromkeys(("compound_id", "grid_id", "building_id", "unit_id"), self._place),
            "rung": "'corridor'",
            "holder_id": self._steward,
            "first_answer_due": reported,
            "first_answered_at": reported,
            "rung_since": reported,
            "reopenings": "0",
            **own,
        }
        self._insert("issues", ", ".join(columns), ", ".join(columns.values()), first=first, last=last)

    def _insert(self, table: str, columns: str, values: str, *, last: int, first: int = 1) -> None:
        numbers = _NUMBERS.format(first=first, last=last)
        self._connection.execute(text(f"INSERT INTO {table} ({columns}) {numbers} SELECT {values} FROM n"))

    def _when(self, **ago: float) -> str:
        """A moment, as the database writes it."""
        written = f"'{self._at + timedelta(**ago):%Y-%m-%d %H:%M:%S.%f}'"
        return f"(timestamp {written} AT TIME ZONE 'UTC')" if self._connection.dialect.name == "postgresql" else written
