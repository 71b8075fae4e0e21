"""The accounts database is brought to a release's schema once, by whoever comes first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine, make_url, pool, text
from sqlalchemy.exc import ProgrammingError

from deploy.migrate.migrations import bring_to_head
from tests.support.postgres import accounts_database, migrate

SENTENCES = {
    "read accounts": "SELECT count(*) FROM accounts",
    "write accounts": "DELETE FROM accounts",
    "read thaws": "SELECT count(*) FROM thaws",
    "write thaws": "DELETE FROM thaws",
    "read sessions": "SELECT count(*) FROM sessions",
    "change the schema": "ALTER TABLE accounts ADD COLUMN x int",
    "rewrite history": "UPDATE alembic_version SET version_num = 'x'",
}
MAY = {
    "gas_web": {"read accounts", "write accounts", "read thaws", "write thaws", "read sessions"},
    "gas_archiver": {"read accounts"},
    "gas_thaw": {"read accounts", "read thaws", "write thaws"},
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with accounts_database(tmp_path_factory.mktemp("migrate")) as found:
        migrate(found, "base")
        with create_engine(found, poolclass=pool.NullPool).begin() as connection:
            connection.execute(text("DROP TABLE alembic_version"))
            connection.execute(text("CREATE ROLE rds_iam"))  # as on RDS
        yield found


@pytest.fixture(scope="module")
def migrated(url: str) -> Engine:
    with ThreadPoolExecutor(3) as at_once:
        done = list(at_once.map(lambda _: bring_to_head(url), range(3)))
    assert sorted(each.before or "" for each in done)[0] == ""
    assert [each.before for each in done].count(None) == 1  # the others found it done
    assert len({each.after for each in done}) == 1
    return create_engine(url, poolclass=pool.NullPool)


@pytest.mark.parametrize("user", MAY)
@pytest.mark.parametrize("what", SENTENCES)
def test_each_service_may_do_what_it_needs(migrated: Engine, user: str, what: str) -> None:
    with migrated.connect() as connection:
        connection.execute(text(f"SET ROLE {user}"))
        if what in MAY[user]:
            connection.execute(text(SENTENCES[what]))
        else:
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                connection.execute(text(SENTENCES[what]))


def test_the_users_have_no_password_but_log_in_with_tokens(migrated: Engine) -> None:
    with migrated.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT rolname, rolpassword, pg_has_role(rolname, 'rds_iam', 'member') "
                "FROM pg_authid WHERE rolname LIKE 'gas\\_%'"
            )
        ).all()
    assert {(name, password, member) for name, password, member in rows} == {
        (user, None, True) for user in MAY
    }


def test_a_refused_migration_is_told(migrated: Engine, url: str) -> None:
    nobody = make_url(url).set(username="gas_archiver").render_as_string(hide_password=False)
    with pytest.raises(ProgrammingError, match="permission denied"):
        bring_to_head(nobody)
