"""Fetches files from web addresses: a slice of one import, then the message for the next."""

from collections.abc import Callable
from functools import cache
from typing import Any

from gas.aws.buckets import Buckets
from gas.aws.clients import AwsClients
from gas.aws.imports import DynamoImports, SqsImportQueue
from gas.aws.jobs import DynamoJobStore
from gas.aws.messaging import SnsTopic
from gas.clock import SystemClock
from gas.imports.fetch import Fetch, World
from gas.imports.source import HttpSource
from gas.logs import configure
from gas.messages import ImportDue
from gas.settings import FetchImportSettings
from lambdas import telemetry
from lambdas.batch import each_record


@cache
def _use_case() -> Callable[[str], None]:
    clients = AwsClients()
    settings = FetchImportSettings.load(fetch_secret=clients.fetch_secret())
    configure("fetch_import", settings.log_level)
    telemetry.start("fetch_import")
    buckets, dynamodb = Buckets(clients, settings), clients.dynamodb()
    fetch = Fetch(
        World(
            store=DynamoImports(dynamodb, settings.imports_table),
            queue=SqsImportQueue(clients.sqs(), settings.imports_queue),
            source=HttpSource(
                user_agent=f"GAS-Imports/1.0 (+{settings.public_url})",
                allow_loopback=settings.imports_allow_loopback,
                allow_http=settings.imports_allow_http,
            ),
            parts=buckets.parts(settings.inputs_bucket),
            inputs=buckets.blobs(settings.inputs_bucket),
            jobs=DynamoJobStore(dynamodb, settings.annotations_table),
            requests=SnsTopic(clients.sns(), settings.job_requests_topic),
            clock=SystemClock(),
            key_prefix=settings.key_prefix,
        )
    )
    return lambda body: fetch(ImportDue.from_json(body))


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Entry point of the function: one message of the imports queue."""
    return each_record(event, _use_case())
