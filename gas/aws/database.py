"""The accounts database, and how a service proves to it who it is."""

from collections.abc import Callable

from sqlalchemy import Engine, make_url

from gas.accounts.store import connect
from gas.aws.clients import AwsClients
from gas.settings import DatabaseSettings

_POSTGRES_PORT = 5432


def open_database(settings: DatabaseSettings, clients: AwsClients) -> Engine:
    """A connection pool for the accounts database of `settings`.

    With `database_iam` each new connection logs in with a token that is made on the spot, without
    a call, from the role of the machine, and good for 15 minutes: there is no password anywhere.
    """
    url = settings.database_url.get_secret_value()
    return connect(url, password=_token(url, clients) if settings.database_iam else None)


def _token(url: str, clients: AwsClients) -> Callable[[], str]:
    parts = make_url(url)
    host, user = parts.host or "", parts.username or ""
    rds = clients.rds()
    return lambda: rds.generate_db_auth_token(
        DBHostname=host, Port=parts.port or _POSTGRES_PORT, DBUsername=user
    )
