"""What the database itself refuses (workflow.md, Invariants), whoever writes to it: triggers, the same on SQLite and on
PostgreSQL.

Triggers, because SQLite cannot add a constraint to a table that is there. They look at one row as it is written, and by
index at what it belongs to. What needs the whole, or the next row, is found by :mod:`services.audit`.

A step of the migrations on SQLite that builds a guarded table anew takes the guards away first and puts them up again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, MetaData, Table, event

from models.base import Base
from models.issue import OPEN_WORDS

_UNSETTLED = "('owed', 'sending', 'parked')"


@dataclass(frozen=True)
class Never:
    """``never``: a condition on NEW and OLD that must not come true; null is false. ``when``: asked before it, where it
    costs a look at another table. ``{held}`` in it: on PostgreSQL the row is held until the transaction ends."""

    says: str
    never: str
    when: str = "true"


@dataclass(frozen=True)
class Guard:
    """What is refused before an ``event`` on a row of a table."""

    table: str
    event: str
    nevers: tuple[Never, ...]

    @property
    def name(self) -> str:
        return f"guard_{self.table}_{self.event.partition(' ')[0].lower()}"


_ISSUE = (
    Never(
        "the due times of an open issue are in order",
        f"NEW.{OPEN_WORDS}"
        " AND (NEW.first_answer_due < NEW.first_reported_at OR NEW.landing_due < NEW.first_answer_due)",
    ),
    Never(
        "an issue waits since a moment, and goes back to a state",
        "(NEW.paused_at IS NULL) <> (NEW.resume_to IS NULL)"
        " OR (NEW.state <> 'merged' AND (NEW.state = 'waiting') <> (NEW.paused_at IS NOT NULL))",
    ),
    Never("a merged issue is in another", "(NEW.state = 'merged') <> (NEW.merged_into_id IS NOT NULL)"),
    Never("a shelved issue has a day of review", "NEW.state = 'shelved' AND NEW.review_at IS NULL"),
    Never(
        "what is answered and closed has its times",
        "NEW.state IN ('answered', 'closed')"
        " AND (NEW.answered_at IS NULL OR (NEW.state = 'closed' AND NEW.closed_at IS NULL))",
    ),
)
_OF_ITS_COMMUNITY = Never(
    "the holder, the grid and the place of an issue are of its community",
    "NOT EXISTS (SELECT 1 FROM posts, compounds WHERE posts.id = NEW.holder_id AND compounds.id = NEW.compound_id"
    " AND coalesce(posts.community_id, NEW.community_id) = NEW.community_id"
    " AND compounds.community_id = NEW.community_id)"
    " OR NEW.community_id <> (SELECT community_id FROM grids WHERE grids.id = NEW.grid_id)",
)
_IN_ITS_TIME = Never(
    "an issue begins no later than its first report",
    "NEW.at < (SELECT first_reported_at FROM issues WHERE issues.id = NEW.issue_id)",
)
_OF_A_CLOSED_ISSUE = "(SELECT state FROM issues WHERE issues.id = NEW.issue_id{held}) = 'closed'"

_OPEN_BALLOT = Never(
    "nothing is cast after a ballot is closed",
    "(SELECT closed_at FROM ballots WHERE ballots.id = NEW.ballot_id{held}) IS NOT NULL",
)
_ONE_OF_ITS_OPTIONS = Never(
    "what is chosen is an option of its ballot",
    "NEW.choice < 0 OR NEW.choice >= (SELECT json_array_length(options) FROM ballots WHERE ballots.id ="
    " NEW.ballot_id)",
    "NEW.choice IS NOT NULL",
)

GUARDS = (
    Guard(
        "issues",
        "INSERT",
        (
            *_ISSUE,
            Never(
                "the number of an issue is the next of its community and year",
                "NEW.serial <> coalesce((SELECT last FROM issue_numbers WHERE issue_numbers.community_id ="
                " NEW.community_id AND issue_numbers.year = NEW.year), 0)",
            ),
            _OF_ITS_COMMUNITY,
        ),
    ),
    Guard(
        "issues",
        "UPDATE OF community_id, year, serial, number, state, compound_id, grid_id, holder_id, first_reported_at,"
        " first_answer_due, landing_due, answered_at, closed_at, paused_at, resume_to, review_at, merged_into_id",
        (
            Never(
                "the number of an issue stays",
                "NEW.community_id <> OLD.community_id OR NEW.year <> OLD.year OR NEW.serial <> OLD.serial"
                " OR NEW.number <> OLD.number",
            ),
            *_ISSUE,
            Never(
                _OF_ITS_COMMUNITY.says,
                _OF_ITS_COMMUNITY.never,
                "NEW.holder_id <> OLD.holder_id OR NEW.compound_id <> OLD.compound_id"
                " OR coalesce(NEW.grid_id, 0) <> coalesce(OLD.grid_id, 0)",
            ),
            Never(
                _IN_ITS_TIME.says,
                "EXISTS (SELECT 1 FROM reports WHERE reports.issue_id = NEW.id AND reports.at < NEW.first_reported_at)",
                "NEW.first_reported_at > OLD.first_reported_at",
            ),
            Never(
                "an issue is merged into one of its community that is in no other, and has none in it",
                "NOT EXISTS (SELECT 1 FROM issues WHERE issues.id = NEW.merged_into_id AND issues.id <> NEW.id"
                " AND issues.community_id = NEW.community_id AND issues.state <> 'merged')"
                " OR EXISTS (SELECT 1 FROM issues WHERE issues.merged_into_id = NEW.id)",
                "NEW.merged_into_id IS NOT NULL",
            ),
            Never(
                "an issue is closed when every notice of it is settled",
                "EXISTS (SELECT 1 FROM notices WHERE notices.issue_id = NEW.id"
                " AND notices.state IN ('owed', 'sending', 'parked'))",
                "NEW.state = 'closed' AND OLD.state <> 'closed'",
            ),
        ),
    ),
    Guard("issues", "DELETE", (Never("an issue stays", "true"),)),
    Guard("issue_numbers", "INSERT", (Never("numbers begin with 1", "NEW.last <> 0"),)),
    Guard(
        "issue_numbers",
        "UPDATE",
        (
            Never(
                "the next number is one more",
                "NEW.last <> OLD.last + 1 OR NEW.community_id <> OLD.community_id OR NEW.year <> OLD.year",
            ),
        ),
    ),
    Guard("issue_numbers", "DELETE", (Never("a counter stays", "true"),)),
    Guard(
        "issue_history",
        "INSERT",
        (
            Never(
                "a history leads from the last entry to the state of its issue",
                "NEW.to_state <> (SELECT state FROM issues WHERE issues.id = NEW.issue_id)"
                " OR coalesce(NEW.from_state, '') <> coalesce((SELECT last.to_state FROM issue_history last"
                " WHERE last.issue_id = NEW.issue_id ORDER BY last.id DESC LIMIT 1), '')",
            ),
        ),
    ),
    Guard(
        "issue_history",
        "UPDATE OF issue_id, action, from_state, to_state, at",
        (
            Never(
                "what was done stays as it was done",
                "NEW.issue_id <> OLD.issue_id OR NEW.action <> OLD.action OR NEW.to_state <> OLD.to_state"
                " OR coalesce(NEW.from_state, '') <> coalesce(OLD.from_state, '') OR NEW.at <> OLD.at",
            ),
        ),
    ),
    Guard("issue_history", "DELETE", (Never("what was done stays", "true"),)),
    Guard("reports", "INSERT", (_IN_ITS_TIME,)),
    Guard(
        "reports",
        "UPDATE OF issue_id, words, at",
        (
            Never("a report keeps its words and its time", "NEW.words <> OLD.words OR NEW.at <> OLD.at"),
            Never(_IN_ITS_TIME.says, _IN_ITS_TIME.never, "NEW.issue_id <> OLD.issue_id"),
        ),
    ),
    Guard("reports", "DELETE", (Never("a report stays", "true"),)),
    Guard(
        "notices",
        "INSERT",
        (Never("nothing is owed about a closed issue", _OF_A_CLOSED_ISSUE, f"NEW.state IN {_UNSETTLED}"),),
    ),
    Guard(
        "notices",
        "UPDATE OF issue_id, state",
        (
            Never(
                "nothing is owed about a closed issue",
                _OF_A_CLOSED_ISSUE,
                f"NEW.state IN {_UNSETTLED} AND (OLD.state NOT IN {_UNSETTLED}"
                " OR coalesce(NEW.issue_id, 0) <> coalesce(OLD.issue_id, 0))",
            ),
        ),
    ),
    Guard(
        "ballots",
        "INSERT",
        (
            Never(
                "only an announced item that residents may settle is voted on",
                "NOT EXISTS (SELECT 1 FROM agenda_items item WHERE item.id = NEW.item_id"
                " AND item.competence = 'residents' AND item.state IN ('listed', 'in_talk', 'adopted', 'rejected',"
                " 'adjourned', 'referred', 'informed', 'not_reached'))",
            ),
        ),
    ),
    Guard(
        "ballots",
        "UPDATE",
        (
            Never(
                "what a ballot asks stays, and by which rule",
                "NEW.item_id <> OLD.item_id OR NEW.question <> OLD.question OR NEW.base <> OLD.base"
                " OR CAST(NEW.options AS TEXT) <> CAST(OLD.options AS TEXT) OR NEW.base_count <> OLD.base_count"
                " OR NEW.majority <> OLD.majority OR NEW.secret <> OLD.secret OR NEW.opened_at <> OLD.opened_at",
            ),
            Never(
                "a ballot is closed with its result, and open without",
                "(NEW.closed_at IS NULL) <> (NEW.result IS NULL)",
            ),
            Never(
                "a closed ballot keeps its result",
                "NEW.closed_at IS NULL OR NEW.closed_at <> OLD.closed_at"
                " OR CAST(NEW.result AS TEXT) <> CAST(OLD.result AS TEXT)",
                "OLD.closed_at IS NOT NULL",
            ),
        ),
    ),
    Guard("ballots", "DELETE", (Never("a ballot stays", "true"),)),
    Guard(
        "votes",
        "INSERT",
        (
            _OPEN_BALLOT,
            _ONE_OF_ITS_OPTIONS,
            Never(
                "a vote says what was chosen, unless the ballot is secret",
                "(NEW.choice IS NULL) <> (SELECT secret FROM ballots WHERE ballots.id = NEW.ballot_id)",
            ),
            Never(
                "a vote is that of a household invited with a vote",
                "NOT EXISTS (SELECT 1 FROM meeting_invitations invited"
                " JOIN agenda_items item ON item.meeting_id = invited.meeting_id"
                " JOIN ballots ON ballots.item_id = item.id"
                " WHERE invited.id = NEW.invitation_id AND ballots.id = NEW.ballot_id"
                " AND invited.household = NEW.household AND invited.capacity = 'voter')",
            ),
        ),
    ),
    Guard(
        "votes",
        "UPDATE",
        (
            Never(
                "a vote stays as it was cast",
                "NEW.ballot_id <> OLD.ballot_id OR NEW.household <> OLD.household"
                " OR NEW.invitation_id <> OLD.invitation_id OR NEW.at <> OLD.at"
                " OR coalesce(NEW.choice, -1) <> coalesce(OLD.choice, -1)",
            ),
        ),
    ),
    Guard("votes", "DELETE", (Never("a vote stays", "true"),)),
    Guard("ballot_papers", "INSERT", (_OPEN_BALLOT, _ONE_OF_ITS_OPTIONS)),
    Guard("ballot_papers", "UPDATE", (Never("a paper stays as it was cast", "true"),)),
    Guard("ballot_papers", "DELETE", (Never("a paper stays", "true"),)),
)


def put_up(dialect: str) -> Iterator[str]:
    """The statements that make all guards."""
    for guard in GUARDS:
        yield from _making(guard, dialect)


def take_away(dialect: str) -> Iterator[str]:
    """The statements that remove all guards."""
    for guard in GUARDS:
        yield from _removing(guard, dialect)


def without_guards(connection: Connection) -> None:
    """Takes them away: for bulk loads into empty databases, and for tests that break the books behind everybody."""
    for statement in take_away(connection.dialect.name):
        connection.exec_driver_sql(statement)


def with_guards(connection: Connection) -> None:
    """Puts them up again. They look at what is written from now on."""
    for statement in put_up(connection.dialect.name):
        connection.exec_driver_sql(statement)


def _making(guard: Guard, dialect: str) -> Iterator[str]:
    head = f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW"
    if dialect == "sqlite":
        raises = " ".join(
            f"SELECT RAISE(ABORT, '{each.says}') WHERE ({each.when}) AND ({each.never.format(held='')});"
            for each in guard.nevers
        )
        yield f"{head} BEGIN {raises} END"
        return
    raises = " ".join(
        f"IF {each.when} THEN IF {each.never.format(held=' FOR KEY SHARE')} THEN"
        f" RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '{each.says}'; END IF; END IF;"
        for each in guard.nevers
    )
    row = "OLD" if guard.event == "DELETE" else "NEW"
    function = f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql"
    yield f"{function} AS $guard$ BEGIN {raises} RETURN {row}; END $guard$"
    yield f"{head} EXECUTE FUNCTION {guard.name}()"


def _removing(guard: Guard, dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        yield f"DROP TRIGGER IF EXISTS {guard.name}"
        return
    yield f"DROP TRIGGER IF EXISTS {guard.name} ON {guard.table}"
    yield f"DROP FUNCTION IF EXISTS {guard.name}()"


def _created(_metadata: MetaData, connection: Connection, *, tables: Sequence[Table], **_: Any) -> None:
    made = {table.name for table in tables}
    for guard in GUARDS:
        if guard.table in made:
            for statement in _making(guard, connection.dialect.name):
                connection.exec_driver_sql(statement)


event.listen(Base.metadata, "after_create", _created)
