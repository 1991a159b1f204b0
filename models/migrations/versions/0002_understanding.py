"""understanding"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('grid_borders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('grid_id', sa.Integer(), nullable=False),
    sa.Column('border', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['grid_id'], ['grids.id'], name=op.f('fk_grid_borders_grid_id_grids')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grid_borders')),
    sa.UniqueConstraint('grid_id', name=op.f('uq_grid_borders_grid_id')),
    sqlite_autoincrement=True,
    )
    op.create_table('compound_points',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('compound_id', sa.Integer(), nullable=False),
    sa.Column('latitude', sa.Double(), nullable=False),
    sa.Column('longitude', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['compound_id'], ['compounds.id'], name=op.f('fk_compound_points_compound_id_compounds')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_compound_points')),
    sa.UniqueConstraint('compound_id', name=op.f('uq_compound_points_compound_id')),
    sqlite_autoincrement=True,
    )
    op.create_table('corrections',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('issue_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(24), nullable=False),
    sa.Column('was', sa.String(), nullable=False),
    sa.Column('became', sa.String(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('by_staff', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['members.id'], name=op.f('fk_corrections_by_id_members')),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_corrections_issue_id_issues')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_corrections'))
    )
    with op.batch_alter_table('corrections', schema=None) as batch_op:
        batch_op.create_index('ix_corrections_issue_id', ['issue_id'], unique=False)

    op.create_table('refused_likenesses',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('issue_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_refused_likenesses_issue_id_issues')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_refused_likenesses_member_id_members')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refused_likenesses')),
    sa.UniqueConstraint('member_id', 'issue_id', name=op.f('uq_refused_likenesses_member_id_issue_id'))
    )
    # Columns are added in place: rebuilding a table that others point to would lose its checks on SQLite.
    op.add_column('compound_aliases', sa.Column('holds_from', sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        'compound_aliases',
        sa.Column('taught_by_id', sa.Integer(), sa.ForeignKey('members.id', name='fk_compound_aliases_taught_by_id_members'), nullable=True),
        inline_references=True,
    )
    op.add_column('issues', sa.Column('grounds', sa.JSON(), nullable=True))
    op.add_column(
        'issues',
        sa.Column('recurs_id', sa.Integer(), sa.ForeignKey('issues.id', name='fk_issues_recurs_id_issues'), nullable=True),
        inline_references=True,
    )
    op.create_index('ix_issues_landed', 'issues', ['compound_id', 'answered_at'], unique=False, sqlite_where=sa.text('answered_at IS NOT NULL'), postgresql_where=sa.text('answered_at IS NOT NULL'))
    open_ = sa.text("state IN ('received','accepted','in_progress','waiting','to_deliberate','scheduled','decided','shelved')")
    op.create_index('ix_issues_open_compound', 'issues', ['compound_id', 'category'], unique=False, sqlite_where=open_, postgresql_where=open_)
    op.add_column('reports', sa.Column('latitude', sa.Double(), nullable=True))
    op.add_column('reports', sa.Column('longitude', sa.Double(), nullable=True))


def downgrade() -> None:
    """On SQLite this rebuilds three tables, so it is for empty databases; with data, a backup is the way back."""
    for table in ('refused_likenesses', 'corrections', 'compound_points', 'grid_borders'):
        op.drop_table(table)
    for index in ('ix_issues_landed', 'ix_issues_open_compound'):
        op.drop_index(index, 'issues')
    columns = {
        'reports': ('latitude', 'longitude'),
        'issues': ('grounds', 'recurs_id'),
        'compound_aliases': ('holds_from', 'taught_by_id'),
    }
    for table, names in columns.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_column(name)
