"""Cold storage has retrieved something: put it back into the results bucket."""

from functools import cache
from typing import Any

from gas.aws.buckets import Buckets
from gas.aws.clients import AwsClients
from gas.aws.cold import cold_stores
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.aws.messaging import SnsTopic
from gas.clock import SystemClock
from gas.logs import configure
from gas.settings import RestoreSettings
from lambdas import telemetry
from lambdas.batch import each_record
from lambdas.restore.restore import RestoreResults

AT_ONCE = 6
"""Records worked on at once. A file that passes through takes up to 40 MiB of memory."""


@cache
def _use_case() -> RestoreResults:
    clients = AwsClients()
    settings = RestoreSettings.load(fetch_secret=clients.fetch_secret())
    configure("restore", settings.log_level)
    telemetry.start("restore")
    sns = clients.sns()
    dynamodb = clients.dynamodb()
    return RestoreResults(
        jobs=DynamoJobStore(dynamodb, settings.annotations_table),
        ledger=DynamoLedger(dynamodb, settings.annotations_table),
        results=Buckets(clients, settings).blobs(settings.results_bucket),
        cold=cold_stores(clients, settings),
        archives_bucket=settings.archives_bucket,
        archive_requests=SnsTopic(sns, settings.archive_requests_topic),
        thaw_requests=SnsTopic(sns, settings.thaw_requests_topic),
        clock=SystemClock(),
    )


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Entry point of the function: a batch of the queue of completed retrievals."""
    return each_record(event, _use_case(), at_once=AT_ONCE)
