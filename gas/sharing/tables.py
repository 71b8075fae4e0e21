"""The tables of sharing, in the accounts database: what belongs to a person goes with them.

Jobs live elsewhere (DynamoDB), so a row may name one that is no more: whoever follows it finds
nothing, and no id is given twice.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gas.access import Grant, Role
from gas.accounts.models import Base


def _person(*, keep: bool = False) -> ForeignKey:
    return ForeignKey("accounts.user_id", ondelete="SET NULL" if keep else "CASCADE")


def _project() -> ForeignKey:
    return ForeignKey("projects.project_id", ondelete="CASCADE")


class Share(Base):
    """A link that shows a job, or a filtered view of it, to whoever has it."""

    __tablename__ = "shares"
    __table_args__ = (Index("ix_shares_job_id", "job_id"), Index("ix_shares_owner_id", "owner_id"))

    share_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """Names the share in addresses. It opens nothing."""
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the link's secret, hexadecimal."""
    owner_id: Mapped[str] = mapped_column(String(36), _person())
    job_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str | None] = mapped_column(Text)
    """Filters, order and columns as the explorer writes them; absent: the whole job."""
    may_download: Mapped[bool]
    shows_log: Mapped[bool]
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    openings: Mapped[int]
    """How often the link was opened."""
    last_opened_at: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def grant(self) -> Grant:
        """What it allows."""
        return Grant(
            job_id=self.job_id,
            owner_id=self.owner_id,
            may_download=self.may_download,
            shows_log=self.shows_log,
            expires_at=self.expires_at,
            revoked=self.revoked_at is not None,
        )

    def is_live(self, now: int) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and now < self.expires_at


class Opening(Base):
    """One opening of a link."""

    __tablename__ = "share_openings"
    __table_args__ = (Index("ix_share_openings_share_id", "share_id", "opened_at"),)

    opening_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    share_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("shares.share_id", ondelete="CASCADE")
    )
    opened_at: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str | None] = mapped_column(String(36), _person(keep=True))
    """Who it was, if they were logged in here."""
    network: Mapped[str] = mapped_column(String(64))
    """Where they came from, coarsely (`gas.sharing.networks`)."""


class Project(Base):
    """Some jobs that several people see."""

    __tablename__ = "projects"
    __table_args__ = (Index("ix_projects_owner_id", "owner_id"),)

    project_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(36), _person())
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[int] = mapped_column(BigInteger)


class Member(Base):
    """Somebody in a project, besides its owner."""

    __tablename__ = "project_members"
    __table_args__ = (Index("ix_project_members_user_id", "user_id"),)

    project_id: Mapped[str] = mapped_column(String(36), _project(), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36), _person(), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    """VIEWER or EDITOR of `gas.access.Role`."""
    joined_at: Mapped[int] = mapped_column(BigInteger)


class ProjectJob(Base):
    """A job in a project. A project holds jobs of its owner and members only."""

    __tablename__ = "project_jobs"
    __table_args__ = (
        Index("ix_project_jobs_job_id", "job_id"),
        Index("ix_project_jobs_added", "project_id", "added_at", "job_id"),
        Index("ix_project_jobs_user_id", "user_id"),
    )

    project_id: Mapped[str] = mapped_column(String(36), _project(), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36), _person())
    """Whose job it is."""
    added_at: Mapped[int] = mapped_column(BigInteger)


class Invitation(Base):
    """Somebody who is asked into a project."""

    __tablename__ = "project_invitations"
    __table_args__ = (
        Index("ix_project_invitations_email", "email"),
        Index("ix_project_invitations_invited_by", "invited_by"),
        Index(
            "ix_project_invitations_open",
            "project_id",
            "email",
            unique=True,
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )

    invitation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    project_id: Mapped[str] = mapped_column(String(36), _project())
    email: Mapped[str] = mapped_column(String(320))
    """In small letters."""
    role: Mapped[str] = mapped_column(String(16))
    invited_by: Mapped[str] = mapped_column(String(36), _person())
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    """`open`, `accepted`, `declined` or `revoked`."""
    told_at: Mapped[int | None] = mapped_column(BigInteger)
    """When the mail was handed on; absent: not yet."""


ALL = (Share, Opening, Project, Member, ProjectJob, Invitation)


def role_of(text_: str) -> Role:
    """The role that a row names."""
    return Role(text_)
