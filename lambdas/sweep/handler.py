"""Called by the clock: finds what fell through and puts it on its way again.

The schedules in service.yaml say which task: `jobs`, `uploads` and `imports` every five minutes,
`premium` every hour.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from gas import tracing
from gas.aws.buckets import Buckets
from gas.aws.clients import AwsClients
from gas.aws.imports import DynamoImports, SqsImportQueue
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.aws.messaging import SnsTopic, SqsQueue
from gas.clock import SystemClock
from gas.errors import InvalidMessage
from gas.logs import configure
from gas.settings import SweepSettings
from lambdas import telemetry
from lambdas.register_upload.handler import RegisterUpload
from lambdas.sweep.imports import SweepImports
from lambdas.sweep.sweep import SweepJobs, sweep_premium
from lambdas.sweep.uploads import SweepUploads


class Task(StrEnum):
    """What a schedule asks for."""

    JOBS = "jobs"
    UPLOADS = "uploads"
    IMPORTS = "imports"
    PREMIUM = "premium"


@cache
def _tasks() -> Mapping[Task, Callable[[], object]]:
    clients = AwsClients()
    settings = SweepSettings.load(fetch_secret=clients.fetch_secret())
    configure("sweep", settings.log_level)
    telemetry.start("sweep")
    clock = SystemClock()
    sns = clients.sns()
    jobs = DynamoJobStore(clients.dynamodb(), settings.annotations_table)
    inputs = Buckets(clients, settings).blobs(settings.inputs_bucket)
    job_requests = SnsTopic(sns, settings.job_requests_topic)
    thaw_requests = SnsTopic(sns, settings.thaw_requests_topic)
    dead_letters = settings.uploads_dead_letters
    return {
        Task.JOBS: SweepJobs(
            jobs=jobs,
            ledger=DynamoLedger(clients.dynamodb(), settings.annotations_table),
            job_requests=job_requests,
            archive_requests=SnsTopic(sns, settings.archive_requests_topic),
            thaw_requests=thaw_requests,
            erasures=SnsTopic(sns, settings.account_erasures_topic),
            clock=clock,
        ),
        Task.UPLOADS: SweepUploads(
            inputs=inputs,
            jobs=jobs,
            dead_letters=SqsQueue(clients.sqs(), dead_letters, dead_letters_url=dead_letters),
            registry=RegisterUpload(
                inputs=inputs,
                jobs=jobs,
                requests=job_requests,
                clock=clock,
                key_prefix=settings.key_prefix,
            ),
            key_prefix=settings.key_prefix,
            clock=clock,
        ),
        Task.IMPORTS: SweepImports(
            store=DynamoImports(clients.dynamodb(), settings.imports_table),
            queue=SqsImportQueue(clients.sqs(), settings.imports_queue),
            clock=clock,
        ),
        Task.PREMIUM: partial(sweep_premium, thaw_requests),
    }


def handle(event: dict[str, Any], context: object) -> None:
    """Entry point of the function: `{"task": …}` from a schedule."""
    try:
        task = Task(event["task"])
    except (KeyError, ValueError) as error:
        raise InvalidMessage(f"no task of the sweeper: {str(event)[:100]}") from error
    with telemetry.invocation():
        work = _tasks()[task]
        with tracing.span(f"sweep {task}"):
            work()
