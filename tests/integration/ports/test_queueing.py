"""Who is next: one job of a Free user at a time, Premium first, and nobody held up by others.

An annotator's worker on the embedded cloud, its queues behind the topic with the template's own
filters.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import boto3
import pytest

from annotator.annotate import AnnotateJob
from annotator.engine import EngineOutput
from annotator.folders import WorkFolders
from annotator.results import ResultsWriter
from annotator.turns import Turns
from deploy.template import Template
from gas.aws.clients import AwsClients
from gas.aws.messaging import SnsTopic, SqsQueue
from gas.clock import SystemClock
from gas.jobs import Job, JobOptions, JobStatus, Progress
from gas.keys import own_stem
from gas.plans import Plan
from gas.ports import JobStore
from gas.priority import PriorityQueue
from gas.slots import UserSlots
from gas.submissions import request_run
from gas.testing import MemoryBlobStore, MemoryTimer, MemoryTopic
from gas.testing.earlier import MemoryEarlierJobs
from gas.testing.vitals import MemoryVitals
from gas.throughput import Throughput
from gas.worker import Worker
from local.stack import TEMPLATE
from tests.support.aws import make_aws_world, make_line_table
from tests.support.jobs import OTHER_USER, USER, job
from tests.support.waiting import wait_until

ENDINGS = ("annot.vcf.gz", "vcf.count.log", "summary.json", "receipt.json", "parquet", "tbi")
SUBSCRIPTIONS = ("JobRequestsToPriorityQueue", "JobRequestsToQueue")
RUN_SECONDS = 1.5
LEASE = 30


@dataclass
class SlowEngine:
    """Takes its time, and notes in which order jobs began, and when."""

    begun: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)

    def run(
        self,
        source: Path,
        source_name: str,
        folder: Path,
        options: JobOptions,
        *,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> EngineOutput:
        self.begun[source_name] = time.monotonic()
        time.sleep(RUN_SECONDS)
        files = [folder / f"{own_stem(source_name)}.{ending}" for ending in ENDINGS]
        for path in files:
            path.write_bytes(b"annotated")
        self.ended[source_name] = time.monotonic()
        return EngineOutput(
            *files,
            input_blake3="b3",
            pack_id="demo-1",
            engine="1.0",
            signed_by="",
            records_in=1,
            records_annotated=1,
            skipped={},
        )


class Stage:
    """An annotator on the embedded cloud."""

    def __init__(self, session: boto3.Session, work: Path) -> None:
        clients = AwsClients(session)
        name = f"t{uuid4().hex[:12]}"
        self.arn = clients.sns().create_topic(Name=name)["TopicArn"]
        self.topic = SnsTopic(clients.sns(), self.arn)
        queues = [
            subscribed_queue(clients, self.arn, f"{name}-{number}", subscription)
            for number, subscription in enumerate(SUBSCRIPTIONS)
        ]
        self.priority, self.ordinary = queues
        self.queue = PriorityQueue(*queues)
        world = make_aws_world(session)
        self.jobs: JobStore = world.jobs
        self.inputs = MemoryBlobStore("inputs")
        self.engine = SlowEngine()
        clock = SystemClock()
        slots = UserSlots(make_line_table(clients, name), clock, lease_seconds=LEASE)
        self.folders = WorkFolders(work)
        self.handler = AnnotateJob(
            jobs=self.jobs,
            inputs=self.inputs,
            writer=ResultsWriter(MemoryBlobStore("results"), key_prefix=""),
            announcements=MemoryTopic(),
            timer=MemoryTimer(),
            turns=Turns(
                slots, jobs=self.jobs, ledger=world.ledger, requests=self.topic, clock=clock
            ),
            earlier=MemoryEarlierJobs(),
            throughput=Throughput(MemoryVitals(), clock),
            engine=self.engine,
            folders=self.folders,
            clock=clock,
            lease_seconds=LEASE,
            free_window_seconds=300,
        )

    def submit(self, name: str, *, user_id: str = USER, plan: Plan = Plan.FREE, at: int = 0) -> Job:
        made = job(input_file_name=name, user_id=user_id, plan=plan, submit_time=1_800_000_000 + at)
        self.inputs.put(made.s3_key_input_file, b"variants")
        self.jobs.create(made)
        request_run(made, self.topic)
        return made

    def work(self, *, slots: int) -> Worker:
        """Start an annotator's worker; nothing pushes it, so it looks in often."""
        worker = Worker(
            self.queue, self.handler, slots=slots, visibility_seconds=30, idle_seconds=1
        )
        worker.start()
        return worker

    def all_done(self, made: list[Job]) -> bool:
        found = [self.jobs.get(each.job_id) for each in made]
        return all(each and each.job_status is JobStatus.COMPLETED for each in found)


def subscribed_queue(clients: AwsClients, topic: str, name: str, subscription: str) -> SqsQueue:
    """A queue behind the topic, with the filter that the template gives this subscription."""
    sqs = clients.sqs()
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = asked["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    properties = Template.read(TEMPLATE).resources[subscription]["Properties"]
    clients.sns().subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={
            "RawMessageDelivery": "true",
            "FilterPolicy": json.dumps(properties["FilterPolicy"]),
        },
    )
    return SqsQueue(sqs, url, dead_letters_url=url)


@pytest.fixture
def stage(embedded_session: boto3.Session, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(embedded_session, tmp_path / "work")
    yield stage
    stage.folders.close()


def test_free_jobs_of_one_user_never_overlap_and_others_overtake(stage: Stage) -> None:
    mine = [stage.submit(f"mine{n}.vcf", at=n) for n in range(3)]
    other = stage.submit("other.vcf", user_id=OTHER_USER, at=9)
    worker = stage.work(slots=3)
    wait_until(lambda: stage.all_done([*mine, other]), seconds=60)
    assert worker.stop(20)
    begun, ended = stage.engine.begun, stage.engine.ended
    names = sorted((each.input_file_name for each in mine), key=begun.__getitem__)
    for earlier, later in pairwise(names):
        # It was called: its own message would have come back after 30 s only.
        assert 0 <= begun[later] - ended[earlier] < 20
    assert begun["other.vcf"] < ended[names[0]]


def test_premium_overtakes_a_backlog_of_free_jobs(stage: Stage) -> None:
    backlog = [stage.submit(f"free{n}.vcf", user_id=str(uuid4()), at=n) for n in range(4)]
    worker = stage.work(slots=1)
    wait_until(lambda: stage.engine.begun, seconds=20)
    premium = stage.submit("premium.vcf", user_id=OTHER_USER, plan=Plan.PREMIUM, at=99)
    wait_until(lambda: stage.all_done([*backlog, premium]), seconds=60)
    assert worker.stop(20)
    assert list(stage.engine.begun).index("premium.vcf") == 1


def test_every_request_is_in_one_queue_with_its_users_group(stage: Stage) -> None:
    free, premium = stage.submit("free.vcf"), stage.submit("premium.vcf", plan=Plan.PREMIUM)
    # As from a sender of an older version, which does not speak of plans.
    stage.topic.publish("older", attributes={"type": "job_requested"})
    (first,) = stage.priority.receive(limit=10, wait_seconds=5)
    assert premium.job_id in first.body
    assert first.group == USER
    assert stage.priority.receive(limit=10, wait_seconds=1) == []
    found = {}
    wait_until(
        lambda: (
            found.update(
                (message.body, message)
                for message in stage.ordinary.receive(limit=10, wait_seconds=1)
            )
            or len(found) == 2
        ),
        seconds=20,
    )
    (second,) = (message for body, message in found.items() if free.job_id in body)
    assert (second.group, found["older"].group) == (USER, "")
