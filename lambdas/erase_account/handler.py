"""Somebody has deleted their account: remove all they left, and certify it."""

from functools import cache
from typing import Any

from gas.aws.blobs import S3BlobStore
from gas.aws.clients import AwsClients
from gas.aws.cold import cold_stores
from gas.aws.erasing import DynamoErasableJobs
from gas.aws.messaging import SnsTopic
from gas.certificates import CertificateSigner
from gas.clock import SystemClock
from gas.logs import configure
from gas.settings import EraseAccountSettings
from lambdas.batch import each_record
from lambdas.erase_account.certify import Certify
from lambdas.erase_account.erase import EraseAccount, Pace, Places


@cache
def _use_case() -> EraseAccount:
    clients = AwsClients()
    settings = EraseAccountSettings.load(fetch_secret=clients.fetch_secret())
    configure("erase_account", settings.log_level)
    s3 = clients.s3()
    results = S3BlobStore(s3, settings.results_bucket)
    return EraseAccount(
        jobs=DynamoErasableJobs(clients.dynamodb(), settings.annotations_table),
        places=Places(
            inputs=S3BlobStore(s3, settings.inputs_bucket),
            results=results,
            archives=S3BlobStore(s3, settings.archives_bucket),
            cold=cold_stores(clients, settings),
            key_prefix=settings.key_prefix,
        ),
        certify=Certify(
            results=results,
            signer=CertificateSigner(clients.fetch_secret()(settings.certificate_key_secret)),
            notices=SnsTopic(clients.sns(), settings.job_results_topic),
            clock=SystemClock(),
        ),
        clock=SystemClock(),
        pace=Pace(grace_seconds=settings.erase_grace_seconds),
    )


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Entry point of the function: a batch of the account erasures queue."""
    return each_record(event, _use_case())
