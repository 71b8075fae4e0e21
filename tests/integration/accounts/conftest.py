"""One PostgreSQL for the tests of the accounts database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from gas.accounts.store import connect
from tests.support.postgres import accounts_database


@pytest.fixture(scope="package")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with accounts_database(tmp_path_factory.mktemp("accounts")) as url:
        engine = connect(url)
        yield engine
        engine.dispose()
