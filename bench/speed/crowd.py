"""A town of any size, loaded with one statement a table. Its ids begin at ``BASE``, out of the way of later ones."""

from __future__ import annotations

from sqlalchemy import text

from bot.database import Database
from models.guards import with_guards, without_guards

BASE = 10_000_000
_PER_COMMUNITY = 1_000  # issues; workflow.md's community has some 3,000 households
_PER_POST = 100

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT {columns} FROM n"
_AT = "'2025-03-01 04:00:00.000000'"

#: Table, columns, their values for number ``i`` of ``{size}``, how many. 4 of 100 issues are open.
_ROWS = (
    ("communities", "id, street_id, code, name, prefix, phone",
     "{base} + i, (SELECT min(id) FROM streets), {base} + i, 'C' || i, 'C' || i, ''", "{communities}"),
    ("posts", "id, role, scope_kind, scope_id, community_id, label",
     "{base} + i, 'steward', 'unit', {base} + i, {base} + 1 + i % {communities}, 'P' || i", "{posts}"),
    ("members", "id, name, community_id, home_room, created_at",
     "{base} + i, '', {base} + 1 + i % {communities}, '', {at}", "{size}"),
    ("accounts", "id, member_id, platform, external_id, heard_at, window_sends",
     "{base} + i, {base} + i, 'telegram', 'x' || i, {at}, 0", "{size}"),
    ("conversations", "account_id, frames, draft, recent, updated_at", "{base} + i, '[]', '[]', '[]', {at}", "{size}"),
    ("grants", "id, member_id, post_id, starts_at, confirmed_at", "{base} + i, {base} + i, {base} + i, {at}, {at}",
     "{posts}"),
    ("issues", "id, public_id, community_id, year, serial, number, state, category, nature, urgent, summary,"
     " place_label, compound_id, rung, holder_id, first_reported_at, first_answer_due, landing_due, reopenings",
     "{base} + i, 'p' || i, {base} + 1 + i % {communities}, 2025, 1 + i / {communities}, 'C-' || i,"
     " CASE WHEN i % 25 = 0 THEN 'received' ELSE 'closed' END, 'lighting', 'complaint', false, '灯坏了', '西苑小区',"
     " (SELECT min(id) FROM compounds), 'steward', {base} + 1 + i % {posts}, {at}, {at}, {at}, 0", "{size}"),
    ("reports", "id, issue_id, raiser_id, platform, words, room, at, rating_words",
     "{base} + i, {base} + i, {base} + i, 'telegram', '楼道灯坏了一星期', '', {at}, ''", "{size}"),
    ("issue_history", "id, issue_id, action, to_state, actor_id, report_id, holder_id, note, decider, at",
     "{base} + i, {base} + i, 'report', 'received', {base} + i, {base} + i, {base} + 1 + i % {posts}, '', '', {at}",
     "{size}"),
    ("notices", "id, key, member_id, issue_id, kind, params, policy, state, reason, attempts, in_doubt, not_before,"
     " created_at, settled_at",
     "{base} + i, 'k' || i, {base} + i, {base} + i, 'answer_raisers', '{{}}', 'at_least_once', 'sent', '', 1, false,"
     " {at}, {at}, {at}", "{size}"),
    ("inbound", "id, platform, event_key, account_id, raw, late, failed, received_at",
     "{base} + i, 'telegram', 'x' || i, {base} + i, '楼道灯坏了一星期', false, false, {at}", "{size}"),
)  # fmt: skip


def load_crowd(database: Database, size: int) -> None:
    """``size`` members, each with an issue of last year and all that belongs to it. Needs a settled town."""
    numbers = {
        "base": BASE,
        "at": _AT,
        "size": size,
        "communities": max(1, size // _PER_COMMUNITY),
        "posts": max(1, size // _PER_POST),
    }
    with database.engine.begin() as connection:
        without_guards(connection)  # what is stored fits less well than what people do, and nobody looks at it
        for table, columns, values, count in _ROWS:
            rows = _NUMBERS.format(count=count.format(**numbers), columns=values.format(**numbers))
            connection.execute(text(f"INSERT INTO {table} ({columns}) {rows}"))
        with_guards(connection)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.dialect == "sqlite" else "VACUUM ANALYZE")
