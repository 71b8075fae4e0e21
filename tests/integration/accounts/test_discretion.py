"""What errors of the database tell, because errors are logged."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DataError

from gas.accounts.store import AccountStore, Identity


def test_an_error_does_not_tell_who_the_person_is(engine: Engine) -> None:
    too_long = Identity(str(uuid4()), "Ada", "ada@example.org", organization="x" * 1000)
    with pytest.raises(DataError) as raised:
        AccountStore(engine).record_login(too_long)
    assert "ada@example.org" not in str(raised.value)
