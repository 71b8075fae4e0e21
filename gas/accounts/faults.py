"""One translation of database errors into domain errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from gas.errors import ServiceUnavailable


@contextmanager
def accounts_database() -> Iterator[None]:
    """Turns a database that cannot be reached inside the block into ServiceUnavailable."""
    try:
        yield
    except (OperationalError, PoolExhausted) as error:
        raise ServiceUnavailable(
            "The accounts database cannot be reached just now.", remedy="Try again in a minute."
        ) from error
