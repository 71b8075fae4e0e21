"""The migrations make the tables that the models describe, and can be taken back."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from gas.accounts import devices, idempotency, rates, sessions, thaws, tokens
from gas.accounts.models import Base
from gas.accounts.store import connect
from gas.billing import models as billing
from gas.sharing import guesses
from gas.sharing import tables as sharing
from tests.support.postgres import accounts_database, migrate

TABLES = (devices, idempotency, rates, sessions, thaws, tokens, billing, sharing, guesses)
"""The modules whose tables belong to the metadata."""


@pytest.mark.timeout(300)
def test_there_and_back(tmp_path: Path) -> None:
    with accounts_database(tmp_path) as url:
        engine = connect(url)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
        engine.dispose()
        migrate(url, "base")
        with engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]
        migrate(url)
        engine.dispose()
