"""Communities that have met every month for more than a year, loaded in bulk: what a plan of a query is judged by."""

from __future__ import annotations

from datetime import datetime

from bench.issues_town import IssuesTown
from bot.database import Database
from models.rules.meeting_steps import Step

SERIES = 40  # a community, a compound and a series each
ISSUES, OPEN = 125, 10  # of each
PAST = 15 * SERIES  # meetings, each with
ITEMS, SEATS, ENTRIES, NOTES = 4, 10, 4, 3
BEHIND = 2 * SERIES  # resolutions of the latest meetings that still run
DUE = 5  # steps of meetings, and resolutions, with which the timer has something to do
CALLED = SERIES // 2  # coming meetings that are called already, each with two issues; the others are planned
OPEN_BALLOT = PAST + 1  # in the first of the called meetings

_MEETING = f"(1 + (i - 1) % {PAST})"
_COMING = f"(1 + (i - 1) % {PAST + SERIES})"


class MeetingsTown(IssuesTown):
    """Series ``i`` is that of community and compound ``i``; meetings after the :data:`PAST` first are to come."""

    def __init__(self, database: Database, *, at: datetime) -> None:
        self.database = database
        self.communities = SERIES
        self._at = at
        self._loaded: list[str] = []
        with self._loading():
            self._settle()
            self._insert_issues(self._some_open(), first=1, last=SERIES * ISSUES)
            self._told()
            self._met()
            self._voted()
            self._resolved()
            self._owed()
            self._count_on()

    def _some_open(self) -> dict[str, str]:
        """Of each community two are up for discussion; where a meeting was called, two more stand on its agenda."""
        turn = f"((i - 1) / {SERIES})"
        is_open = f"{turn} < {OPEN}"
        listed = f"WHEN {turn} < 2 AND {self._place} % 2 = 0 THEN 'scheduled'"
        state = f"CASE {listed} WHEN {turn} < 4 THEN 'to_deliberate' WHEN {is_open} THEN 'accepted' ELSE 'closed' END"
        past = self._when(days=-30)
        return {
            **self._stored(),
            "state": state,
            "level": f"CASE WHEN {turn} < 4 THEN 'compound' ELSE NULL END",
            "answered_at": f"CASE WHEN {is_open} THEN NULL ELSE {past} END",
            "closed_at": f"CASE WHEN {is_open} THEN NULL ELSE {past} END",
            "look_at": f"CASE WHEN {is_open} THEN {self._when(days=5)} ELSE NULL END",
        }

    def _told(self) -> None:
        stored, person = SERIES * ISSUES, f"1 + i % {3 * SERIES}"
        now = self._when(days=-20)
        self._rows("reports", stored, issue_id="i", raiser_id=person, platform="'telegram'", words="'楼道灯坏了' || i",
                   room="''", at=now, rating_words="''")
        issue = f"1 + (i - 1) % {stored}"
        self._rows("issue_history", 2 * stored, issue_id=issue, to_state="'accepted'", holder_id=self._steward,
                   action=f"CASE WHEN i > {stored} AND i <= {stored + 16 * SERIES} THEN 'propose' ELSE 'accept' END",
                   note="''", decider="''", at=now)
        self._rows("notices", 3 * stored, key="'n' || i", member_id=person, issue_id=issue, kind="'note'", reason="''",
                   params=self._json("{}"), policy="'at_least_once'", state="'sent'", attempts="0", in_doubt="false",
                   not_before=now, created_at=now)  # fmt: skip

    def _met(self) -> None:
        now = self._when(days=-500)
        terms = {"length_minutes": "90", "venue": "'Y'", "form": "'hall'", "quorum": "'half_of_voters'"}
        self._rows("meeting_series", SERIES, public_id="'s' || i", community_id="i", level="'compound'", label="'X'",
                   compound_id="i", rule="'FREQ=MONTHLY;BYDAY=2SA'", said="''", begins="'15:00'", **terms,
                   starts_on=self._day(-500), convener_id="3 * i - 1", offsets=self._json("{}"), last_number="15",
                   created_at=now)  # fmt: skip
        ago = f"(i - 1) / {SERIES}"
        past = [f"WHEN {turn} THEN {self._when(days=-28 * (turn + 1))}" for turn in range(PAST // SERIES)]
        when = f"CASE {ago} {' '.join(past)} ELSE {self._when(days=20)} END"
        state = f"CASE WHEN i <= {PAST} THEN 'published' WHEN i % 2 = 0 THEN 'called' ELSE 'planned' END"
        self._rows("meetings", PAST + SERIES, public_id="'m' || i", series_id=self._place, slot=when, meets_at=when,
                   state=state, number=f"CASE WHEN i <= {PAST} THEN 16 - ({ago}) ELSE NULL END", moved_why="''",
                   published_at=f"CASE WHEN i <= {PAST} THEN {when} ELSE NULL END", revision="0", code="'c' || i",
                   created_at=now, **terms)  # fmt: skip
        self._rows("meeting_history", PAST * ENTRIES, meeting_id=_MEETING, action="'approve'", note="''", at=now,
                   from_state="'drafted'", to_state="'called'")
        items, old = PAST * ITEMS, f"i <= {PAST * ITEMS}"
        coming = f"{PAST} + 2 * (1 + (i - {items} - 1) % {CALLED})"
        settled = f"WHEN i <= {PAST} THEN 'adopted' WHEN {old} THEN 'rejected'"
        self._rows("agenda_items", items + 2 * CALLED, public_id="'a' || i", kind="'issues'", title="'灯'",
                   minutes="20", meeting_id=f"CASE WHEN {old} THEN {_MEETING} ELSE {coming} END",
                   position=f"1 + (i - 1) / {PAST}", state=f"CASE {settled} ELSE 'listed' END", score="0",
                   parts=self._json("{}"), carried="0", competence="'residents'", words="''",
                   settled_at=now)  # fmt: skip
        scheduled = f"{coming} - {PAST} + {SERIES} * ((i - {items} - 1) / {CALLED})"
        self._rows("agenda_issues", items + 2 * CALLED, item_id="i", on_agenda=f"NOT ({old})",
                   issue_id=f"CASE WHEN {old} THEN {OPEN * SERIES} + i ELSE {scheduled} END")

    def _voted(self) -> None:
        now, all_meetings = self._when(days=-28), PAST + SERIES
        member = f"(1 + ({_COMING} * 7 + (i - 1) / {all_meetings}) % {3 * SERIES})"
        self._rows("meeting_invitations", all_meetings * SEATS, meeting_id=_COMING, member_id=member, name="''",
                   household=f"'h' || ((i - 1) / {all_meetings})", capacity="'voter'", invited_at=now,
                   checked_in_at=now)  # fmt: skip
        is_open = f"CASE WHEN i > {PAST} THEN NULL ELSE"
        item = f"CASE WHEN i > {PAST} THEN {PAST * ITEMS + 1} ELSE i END"
        self._rows("ballots", PAST + 1, public_id="'b' || i", item_id=item, options=self._json('["a","b"]'),
                   question="'灯'",
                   base="'present'", base_count=str(SEATS), majority="'more_than_half'", secret="false",
                   opened_by_id="1", opened_at=now, closed_at=f"{is_open} {now} END",
                   result=f"{is_open} {self._json('{}')} END")  # fmt: skip
        self._rows("votes", PAST * SEATS, ballot_id=_MEETING, household=f"'h' || ((i - 1) / {PAST})", choice="0",
                   at=now, invitation_id=f"{_MEETING} + {all_meetings} * ((i - 1) / {PAST})", cast_by_id="1")
        self._rows("ballot_papers", PAST * SEATS, id="'p' || i", ballot_id=_MEETING, choice="0")
        self._rows("opinions", PAST * ITEMS * 2, item_id=f"1 + (i - 1) % {PAST * ITEMS}", stance="'agree'", at=now,
                   member_id=f"1 + (i - 1) / {PAST * ITEMS}")

    def _resolved(self) -> None:
        now, runs = self._when(days=-20), f"i <= {BEHIND}"
        look = f"CASE WHEN i <= {DUE} THEN {self._when(hours=-1)} WHEN {runs} THEN {self._when(days=5)} ELSE NULL END"
        self._rows("resolutions", PAST, public_id="'r' || i", community_id=self._place, year="2025", item_id="i",
                   serial=f"1 + (i - 1) / {SERIES}", meeting_id="i", words="'灯'", standard="'亮'", budget="''",
                   state=f"CASE WHEN {runs} THEN 'accepted' ELSE 'done' END", owner_id=self._steward, source="''",
                   due_on=f"CASE WHEN i <= {DUE} THEN {self._day(-3)} ELSE {self._day(30)} END", recorded_at=now,
                   in_force_at=now, noted_at=now, begun_at=now, verify_round="0", look_at=look)  # fmt: skip
        self._rows("resolution_history", PAST * NOTES, resolution_id=_MEETING, action="'note'", note="''", at=now,
                   from_state="'accepted'", to_state="'accepted'", photos=self._json("[]"))
        self._rows("objections", PAST, resolution_id="i", member_id="1", words="'不'", at=now, upheld="false",
                   settled_words="''", settled_at=now)

    def _owed(self) -> None:
        """All steps of the past are done."""
        steps, meetings = list(Step), PAST + SERIES
        slot = " ".join(f"WHEN {place} THEN '{step.value}'" for place, step in enumerate(steps))
        due = f"i > {PAST} AND i <= {PAST + DUE}"
        self._rows("due", meetings * len(steps), kind="'meeting_step'", subject=f"CAST({_COMING} AS VARCHAR)",
                   slot=f"CASE (i - 1) / {meetings} {slot} END", attempts="0", last_error="''",
                   due_at=f"CASE WHEN {due} THEN {self._when(hours=-1)} ELSE {self._when(days=9)} END",
                   done_at=f"CASE WHEN {_COMING} <= {PAST} THEN {self._when(days=-9)} ELSE NULL END")  # fmt: skip

    def _rows(self, table: str, count: int, **values: str) -> None:
        own = {} if table == "ballot_papers" else {"id": "i"}
        columns = {**own, **values}
        self._insert(table, ", ".join(columns), ", ".join(columns.values()), last=count)
        self._loaded += own and [table]

    def _count_on(self) -> None:
        if self._connection.dialect.name == "postgresql":
            for table in self._loaded:
                self._connection.exec_driver_sql(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")

    def _json(self, written: str) -> str:
        """A colon would be a parameter's."""
        return f"CAST('{written}' AS JSON)" if self._connection.dialect.name == "postgresql" else f"'{written}'"

    def _day(self, days: int) -> str:
        return f"CAST({self._when(days=days)} AS DATE)" if self._connection.dialect.name == "postgresql" else (
            f"date({self._when(days=days)})")
