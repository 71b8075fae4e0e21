"""Links that show a job, and projects."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _id(name: str, *constraints: sa.ForeignKey, **more: bool) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), *constraints, **more)


def _time(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _person(on_delete: str = "CASCADE") -> sa.ForeignKey:
    return sa.ForeignKey("accounts.user_id", ondelete=on_delete)


def _project() -> sa.ForeignKey:
    return sa.ForeignKey("projects.project_id", ondelete="CASCADE")


def upgrade() -> None:
    _shares()
    _projects()
    op.create_table(
        "visit_rates",
        sa.Column("bucket", sa.String(80), primary_key=True),
        sa.Column("empty_at", sa.Double, nullable=False),
    )


def _shares() -> None:
    op.create_table(
        "shares",
        _id("share_id", primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        _id("owner_id", _person(), nullable=False),
        _id("job_id", nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("query", sa.Text),
        sa.Column("may_download", sa.Boolean, nullable=False),
        sa.Column("shows_log", sa.Boolean, nullable=False),
        _time("created_at"),
        _time("expires_at"),
        _time("revoked_at", nullable=True),
        sa.Column("openings", sa.Integer, nullable=False),
        _time("last_opened_at", nullable=True),
    )
    op.create_index("ix_shares_job_id", "shares", ["job_id"])
    op.create_index("ix_shares_owner_id", "shares", ["owner_id"])
    op.create_table(
        "share_openings",
        _id("opening_id", primary_key=True),
        _id("share_id", sa.ForeignKey("shares.share_id", ondelete="CASCADE"), nullable=False),
        _time("opened_at"),
        _id("user_id", _person("SET NULL")),
        sa.Column("network", sa.String(64), nullable=False),
    )
    op.create_index("ix_share_openings_share_id", "share_openings", ["share_id", "opened_at"])


def _projects() -> None:
    op.create_table(
        "projects",
        _id("project_id", primary_key=True),
        _id("owner_id", _person(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        _time("created_at"),
    )
    op.create_index("ix_projects_owner_id", "projects", ["owner_id"])
    op.create_table(
        "project_members",
        _id("project_id", _project(), primary_key=True),
        _id("user_id", _person(), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        _time("joined_at"),
    )
    op.create_index("ix_project_members_user_id", "project_members", ["user_id"])
    op.create_table(
        "project_jobs",
        _id("project_id", _project(), primary_key=True),
        _id("job_id", primary_key=True),
        _id("user_id", _person(), nullable=False),
        _time("added_at"),
    )
    op.create_index("ix_project_jobs_job_id", "project_jobs", ["job_id"])
    op.create_index("ix_project_jobs_user_id", "project_jobs", ["user_id"])
    op.create_index("ix_project_jobs_added", "project_jobs", ["project_id", "added_at", "job_id"])
    op.create_table(
        "project_invitations",
        _id("invitation_id", primary_key=True),
        _id("project_id", _project(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        _id("invited_by", _person(), nullable=False),
        _time("created_at"),
        _time("expires_at"),
        sa.Column("state", sa.String(16), nullable=False),
        _time("told_at", nullable=True),
    )
    op.create_index("ix_project_invitations_email", "project_invitations", ["email"])
    op.create_index("ix_project_invitations_invited_by", "project_invitations", ["invited_by"])
    op.create_index(
        "ix_project_invitations_open",
        "project_invitations",
        ["project_id", "email"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    for table in (
        "visit_rates",
        "project_invitations",
        "project_jobs",
        "project_members",
        "projects",
        "share_openings",
        "shares",
    ):
        op.drop_table(table)
