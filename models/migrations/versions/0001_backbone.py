"""Places, people, issues, notices, conversations, photos, and what is due: the first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(24)


def where(condition: str) -> dict[str, Any]:
    """A partial index, on either database."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "due",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("slot", sa.String, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.String, nullable=False),
        sa.UniqueConstraint("kind", "subject", "slot"),
    )
    op.create_index("ix_due_owed", "due", ["kind", "due_at"], **where("done_at IS NULL"))
    op.create_table(
        "rate_gates",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("next_at", MOMENT, nullable=False),
    )
    op.create_table(
        "seen_nonces",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("body_hash", sa.String, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
    )
    op.create_index("ix_seen_nonces_seen_at", "seen_nonces", ["seen_at"])
    op.create_table(
        "streets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "communities",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("street_id", sa.Integer, sa.ForeignKey("streets.id"), nullable=False),
        sa.Column("code", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("prefix", sa.String, nullable=False, unique=True),
        sa.Column("phone", sa.String, nullable=False),
    )
    op.create_table(
        "grids",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("community_id", sa.Integer, sa.ForeignKey("communities.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("community_id", "name"),
    )
    op.create_table(
        "issue_numbers",
        sa.Column("community_id", sa.Integer, sa.ForeignKey("communities.id"), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("role", WORD, nullable=False),
        sa.Column("scope_kind", WORD, nullable=False),
        sa.Column("scope_id", sa.Integer, nullable=False),
        sa.Column("community_id", sa.Integer, sa.ForeignKey("communities.id")),
        sa.Column("label", sa.String, nullable=False),
        sa.UniqueConstraint("role", "scope_kind", "scope_id"),
    )
    op.create_table(
        "compounds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("community_id", sa.Integer, sa.ForeignKey("communities.id"), nullable=False),
        sa.Column("grid_id", sa.Integer, sa.ForeignKey("grids.id")),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("community_id", "name"),
    )
    op.create_table(
        "buildings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("compound_id", sa.Integer, sa.ForeignKey("compounds.id"), nullable=False),
        sa.Column("grid_id", sa.Integer, sa.ForeignKey("grids.id"), nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("compound_id", "number"),
    )
    op.create_index("ix_buildings_grid_id", "buildings", ["grid_id"])
    op.create_table(
        "compound_aliases",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("compound_id", sa.Integer, sa.ForeignKey("compounds.id"), nullable=False),
        sa.Column("alias", sa.String, nullable=False),
        sa.UniqueConstraint("compound_id", "alias"),
    )
    op.create_index("ix_compound_aliases_alias", "compound_aliases", ["alias"])
    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("community_id", sa.Integer, sa.ForeignKey("communities.id"), nullable=False),
        sa.Column("compound_id", sa.Integer, sa.ForeignKey("compounds.id")),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("community_id", "name"),
    )
    op.create_table(
        "spots",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("compound_id", sa.Integer, sa.ForeignKey("compounds.id"), nullable=False),
        sa.Column("grid_id", sa.Integer, sa.ForeignKey("grids.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("compound_id", "name"),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("building_id", sa.Integer, sa.ForeignKey("buildings.id"), nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("building_id", "number"),
    )
    op.create_table(
        "issues",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("public_id", sa.String, nullable=False, unique=True),
        sa.Column("community_id", sa.Integer, sa.ForeignKey("communities.id"), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("number", sa.String, nullable=False, unique=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("nature", WORD, nullable=False),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("summary", sa.String, nullable=False),
        sa.Column("place_label", sa.String, nullable=False),
        sa.Column("compound_id", sa.Integer, sa.ForeignKey("compounds.id"), nullable=False),
        sa.Column("grid_id", sa.Integer, sa.ForeignKey("grids.id")),
        sa.Column("building_id", sa.Integer, sa.ForeignKey("buildings.id")),
        sa.Column("unit_id", sa.Integer, sa.ForeignKey("units.id")),
        sa.Column("spot_id", sa.Integer, sa.ForeignKey("spots.id")),
        sa.Column("rung", WORD, nullable=False),
        sa.Column("holder_id", sa.Integer, sa.ForeignKey("posts.id"), nullable=False),
        sa.Column("first_reported_at", MOMENT, nullable=False),
        sa.Column("first_answer_due", MOMENT, nullable=False),
        sa.Column("landing_due", MOMENT, nullable=False),
        sa.Column("first_answered_at", MOMENT),
        sa.Column("answered_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("outcome", WORD),
        sa.Column("reopenings", sa.Integer, nullable=False),
        sa.UniqueConstraint("community_id", "year", "serial"),
        sa.CheckConstraint("serial > 0", name="serial_positive"),
    )
    op.create_index("ix_issues_serial", "issues", ["serial"])
    op.create_index("ix_issues_open_holder", "issues", ["holder_id"], **where("state IN ('received','accepted','in_progress','waiting','to_deliberate','scheduled','decided','shelved')"))
    op.create_index("ix_issues_open_landing", "issues", ["landing_due"], **where("state IN ('received','accepted','in_progress','waiting','to_deliberate','scheduled','decided','shelved')"))
    op.create_table(
        "members",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("community_id", sa.Integer, sa.ForeignKey("communities.id")),
        sa.Column("home_unit_id", sa.Integer, sa.ForeignKey("units.id")),
        sa.Column("home_room", sa.String, nullable=False),
        sa.Column("home_asked_at", MOMENT),
        sa.Column("consent_version", sa.String),
        sa.Column("consent_at", MOMENT),
        sa.Column("deidentified_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "rooms",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("unit_id", sa.Integer, sa.ForeignKey("units.id"), nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.UniqueConstraint("unit_id", "number"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("member_id", sa.Integer, sa.ForeignKey("members.id"), nullable=False),
        sa.Column("platform", sa.String, nullable=False),
        sa.Column("external_id", sa.String, nullable=False),
        sa.Column("blocked_at", MOMENT),
        sa.Column("heard_at", MOMENT),
        sa.Column("window_sends", sa.Integer, nullable=False),
        sa.UniqueConstraint("platform", "external_id"),
    )
    op.create_index("ix_accounts_member_id", "accounts", ["member_id"])
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("member_id", sa.Integer, sa.ForeignKey("members.id"), nullable=False),
        sa.Column("post_id", sa.Integer, sa.ForeignKey("posts.id"), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("confirmed_by_id", sa.Integer, sa.ForeignKey("members.id")),
    )
    op.create_index("ix_grants_post_id", "grants", ["post_id"])
    op.create_index("ix_grants_member_id", "grants", ["member_id"])
    op.create_index("uq_grants_live", "grants", ["member_id", "post_id"], unique=True, **where("ends_at IS NULL"))
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code_hash", sa.String, nullable=False, unique=True),
        sa.Column("post_id", sa.Integer, sa.ForeignKey("posts.id"), nullable=False),
        sa.Column("needs_confirmation", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("used_by_id", sa.Integer, sa.ForeignKey("members.id")),
    )
    op.create_table(
        "link_codes",
        sa.Column("code_hash", sa.String, primary_key=True),
        sa.Column("member_id", sa.Integer, sa.ForeignKey("members.id"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
    )
    op.create_index("ix_link_codes_member_id", "link_codes", ["member_id"])
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("issue_id", sa.Integer, sa.ForeignKey("issues.id"), nullable=False),
        sa.Column("raiser_id", sa.Integer, sa.ForeignKey("members.id"), nullable=False),
        sa.Column("told_by_id", sa.Integer, sa.ForeignKey("members.id")),
        sa.Column("platform", sa.String, nullable=False),
        sa.Column("words", sa.String, nullable=False),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("rating", WORD),
        sa.Column("rating_words", sa.String, nullable=False),
        sa.Column("rated_at", MOMENT),
        sa.Column("withdrawn_at", MOMENT),
    )
    op.create_index("ix_reports_issue_id", "reports", ["issue_id"])
    op.create_index("ix_reports_raiser_id", "reports", ["raiser_id"])
    op.create_index("ix_reports_told_by_id", "reports", ["told_by_id"], **where("told_by_id IS NOT NULL"))
    op.create_table(
        "conversations",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("frames", sa.JSON, nullable=False),
        sa.Column("draft", sa.JSON, nullable=False),
        sa.Column("draft_at", MOMENT),
        sa.Column("offered", sa.JSON),
        sa.Column("recent", sa.JSON, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )
    op.create_table(
        "inbound",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("platform", sa.String, nullable=False),
        sa.Column("event_key", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.id")),
        sa.Column("raw", sa.String, nullable=False),
        sa.Column("reply", sa.JSON),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.UniqueConstraint("platform", "event_key"),
    )
    op.create_index("ix_inbound_received_at", "inbound", ["received_at"])
    op.create_table(
        "issue_history",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("issue_id", sa.Integer, sa.ForeignKey("issues.id"), nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("from_state", WORD),
        sa.Column("to_state", WORD, nullable=False),
        sa.Column("actor_id", sa.Integer, sa.ForeignKey("members.id")),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("reports.id")),
        sa.Column("holder_before_id", sa.Integer, sa.ForeignKey("posts.id")),
        sa.Column("holder_id", sa.Integer, sa.ForeignKey("posts.id"), nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("outcome", WORD),
        sa.Column("reason", WORD),
        sa.Column("decider", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_issue_history_issue_id", "issue_history", ["issue_id"])
    op.create_table(
        "web_messages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_web_messages_account_id_id", "web_messages", ["account_id", "id"])
    op.create_table(
        "media",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("public_id", sa.String, nullable=False, unique=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("history_id", sa.Integer, sa.ForeignKey("issue_history.id")),
        sa.Column("platform", sa.String, nullable=False),
        sa.Column("remote_id", sa.String, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_media_account_id", "media", ["account_id", "created_at"])
    op.create_index("ix_media_history_id", "media", ["history_id"])
    op.create_index("ix_media_owed", "media", ["not_before"], **where("state = 'owed'"))
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("member_id", sa.Integer, sa.ForeignKey("members.id"), nullable=False),
        sa.Column("issue_id", sa.Integer, sa.ForeignKey("issues.id")),
        sa.Column("history_id", sa.Integer, sa.ForeignKey("issue_history.id")),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("policy", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.id")),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("in_doubt", sa.Boolean, nullable=False),
        sa.Column("lease", sa.String),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
    )
    op.create_index("ix_notices_due", "notices", ["not_before"], **where("state IN ('owed','sending')"))
    op.create_index("ix_notices_head", "notices", ["member_id", "id"], **where("state IN ('owed','sending')"))
    op.create_index("ix_notices_issue_id", "notices", ["issue_id"])
    op.create_index("ix_notices_parked", "notices", ["member_id", "id"], **where("state = 'parked'"))


def downgrade() -> None:
    for table in (
        "notices",
        "media",
        "web_messages",
        "issue_history",
        "inbound",
        "conversations",
        "reports",
        "link_codes",
        "invitations",
        "grants",
        "accounts",
        "rooms",
        "members",
        "issues",
        "units",
        "spots",
        "organisations",
        "compound_aliases",
        "buildings",
        "compounds",
        "posts",
        "issue_numbers",
        "grids",
        "communities",
        "streets",
        "seen_nonces",
        "rate_gates",
        "due",
    ):
        op.drop_table(table)
