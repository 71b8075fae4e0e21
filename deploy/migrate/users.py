"""The users of the accounts database: each service its own, with what it needs and no more."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

ALL = "SELECT, INSERT, UPDATE, DELETE"
READ = "SELECT"

USERS: Mapping[str, Mapping[str, str]] = {
    "gas_web": {"*": ALL},
    "gas_archiver": {"accounts": READ},
    "gas_thaw": {"accounts": READ, "thaws": ALL},
}
"""What each may do with which table; `*`: all but the record of the migrations."""
_BY_ROLE = "rds_iam"
"""The membership by which RDS lets somebody in with a token instead of a password."""
_VERSIONS = "alembic_version"


def keep_users(connection: Connection) -> list[str]:
    """Make the users that are not there yet, and give all of them their rights anew; their names.

    The names above are the only ones that ever stand in these statements, besides those of the
    tables, as the database gives them.
    """
    tables = sorted(
        _column(connection, "SELECT tablename FROM pg_tables WHERE schemaname='public'")
    )
    there = _column(connection, "SELECT rolname FROM pg_roles")
    quote = connection.dialect.identifier_preparer.quote
    for user, rights in USERS.items():
        if user not in there:
            connection.execute(text(f"CREATE ROLE {user} LOGIN"))
        if _BY_ROLE in there:
            connection.execute(text(f"GRANT {_BY_ROLE} TO {user}"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {user}"))
        connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {user}"))
        for table in tables:
            granted = rights.get(table, rights.get("*") if table != _VERSIONS else None)
            if granted:
                connection.execute(text(f"GRANT {granted} ON TABLE {quote(table)} TO {user}"))
    connection.execute(text("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO gas_web"))
    return sorted(USERS)


def _column(connection: Connection, query: str) -> set[str]:
    return {str(value) for value in connection.execute(text(query)).scalars()}
