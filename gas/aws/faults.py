"""One translation of SDK errors into domain errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from gas.errors import ServiceUnavailable


def code_of(error: ClientError) -> str:
    """The service's own error code, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def neighbour(name: str) -> Iterator[None]:
    """Turns what the SDK raises inside the block into ServiceUnavailable.

    Errors that mean something to the caller are caught inside the block.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise ServiceUnavailable(
            f"{name} cannot be reached just now.", remedy="Try again in a minute."
        ) from error
