"""What every table of earlier jobs does, whatever is behind it."""

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest

from gas.aws.clients import AwsClients
from gas.aws.earlier import DynamoEarlierJobs
from gas.testing.earlier import MemoryEarlierJobs
from tests.support.aws import make_earlier_jobs

Table = MemoryEarlierJobs | DynamoEarlierJobs


@pytest.fixture(params=["memory", "moto", "embedded"])
def table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    if request.param == "memory":
        yield MemoryEarlierJobs()
        return
    session: boto3.Session = request.getfixturevalue(f"{request.param}_session")
    if request.param == "moto":
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    yield make_earlier_jobs(AwsClients(session), f"t{uuid4().hex[:12]}")


def test_the_latest_is_kept_and_only_its_own_job_forgets_it(table: Table) -> None:
    assert table.find("ada", "d1") is None
    assert table.note("ada", "d1", "first", at=10, expires_at=99)
    assert table.note("ada", "d1", "first", at=10, expires_at=99)  # told twice
    assert table.note("ada", "d1", "second", at=20, expires_at=99)
    assert not table.note("ada", "d1", "first", at=10, expires_at=99)
    assert table.find("ada", "d1") == "second"
    assert (table.find("ben", "d1"), table.find("ada", "d2")) == (None, None)
    table.forget("ada", "d1", "first")
    assert table.find("ada", "d1") == "second"
    table.forget("ada", "d1", "second")
    table.forget("ada", "d1", "second")
    assert table.find("ada", "d1") is None
