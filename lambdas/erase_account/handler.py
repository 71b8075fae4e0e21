"""Somebody has deleted their account, or a job: remove what they left; certify the former."""

from collections.abc import Callable
from functools import cache
from typing import Any

from gas.aws.buckets import Buckets
from gas.aws.clients import AwsClients
from gas.aws.cold import cold_stores
from gas.aws.earlier import DynamoEarlierJobs
from gas.aws.erasing import DynamoErasableJobs
from gas.aws.imports import DynamoImports
from gas.aws.messaging import SnsTopic
from gas.aws.webhooks import DynamoWebhooks
from gas.certificates import CertificateSigner
from gas.clock import SystemClock
from gas.logs import configure
from gas.messages import AccountErasureRequested, JobErasureRequested, one_of
from gas.settings import EraseAccountSettings
from lambdas import telemetry
from lambdas.batch import each_record
from lambdas.erase_account.certify import Certify
from lambdas.erase_account.erase import EraseAccount, Pace
from lambdas.erase_account.one_job import EraseJob
from lambdas.erase_account.places import JobEraser, Places


@cache
def _use_case() -> Callable[[str], None]:
    clients = AwsClients()
    settings = EraseAccountSettings.load(fetch_secret=clients.fetch_secret())
    configure("erase_account", settings.log_level)
    telemetry.start("erase_account")
    buckets, clock = Buckets(clients, settings), SystemClock()
    results = buckets.blobs(settings.results_bucket)
    jobs = DynamoErasableJobs(clients.dynamodb(), settings.annotations_table)
    webhooks = DynamoWebhooks(clients.dynamodb(), settings.webhooks_table)
    imports = DynamoImports(clients.dynamodb(), settings.imports_table)
    pace = Pace(grace_seconds=settings.erase_grace_seconds)
    places = Places(
        inputs=buckets.blobs(settings.inputs_bucket),
        results=results,
        archives=buckets.blobs(settings.archives_bucket),
        cold=cold_stores(clients, settings),
        earlier=DynamoEarlierJobs(clients.dynamodb(), settings.earlier_jobs_table),
        key_prefix=settings.key_prefix,
    )
    certify = Certify(
        results=results,
        signer=CertificateSigner(clients.fetch_secret()(settings.certificate_key_secret)),
        notices=SnsTopic(clients.sns(), settings.job_results_topic),
        clock=clock,
    )
    eraser = JobEraser(jobs=jobs, places=places, clock=clock, grace_seconds=pace.grace_seconds)
    return by_contract(
        EraseAccount(
            jobs=jobs,
            webhooks=webhooks,
            imports=imports,
            places=places,
            certify=certify,
            clock=clock,
            pace=pace,
        ),
        EraseJob(jobs=jobs, eraser=eraser),
    )


def by_contract(
    of_account: Callable[[str], None], of_job: Callable[[str], None]
) -> Callable[[str], None]:
    """What the queue's messages lead to, by their type."""

    def erase(body: str) -> None:
        message = one_of(body, AccountErasureRequested, JobErasureRequested)
        (of_job if isinstance(message, JobErasureRequested) else of_account)(body)

    return erase


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Entry point of the function: a batch of the erasures queue."""
    return each_record(event, _use_case())
