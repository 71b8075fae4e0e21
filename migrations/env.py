"""Runs the migrations against the URL it is given (deploy/migrate), else `GAS_DATABASE_URL`."""

import os

from alembic import context
from sqlalchemy import create_engine, pool

from gas.accounts import sessions, thaws
from gas.accounts.models import Base
from gas.billing import models as billing

TABLES = (sessions, thaws, billing)
"""The modules whose tables belong to the metadata."""


def run() -> None:
    url = context.config.attributes.get("url") or os.environ["GAS_DATABASE_URL"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=Base.metadata, transactional_ddl=True
        )
        with context.begin_transaction():
            context.run_migrations()


run()
