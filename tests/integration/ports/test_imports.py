"""What every store of imports does, whatever is behind it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest

from gas.aws.clients import AwsClients
from gas.aws.imports import DynamoImports, SqsImportQueue
from gas.imports.models import SWEEP_SECONDS, Import, ImportState, Problem
from gas.jobs import JobOptions
from gas.messages import ImportDue
from gas.plans import Plan
from gas.testing.imports import MemoryImports
from tests.support.aws import AwsWorld, make_imports

NOW = 1_800_000_000
ADA, BEN = "ada", "ben"
Store = MemoryImports | DynamoImports


@pytest.fixture(params=["memory", "moto", "embedded"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryImports()
        return
    session: boto3.Session = request.getfixturevalue(f"{request.param}_session")
    if request.param == "moto":
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    yield make_imports(AwsClients(session), f"t{uuid4().hex[:12]}")


def made(user: str = ADA, **fields: Any) -> Import:
    values: dict[str, Any] = {
        "user_id": user,
        "import_id": str(uuid4()),
        "url": "https://data.example.org/a.vcf",
        "email": "ada@example.org",
        "plan": Plan.PREMIUM,
        "options": JobOptions(contig_names={"chr1": "1"}),
        "created_at": NOW,
        "changed_at": NOW,
        "next_at": NOW,
        "expires_at": NOW + 100,
        **fields,
    }
    return Import(**values)


def test_an_import_is_read_as_it_was_written_and_made_once(store: Store) -> None:
    new = made(problem=Problem(code="a", message="b"), total=5 * 1024**3, received=3)
    assert store.create(new)
    assert not store.create(new.model_copy(update={"url": "https://other.example.org/"}))
    assert store.get(ADA, new.import_id) == new
    assert store.get(BEN, new.import_id) is None
    assert store.get(ADA, str(uuid4())) is None


def test_of_a_user_the_newest_first(store: Store) -> None:
    old, new, other = made(), made(created_at=NOW + 5), made(BEN)
    for each in (old, new, other):
        store.create(each)
    assert [each.import_id for each in store.of_user(ADA)] == [new.import_id, old.import_id]


def test_nobody_overwrites_what_they_have_not_seen(store: Store) -> None:
    first = made()
    store.create(first)
    second = store.replace(first.model_copy(update={"received": 1}))
    assert second is not None
    assert second.received == 1
    assert store.replace(first.model_copy(update={"received": 2})) is None
    assert store.replace(second.model_copy(update={"received": 3})) is not None
    assert store.replace(made()) is None


def test_stuck_are_the_open_ones_whose_time_has_passed(store: Store) -> None:
    waiting = made()
    fetching = made(state=ImportState.FETCHING, lease_until=NOW + 10)
    done = made(state=ImportState.DONE)
    for each in (waiting, fetching, done):
        store.create(each)
    assert store.stuck(now=NOW, limit=9) == []
    assert [each.import_id for each in store.stuck(now=NOW + 10, limit=9)] == [fetching.import_id]
    found = store.stuck(now=NOW + SWEEP_SECONDS, limit=9)
    assert [each.import_id for each in found] == [fetching.import_id, waiting.import_id]
    assert len(store.stuck(now=NOW + SWEEP_SECONDS, limit=1)) == 1
    store.replace(waiting.model_copy(update={"state": ImportState.CANCELLED}))
    assert len(store.stuck(now=NOW + SWEEP_SECONDS, limit=9)) == 1


def test_an_erased_account_is_forgotten_and_a_later_one_is_not(store: Store) -> None:
    old, new, other = made(), made(created_at=NOW + 5), made(BEN)
    for each in (old, new, other):
        store.create(each)
    store.erase(ADA, up_to=NOW)
    assert [each.import_id for each in store.of_user(ADA)] == [new.import_id]
    assert len(store.of_user(BEN)) == 1


def test_the_queue_hands_the_message_on(aws_over_http: AwsWorld) -> None:
    sqs = aws_over_http.clients.sqs()
    url = sqs.create_queue(QueueName=f"imports-{uuid4().hex}")["QueueUrl"]
    due = ImportDue(user_id=ADA, import_id=str(uuid4()))
    SqsImportQueue(sqs, url).send(due, delay=0)
    answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)
    assert ImportDue.from_json(answer["Messages"][0]["Body"]) == due
