"""first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('organization',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.create_table('destination',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('provisioner', sa.String(length=40), nullable=False),
    sa.Column('config', sa.JSON(), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('port', sa.Integer(), nullable=False),
    sa.Column('security', sa.String(length=16), nullable=False),
    sa.Column('password_policy', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.create_table('server_limit',
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('connections', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('host')
    )
    op.create_table('domain',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    with op.batch_alter_table('domain', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_domain_organization_id'), ['organization_id'], unique=False)

    op.create_table('history',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('migration_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('user_email', sa.String(length=254), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_history_migration_id'), ['migration_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_history_organization_id'), ['organization_id'], unique=False)

    op.create_table('user_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('session_number', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('email')
    )
    with op.batch_alter_table('user_account', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_account_organization_id'), ['organization_id'], unique=False)

    op.create_table('mailbox_list',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('destination_id', sa.Integer(), nullable=False),
    sa.Column('domain', sa.String(length=255), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('listed_at', sa.DateTime(), nullable=True),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('mailboxes', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['destination_id'], ['destination.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('destination_id', 'domain')
    )
    op.create_table('migration',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('source_host', sa.String(length=255), nullable=False),
    sa.Column('source_port', sa.Integer(), nullable=False),
    sa.Column('source_security', sa.String(length=16), nullable=False),
    sa.Column('mode', sa.String(length=16), nullable=False),
    sa.Column('dry_run', sa.Boolean(), nullable=False),
    sa.Column('account_group', sa.String(length=16), nullable=False),
    sa.Column('threads', sa.Integer(), nullable=False),
    sa.Column('destination_id', sa.Integer(), nullable=True),
    sa.Column('domain', sa.String(length=255), nullable=False),
    sa.Column('start', sa.String(length=16), nullable=False),
    sa.Column('start_at', sa.DateTime(), nullable=True),
    sa.Column('timezone', sa.String(length=64), nullable=False),
    sa.Column('loop', sa.Boolean(), nullable=False),
    sa.Column('loop_minutes', sa.Integer(), nullable=False),
    sa.Column('loop_until', sa.DateTime(), nullable=True),
    sa.Column('loop_from', sa.DateTime(), nullable=True),
    sa.Column('next_start_at', sa.DateTime(), nullable=True),
    sa.Column('schedule_state', sa.String(length=16), nullable=False),
    sa.Column('notify', sa.String(length=255), nullable=False),
    sa.Column('removal_confirmed', sa.Boolean(), nullable=False),
    sa.Column('deletion_confirmed', sa.Boolean(), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(), nullable=True),
    sa.Column('completed_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['user_account.id'], ),
    sa.ForeignKeyConstraint(['destination_id'], ['destination.id'], ),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('migration', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_migration_next_start_at'), ['next_start_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_migration_organization_id'), ['organization_id'], unique=False)

    op.create_table('account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('migration_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=True),
    sa.Column('source_host', sa.String(length=255), nullable=False),
    sa.Column('source_port', sa.Integer(), nullable=False),
    sa.Column('source_security', sa.String(length=16), nullable=False),
    sa.Column('source_username', sa.String(length=320), nullable=False),
    sa.Column('source_password_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('mailbox', sa.String(length=320), nullable=False),
    sa.Column('mailbox_password_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('check_token', sa.Integer(), nullable=False),
    sa.Column('check_lease', sa.DateTime(), nullable=True),
    sa.Column('check_attempts', sa.Integer(), nullable=False),
    sa.Column('check_started_at', sa.DateTime(), nullable=True),
    sa.Column('checked_at', sa.DateTime(), nullable=True),
    sa.Column('reading_fault', sa.JSON(), nullable=True),
    sa.Column('source_folders', sa.Integer(), nullable=True),
    sa.Column('source_messages', sa.Integer(), nullable=True),
    sa.Column('source_size', sa.BigInteger(), nullable=True),
    sa.Column('mailbox_exists', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['migration_id'], ['migration.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.create_index('account_claim', ['state', 'check_lease'], unique=False)
        batch_op.create_index('account_place', ['migration_id', 'position'], unique=False)
        batch_op.create_index('account_states', ['migration_id', 'state'], unique=False)

    op.create_table('folder_lists',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('destination', sa.JSON(none_as_null=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id')
    )
    op.create_table('reading',
    sa.Column('migration_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['migration_id'], ['migration.id'], ),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], ),
    sa.PrimaryKeyConstraint('migration_id', 'user_id')
    )
    op.create_table('run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('migration_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('mode', sa.String(length=16), nullable=False),
    sa.Column('dry_run', sa.Boolean(), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('started_by', sa.Integer(), nullable=True),
    sa.Column('started_at', sa.DateTime(), nullable=False),
    sa.Column('completed_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['migration_id'], ['migration.id'], ),
    sa.ForeignKeyConstraint(['started_by'], ['user_account.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('migration_id', 'number'),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.create_index('run_states', ['state'], unique=False)

    op.create_table('account_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('phase', sa.String(length=16), nullable=False),
    sa.Column('token', sa.Integer(), nullable=False),
    sa.Column('lease', sa.DateTime(), nullable=True),
    sa.Column('wish', sa.String(length=16), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('not_before', sa.DateTime(), nullable=True),
    sa.Column('started_at', sa.DateTime(), nullable=True),
    sa.Column('completed_at', sa.DateTime(), nullable=True),
    sa.Column('folder', sa.Text(), nullable=False),
    sa.Column('planned', sa.Integer(), nullable=False),
    sa.Column('planned_size', sa.BigInteger(), nullable=False),
    sa.Column('found', sa.Integer(), nullable=False),
    sa.Column('copied', sa.Integer(), nullable=False),
    sa.Column('present', sa.Integer(), nullable=False),
    sa.Column('skipped', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('vanished', sa.Integer(), nullable=False),
    sa.Column('size_copied', sa.BigInteger(), nullable=False),
    sa.Column('flags_changed', sa.Integer(), nullable=False),
    sa.Column('removed', sa.Integer(), nullable=False),
    sa.Column('folders_created', sa.Integer(), nullable=False),
    sa.Column('mailbox_created', sa.Boolean(), nullable=False),
    sa.Column('verdict', sa.String(length=40), nullable=False),
    sa.Column('left_out', sa.JSON(), nullable=False),
    sa.Column('removal_allowed', sa.Boolean(), nullable=False),
    sa.Column('error', sa.String(length=40), nullable=False),
    sa.Column('error_side', sa.String(length=16), nullable=False),
    sa.Column('server_words', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('run_id', 'account_id'),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('account_run', schema=None) as batch_op:
        batch_op.create_index('account_run_claim', ['state', 'lease'], unique=False)
        batch_op.create_index(batch_op.f('ix_account_run_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_account_run_run_id'), ['run_id'], unique=False)

    op.create_table('run_sample',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('messages', sa.Integer(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('run_sample', schema=None) as batch_op:
        batch_op.create_index('run_sample_place', ['run_id', 'at'], unique=False)

    op.create_table('finding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('level', sa.String(length=16), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('hint', sa.Text(), nullable=False),
    sa.Column('server_words', sa.Text(), nullable=False),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_finding_account_id'), ['account_id'], unique=False)

    op.create_table('ledger_folder',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('source_uidvalidity', sa.BigInteger(), nullable=False),
    sa.Column('destination', sa.Text(), nullable=False),
    sa.Column('destination_uidvalidity', sa.BigInteger(), nullable=False),
    sa.Column('rest', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('ledger_folder', schema=None) as batch_op:
        batch_op.create_index('ledger_folder_account', ['account_id'], unique=False)

    op.create_table('folder_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_run_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('destination', sa.Text(), nullable=False),
    sa.Column('found', sa.Integer(), nullable=False),
    sa.Column('copied', sa.Integer(), nullable=False),
    sa.Column('present', sa.Integer(), nullable=False),
    sa.Column('skipped', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('vanished', sa.Integer(), nullable=False),
    sa.Column('size_copied', sa.BigInteger(), nullable=False),
    sa.Column('flags_changed', sa.Integer(), nullable=False),
    sa.Column('removed', sa.Integer(), nullable=False),
    sa.Column('created', sa.Boolean(), nullable=False),
    sa.Column('verified', sa.Boolean(), nullable=False),
    sa.Column('error', sa.String(length=40), nullable=False),
    sa.Column('server_words', sa.Text(), nullable=False),
    sa.Column('refiled', sa.Integer(), nullable=False),
    sa.Column('bodies_spared', sa.Integer(), nullable=False),
    sa.Column('size_spared', sa.BigInteger(), nullable=False),
    sa.Column('read_back', sa.Integer(), nullable=False),
    sa.Column('altered', sa.Integer(), nullable=False),
    sa.Column('duplicates_removed', sa.Integer(), nullable=False),
    sa.Column('deleted_at_source', sa.Integer(), nullable=False),
    sa.Column('folder_removed', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['account_run_id'], ['account_run.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('folder_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_folder_report_account_run_id'), ['account_run_id'], unique=False)

    op.create_table('ledger_batch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('folder_id', sa.Integer(), nullable=False),
    sa.Column('account_run_id', sa.Integer(), nullable=False),
    sa.Column('uidnext', sa.BigInteger(), nullable=False),
    sa.Column('settled', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('doubtful_since', sa.DateTime(), nullable=True),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('packed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['folder_id'], ['ledger_folder.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('ledger_batch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ledger_batch_account_run_id'), ['account_run_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ledger_batch_folder_id'), ['folder_id'], unique=False)

    op.create_table('message_note',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_run_id', sa.Integer(), nullable=False),
    sa.Column('folder', sa.Text(), nullable=False),
    sa.Column('uid', sa.BigInteger(), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('server_words', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('date', sa.String(length=64), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_run_id'], ['account_run.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('message_note', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_note_account_run_id'), ['account_run_id'], unique=False)

    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('migration_id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['migration_id'], ['migration.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_migration_id'), ['migration_id'], unique=False)

    op.create_table('notice_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('notice_id', sa.Integer(), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('token', sa.Integer(), nullable=False),
    sa.Column('lease', sa.DateTime(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('not_before', sa.DateTime(), nullable=True),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('server_words', sa.Text(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['notice_id'], ['notice.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('notice_mail', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_mail_notice_id'), ['notice_id'], unique=False)
        batch_op.create_index('notice_mail_claim', ['state', 'not_before'], unique=False)

    op.create_table('notice_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('migration_id', sa.Integer(), nullable=False),
    sa.Column('account_run_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('side', sa.String(length=16), nullable=False),
    sa.Column('server_words', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('notice_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['account_run_id'], ['account_run.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['migration_id'], ['migration.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['notice_id'], ['notice.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('notice_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_event_account_id'), ['account_id'], unique=False)
        batch_op.create_index('notice_event_untold', ['notice_id', 'migration_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('notice_event', schema=None) as batch_op:
        batch_op.drop_index('notice_event_untold')
        batch_op.drop_index(batch_op.f('ix_notice_event_account_id'))

    op.drop_table('notice_event')
    with op.batch_alter_table('notice_mail', schema=None) as batch_op:
        batch_op.drop_index('notice_mail_claim')
        batch_op.drop_index(batch_op.f('ix_notice_mail_notice_id'))

    op.drop_table('notice_mail')
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notice_migration_id'))

    op.drop_table('notice')
    with op.batch_alter_table('message_note', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_note_account_run_id'))

    op.drop_table('message_note')
    with op.batch_alter_table('ledger_batch', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ledger_batch_folder_id'))
        batch_op.drop_index(batch_op.f('ix_ledger_batch_account_run_id'))

    op.drop_table('ledger_batch')
    with op.batch_alter_table('folder_report', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_folder_report_account_run_id'))

    op.drop_table('folder_report')
    with op.batch_alter_table('ledger_folder', schema=None) as batch_op:
        batch_op.drop_index('ledger_folder_account')

    op.drop_table('ledger_folder')
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_finding_account_id'))

    op.drop_table('finding')
    with op.batch_alter_table('run_sample', schema=None) as batch_op:
        batch_op.drop_index('run_sample_place')

    op.drop_table('run_sample')
    with op.batch_alter_table('account_run', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_run_run_id'))
        batch_op.drop_index(batch_op.f('ix_account_run_account_id'))
        batch_op.drop_index('account_run_claim')

    op.drop_table('account_run')
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.drop_index('run_states')

    op.drop_table('run')
    op.drop_table('reading')
    op.drop_table('folder_lists')
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.drop_index('account_states')
        batch_op.drop_index('account_place')
        batch_op.drop_index('account_claim')

    op.drop_table('account')
    with op.batch_alter_table('migration', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_migration_organization_id'))
        batch_op.drop_index(batch_op.f('ix_migration_next_start_at'))

    op.drop_table('migration')
    op.drop_table('mailbox_list')
    with op.batch_alter_table('user_account', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_account_organization_id'))

    op.drop_table('user_account')
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_history_organization_id'))
        batch_op.drop_index(batch_op.f('ix_history_migration_id'))

    op.drop_table('history')
    with op.batch_alter_table('domain', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_domain_organization_id'))

    op.drop_table('domain')
    op.drop_table('server_limit')
    op.drop_table('destination')
    op.drop_table('organization')
