"""landing"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('documents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('params', sa.JSON(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('state', sa.String(24), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kept_until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_documents_member_id_members')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_documents')),
    sa.UniqueConstraint('public_id', name=op.f('uq_documents_public_id'))
    )
    op.create_index('ix_documents_owed', 'documents', ['not_before'], unique=False, sqlite_where=sa.text("state = 'owed'"), postgresql_where=sa.text("state = 'owed'"))
    op.create_table('extensions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('issue_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('granted', sa.Boolean(), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('words', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['asked_by_id'], ['members.id'], name=op.f('fk_extensions_asked_by_id_members')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['members.id'], name=op.f('fk_extensions_decided_by_id_members')),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_extensions_issue_id_issues')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_extensions'))
    )
    op.create_index('ix_extensions_issue_id', 'extensions', ['issue_id'], unique=False)
    op.create_table('helpers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('issue_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('called_by_id', sa.Integer(), nullable=False),
    sa.Column('called_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('arrive_by', sa.DateTime(timezone=True), nullable=False),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('result', sa.String(), nullable=False),
    sa.Column('result_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['called_by_id'], ['members.id'], name=op.f('fk_helpers_called_by_id_members')),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_helpers_issue_id_issues')),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_helpers_post_id_posts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_helpers')),
    sa.UniqueConstraint('issue_id', 'post_id', name=op.f('uq_helpers_issue_id_post_id'))
    )
    op.create_index('ix_helpers_post_id', 'helpers', ['post_id'], unique=False)
    op.create_table('merges',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('merged_id', sa.Integer(), nullable=False),
    sa.Column('into_id', sa.Integer(), nullable=False),
    sa.Column('state_before', sa.String(24), nullable=False),
    sa.Column('lead_first', sa.BigInteger(), nullable=False),
    sa.Column('lead_landing', sa.BigInteger(), nullable=False),
    sa.Column('made_urgent', sa.Boolean(), nullable=False),
    sa.Column('evidence', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('merged_id <> into_id', name=op.f('ck_merges_two_issues')),
    sa.ForeignKeyConstraint(['by_id'], ['members.id'], name=op.f('fk_merges_by_id_members')),
    sa.ForeignKeyConstraint(['into_id'], ['issues.id'], name=op.f('fk_merges_into_id_issues')),
    sa.ForeignKeyConstraint(['merged_id'], ['issues.id'], name=op.f('fk_merges_merged_id_issues')),
    sa.ForeignKeyConstraint(['undone_by_id'], ['members.id'], name=op.f('fk_merges_undone_by_id_members')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merges'))
    )
    op.create_index('ix_merges_into_id', 'merges', ['into_id'], unique=False)
    op.create_index('uq_merges_live', 'merges', ['merged_id'], unique=True, sqlite_where=sa.text('undone_at IS NULL'), postgresql_where=sa.text('undone_at IS NULL'))
    op.create_table('merged_reports',
    sa.Column('merge_id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('since_before', sa.DateTime(timezone=True), nullable=True),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['merge_id'], ['merges.id'], name=op.f('fk_merged_reports_merge_id_merges')),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_merged_reports_report_id_reports')),
    sa.PrimaryKeyConstraint('merge_id', 'report_id', name=op.f('pk_merged_reports'))
    )
    op.create_index('ix_merged_reports_report_id', 'merged_reports', ['report_id'], unique=False)
    # Columns are added in place: rebuilding a table that others point to would lose its checks on SQLite.
    op.add_column('grants', sa.Column('stands_in_for_id', sa.Integer(), sa.ForeignKey('members.id', name='fk_grants_stands_in_for_id_members'), nullable=True), inline_references=True)
    op.add_column('issue_history', sa.Column('details', sa.JSON(none_as_null=True), nullable=True))
    op.add_column('issues', sa.Column('clock_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('rung_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('rung_due', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('look_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('told_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('warned', sa.String(24), nullable=True))
    op.add_column('issues', sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('asked_id', sa.Integer(), sa.ForeignKey('members.id', name='fk_issues_asked_id_members'), nullable=True), inline_references=True)
    op.add_column('issues', sa.Column('resume_to', sa.String(24), nullable=True))
    op.add_column('issues', sa.Column('review_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('followed_up_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('declines', sa.Integer(), server_default='0', nullable=False))
    op.add_column('issues', sa.Column('lead_named', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('issues', sa.Column('extended_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('merged_into_id', sa.Integer(), sa.ForeignKey('issues.id', name='fk_issues_merged_into_id_issues'), nullable=True), inline_references=True)
    op.add_column('issues', sa.Column('households', sa.Integer(), nullable=True))
    op.add_column('issues', sa.Column('people', sa.Integer(), nullable=True))
    op.add_column('issues', sa.Column('counted_by_id', sa.Integer(), sa.ForeignKey('members.id', name='fk_issues_counted_by_id_members'), nullable=True), inline_references=True)
    op.add_column('issues', sa.Column('level', sa.String(24), nullable=True))
    op.create_index('ix_issues_look_at', 'issues', ['look_at'], unique=False, sqlite_where=sa.text('look_at IS NOT NULL'), postgresql_where=sa.text('look_at IS NOT NULL'))
    op.create_index('ix_issues_merged_into_id', 'issues', ['merged_into_id'], unique=False, sqlite_where=sa.text('merged_into_id IS NOT NULL'), postgresql_where=sa.text('merged_into_id IS NOT NULL'))
    op.add_column('notices', sa.Column('relayed_by_id', sa.Integer(), sa.ForeignKey('members.id', name='fk_notices_relayed_by_id_members'), nullable=True), inline_references=True)
    op.add_column('notices', sa.Column('visits', sa.Integer(), server_default='0', nullable=False))
    op.create_index('ix_notices_failed', 'notices', ['issue_id'], unique=False, sqlite_where=sa.text("state = 'failed'"), postgresql_where=sa.text("state = 'failed'"))
    op.add_column('reports', sa.Column('since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('reports', sa.Column('asked_solved_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('reports', sa.Column('solved', sa.Boolean(), nullable=True))
    op.add_column('reports', sa.Column('solved_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_issues_reported', 'issues', ['community_id', 'first_reported_at'], unique=False)
    # What is open is looked at once, which sets when to look again.
    op.execute("UPDATE issues SET rung_since = first_reported_at, rung_due = landing_due, look_at = first_reported_at,"
               " told_at = (SELECT MAX(at) FROM issue_history WHERE issue_history.issue_id = issues.id)"
               " WHERE state NOT IN ('closed', 'withdrawn', 'void', 'merged')")
    _put_up_guards()


def downgrade() -> None:
    """On SQLite this rebuilds five tables, so it is for empty databases; with data, a backup is the way back."""
    _take_guards_away()
    op.drop_index('ix_notices_failed', 'notices')
    for index in ('ix_issues_reported', 'ix_issues_look_at', 'ix_issues_merged_into_id'):
        op.drop_index(index, 'issues')
    for table in ('merged_reports', 'merges', 'helpers', 'extensions', 'documents'):
        op.drop_table(table)
    columns = {
        'reports': ('since', 'asked_solved_at', 'solved', 'solved_at'),
        'notices': ('relayed_by_id', 'visits'),
        'issues': (
            'clock_since', 'rung_since', 'rung_due', 'look_at', 'told_at', 'warned', 'paused_at', 'asked_id', 'resume_to',
            'review_at', 'followed_up_at', 'declines', 'lead_named', 'extended_at', 'merged_into_id', 'households',
            'people', 'counted_by_id', 'level',
        ),
        'issue_history': ('details',),
        'grants': ('stands_in_for_id',),
    }
    for table, names in columns.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_column(name)


# What the database refuses from here on: table, event, and what must never come true as (says, never, when).
_GUARDS = (
    ('issues', 'INSERT', (
        ('the due times of an open issue are in order',
         "NEW.state IN ('received','accepted','in_progress','waiting','to_deliberate','scheduled','decided','shelved') AND (NEW.first_answer_due < NEW.first_reported_at OR NEW.landing_due < NEW.first_answer_due)",
         'true'),
        ('an issue waits since a moment, and goes back to a state',
         "(NEW.paused_at IS NULL) <> (NEW.resume_to IS NULL) OR (NEW.state <> 'merged' AND (NEW.state = 'waiting') <> (NEW.paused_at IS NOT NULL))",
         'true'),
        ('a merged issue is in another',
         "(NEW.state = 'merged') <> (NEW.merged_into_id IS NOT NULL)",
         'true'),
        ('a shelved issue has a day of review',
         "NEW.state = 'shelved' AND NEW.review_at IS NULL",
         'true'),
        ('what is answered and closed has its times',
         "NEW.state IN ('answered', 'closed') AND (NEW.answered_at IS NULL OR (NEW.state = 'closed' AND NEW.closed_at IS NULL))",
         'true'),
        ('the number of an issue is the next of its community and year',
         'NEW.serial <> coalesce((SELECT last FROM issue_numbers WHERE issue_numbers.community_id = NEW.community_id AND issue_numbers.year = NEW.year), 0)',
         'true'),
        ('the holder, the grid and the place of an issue are of its community',
         'NOT EXISTS (SELECT 1 FROM posts, compounds WHERE posts.id = NEW.holder_id AND compounds.id = NEW.compound_id AND coalesce(posts.community_id, NEW.community_id) = NEW.community_id AND compounds.community_id = NEW.community_id) OR NEW.community_id <> (SELECT community_id FROM grids WHERE grids.id = NEW.grid_id)',
         'true'),
    )),
    ('issues', 'UPDATE OF community_id, year, serial, number, state, compound_id, grid_id, holder_id, first_reported_at, first_answer_due, landing_due, answered_at, closed_at, paused_at, resume_to, review_at, merged_into_id', (
        ('the number of an issue stays',
         'NEW.community_id <> OLD.community_id OR NEW.year <> OLD.year OR NEW.serial <> OLD.serial OR NEW.number <> OLD.number',
         'true'),
        ('the due times of an open issue are in order',
         "NEW.state IN ('received','accepted','in_progress','waiting','to_deliberate','scheduled','decided','shelved') AND (NEW.first_answer_due < NEW.first_reported_at OR NEW.landing_due < NEW.first_answer_due)",
         'true'),
        ('an issue waits since a moment, and goes back to a state',
         "(NEW.paused_at IS NULL) <> (NEW.resume_to IS NULL) OR (NEW.state <> 'merged' AND (NEW.state = 'waiting') <> (NEW.paused_at IS NOT NULL))",
         'true'),
        ('a merged issue is in another',
         "(NEW.state = 'merged') <> (NEW.merged_into_id IS NOT NULL)",
         'true'),
        ('a shelved issue has a day of review',
         "NEW.state = 'shelved' AND NEW.review_at IS NULL",
         'true'),
        ('what is answered and closed has its times',
         "NEW.state IN ('answered', 'closed') AND (NEW.answered_at IS NULL OR (NEW.state = 'closed' AND NEW.closed_at IS NULL))",
         'true'),
        ('the holder, the grid and the place of an issue are of its community',
         'NOT EXISTS (SELECT 1 FROM posts, compounds WHERE posts.id = NEW.holder_id AND compounds.id = NEW.compound_id AND coalesce(posts.community_id, NEW.community_id) = NEW.community_id AND compounds.community_id = NEW.community_id) OR NEW.community_id <> (SELECT community_id FROM grids WHERE grids.id = NEW.grid_id)',
         'NEW.holder_id <> OLD.holder_id OR NEW.compound_id <> OLD.compound_id OR coalesce(NEW.grid_id, 0) <> coalesce(OLD.grid_id, 0)'),
        ('an issue begins no later than its first report',
         'EXISTS (SELECT 1 FROM reports WHERE reports.issue_id = NEW.id AND reports.at < NEW.first_reported_at)',
         'NEW.first_reported_at > OLD.first_reported_at'),
        ('an issue is merged into one of its community that is in no other, and has none in it',
         "NOT EXISTS (SELECT 1 FROM issues WHERE issues.id = NEW.merged_into_id AND issues.id <> NEW.id AND issues.community_id = NEW.community_id AND issues.state <> 'merged') OR EXISTS (SELECT 1 FROM issues WHERE issues.merged_into_id = NEW.id)",
         'NEW.merged_into_id IS NOT NULL'),
        ('an issue is closed when every notice of it is settled',
         "EXISTS (SELECT 1 FROM notices WHERE notices.issue_id = NEW.id AND notices.state IN ('owed', 'sending', 'parked'))",
         "NEW.state = 'closed' AND OLD.state <> 'closed'"),
    )),
    ('issues', 'DELETE', (
        ('an issue stays',
         'true',
         'true'),
    )),
    ('issue_numbers', 'INSERT', (
        ('numbers begin with 1',
         'NEW.last <> 0',
         'true'),
    )),
    ('issue_numbers', 'UPDATE', (
        ('the next number is one more',
         'NEW.last <> OLD.last + 1 OR NEW.community_id <> OLD.community_id OR NEW.year <> OLD.year',
         'true'),
    )),
    ('issue_numbers', 'DELETE', (
        ('a counter stays',
         'true',
         'true'),
    )),
    ('issue_history', 'INSERT', (
        ('a history leads from the last entry to the state of its issue',
         "NEW.to_state <> (SELECT state FROM issues WHERE issues.id = NEW.issue_id) OR coalesce(NEW.from_state, '') <> coalesce((SELECT last.to_state FROM issue_history last WHERE last.issue_id = NEW.issue_id ORDER BY last.id DESC LIMIT 1), '')",
         'true'),
    )),
    ('issue_history', 'UPDATE OF issue_id, action, from_state, to_state, at', (
        ('what was done stays as it was done',
         "NEW.issue_id <> OLD.issue_id OR NEW.action <> OLD.action OR NEW.to_state <> OLD.to_state OR coalesce(NEW.from_state, '') <> coalesce(OLD.from_state, '') OR NEW.at <> OLD.at",
         'true'),
    )),
    ('issue_history', 'DELETE', (
        ('what was done stays',
         'true',
         'true'),
    )),
    ('reports', 'INSERT', (
        ('an issue begins no later than its first report',
         'NEW.at < (SELECT first_reported_at FROM issues WHERE issues.id = NEW.issue_id)',
         'true'),
    )),
    ('reports', 'UPDATE OF issue_id, words, at', (
        ('a report keeps its words and its time',
         'NEW.words <> OLD.words OR NEW.at <> OLD.at',
         'true'),
        ('an issue begins no later than its first report',
         'NEW.at < (SELECT first_reported_at FROM issues WHERE issues.id = NEW.issue_id)',
         'NEW.issue_id <> OLD.issue_id'),
    )),
    ('reports', 'DELETE', (
        ('a report stays',
         'true',
         'true'),
    )),
    ('notices', 'INSERT', (
        ('nothing is owed about a closed issue',
         "(SELECT state FROM issues WHERE issues.id = NEW.issue_id{held}) = 'closed'",
         "NEW.state IN ('owed', 'sending', 'parked')"),
    )),
    ('notices', 'UPDATE OF issue_id, state', (
        ('nothing is owed about a closed issue',
         "(SELECT state FROM issues WHERE issues.id = NEW.issue_id{held}) = 'closed'",
         "NEW.state IN ('owed', 'sending', 'parked') AND (OLD.state NOT IN ('owed', 'sending', 'parked') OR coalesce(NEW.issue_id, 0) <> coalesce(OLD.issue_id, 0))"),
    )),
)


def _name(table: str, event: str) -> str:
    return f"guard_{table}_{event.partition(' ')[0].lower()}"


def _put_up_guards() -> None:
    connection = op.get_bind()
    for table, event, nevers in _GUARDS:
        name = _name(table, event)
        head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
        if connection.dialect.name == 'sqlite':
            raises = " ".join(
                f"SELECT RAISE(ABORT, '{says}') WHERE ({when}) AND ({never.format(held='')});"
                for says, never, when in nevers
            )
            connection.exec_driver_sql(f"{head} BEGIN {raises} END")
            continue
        raises = " ".join(
            f"IF {when} THEN IF {never.format(held=' FOR KEY SHARE')} THEN"
            f" RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '{says}'; END IF; END IF;"
            for says, never, when in nevers
        )
        row = 'OLD' if event == 'DELETE' else 'NEW'
        connection.exec_driver_sql(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $guard$ BEGIN {raises} RETURN {row}; END $guard$"
        )
        connection.exec_driver_sql(f"{head} EXECUTE FUNCTION {name}()")


def _take_guards_away() -> None:
    connection = op.get_bind()
    for table, event, _ in _GUARDS:
        name = _name(table, event)
        if connection.dialect.name == 'sqlite':
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        else:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}()")
