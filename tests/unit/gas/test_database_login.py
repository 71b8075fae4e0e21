"""How a service logs in to the accounts database."""

from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import InterfaceError

from gas.aws.clients import AwsClients
from gas.aws.database import open_database
from gas.settings import DatabaseSettings

URL = "postgresql+psycopg://{}@db.example.org:5433/gas?sslmode=verify-full"


class _StopHere(Exception):
    """Instead of a connection."""


def logins(engine: Engine, times: int) -> list[dict[str, object]]:
    """What the driver would be told."""
    seen: list[dict[str, object]] = []

    @event.listens_for(engine, "do_connect")
    def look(dialect: object, record: object, args: object, values: dict[str, object]) -> None:
        seen.append(dict(values))
        raise _StopHere

    for _ in range(times):
        with pytest.raises((_StopHere, InterfaceError)):
            engine.connect()
    return seen


def opened(url: str, *, iam: bool) -> Engine:
    settings = DatabaseSettings(
        annotations_table="t",
        inputs_bucket="i",
        results_bucket="r",
        database_url=url,
        database_iam=iam,
    )
    session = boto3.Session(
        aws_access_key_id="AKID", aws_secret_access_key="test", region_name="eu-central-1"
    )
    return open_database(settings, AwsClients(session))


def test_with_the_role_every_connection_gets_a_token_of_its_own_user() -> None:
    seen = logins(opened(URL.format("gas_web"), iam=True), 2)
    assert len(seen) == 2
    for values in seen:
        token = urlsplit(f"https://{values['password']}")
        assert token.netloc == "db.example.org:5433"
        query = parse_qs(token.query)
        assert query["DBUser"] == ["gas_web"]
        assert query["Action"] == ["connect"]
        assert "/eu-central-1/rds-db/" in query["X-Amz-Credential"][0]
        assert values["sslmode"] == "verify-full"


def test_otherwise_the_url_has_the_password() -> None:
    (values,) = logins(opened(URL.format("gas:word"), iam=False), 1)
    assert (values["user"], values["password"]) == ("gas", "word")
