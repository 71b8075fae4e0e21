"""Runs the migrations, one runner at a time."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, pool, text

from deploy.migrate.users import keep_users

ROOT = Path(__file__).resolve().parents[2]
_LOCK = 4_726_111
"""Any number: all runners of migrations ask for this one."""


@dataclass(frozen=True)
class Migrated:
    """What a run did."""

    before: str | None
    """Revision before the run; None: the database was empty."""
    after: str | None
    users: list[str]


def bring_to_head(url: str) -> Migrated:
    """Bring the database to the newest revision, and its users to their rights; `url`: its owner's.

    Who comes while another one is at work waits, and then finds nothing to do.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database refuses; each migration is a transaction, so
            what came before stays, and the next run goes on from there.
    """
    engine = create_engine(url, poolclass=pool.NullPool, hide_parameters=True)
    try:
        with engine.connect() as holder:
            # Of the session, not of a transaction: it is gone when the connection is.
            holder.execute(text("SELECT pg_advisory_lock(:n)"), {"n": _LOCK})
            holder.commit()
            before = _revision(holder)
            holder.commit()
            config = Config(str(ROOT / "alembic.ini"))
            config.attributes["url"] = url
            command.upgrade(config, "head")
            users = keep_users(holder)
            holder.commit()
            return Migrated(before, _revision(holder), users)
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
