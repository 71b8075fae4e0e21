"""The clock of the results and the sweeper, as the template sets them up; killed in between."""

import json
import time
from uuid import uuid4

import boto3
import pytest

from gas.aws.clients import AwsClients
from gas.aws.executions import StateMachineTimer
from gas.aws.jobs import DynamoJobStore
from gas.ledger import sweep_shard
from gas.messages import ArchiveRequested, JobRequested, PremiumSweepRequested
from tests.integration.archiver.conftest import Deployed
from tests.support.jobs import USER, job
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PATIENCE = 240
"""Seconds; the first call of a function unpacks it, which a busy machine takes its time for."""


def test_a_clock_that_was_started_rings_after_everything_was_killed(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in deployed.stack.aws_files.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployed.cloud.url)
    annotator = boto3.Session(profile_name="annotator", region_name="us-east-1")
    timer = StateMachineTimer(
        AwsClients(annotator).stepfunctions(), deployed.setting("ARCHIVE_RESULTS_MACHINE")
    )
    due = ArchiveRequested(job_id=str(uuid4()), user_id=USER)
    at = int(time.time()) + 5
    for _ in range(2):
        timer.start(due.job_id, at=at, payload=due.model_dump())
    deployed.kill_and_start()
    timer.start(due.job_id, at=at, payload=due.model_dump())
    bodies = wait_until(lambda: deployed.waiting("ARCHIVE_REQUESTS_QUEUE"), seconds=PATIENCE)
    assert time.time() >= at
    assert [ArchiveRequested.from_json(body) for body in bodies] == [due]


def test_the_sweeper_is_called_by_its_schedule_also_after_a_restart(deployed: Deployed) -> None:
    table = DynamoJobStore(deployed.client("dynamodb"), deployed.setting("ANNOTATIONS_TABLE"))
    lost = job(submit_time=int(time.time()) - 3600)
    swept = {"sweep_at": lost.submit_time + 600, "sweep_shard": sweep_shard(lost.job_id)}
    assert table.create(lost.model_copy(update=swept))
    scheduler = deployed.client("scheduler")
    for name in ("jobs", "premium"):
        schedule = scheduler.get_schedule(Name=f"gas-local-sweep-{name}")
        scheduler.update_schedule(
            Name=schedule["Name"],
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=schedule["Target"],
        )
    deployed.kill_and_start()
    (body,) = wait_until(lambda: deployed.waiting("JOB_REQUESTS_QUEUE"), seconds=PATIENCE)
    assert JobRequested.from_json(body).job_id == lost.job_id
    bodies = wait_until(lambda: deployed.waiting("THAW_REQUESTS_QUEUE"), seconds=PATIENCE)
    assert PremiumSweepRequested.from_json(bodies[0])
    moved = table.get(lost.job_id)
    assert moved is not None
    assert moved.sweep_at is not None
    assert moved.sweep_at > time.time()


def test_the_sweeper_may_do_all_that_it_does(deployed: Deployed) -> None:
    for task in ("jobs", "uploads", "premium"):
        answer = deployed.client("lambda").invoke(
            FunctionName="gas-local-sweep", Payload=json.dumps({"task": task})
        )
        assert "FunctionError" not in answer, answer["Payload"].read()
