"""S3 says that an object was created: register it as a job, unless the web app did already.

The safety net for a browser that died between the upload and the redirect.
"""

from functools import cache
from typing import Any

from gas import submissions
from gas.aws.buckets import Buckets
from gas.aws.clients import AwsClients
from gas.aws.jobs import DynamoJobStore
from gas.aws.messaging import SnsTopic
from gas.clock import SystemClock
from gas.errors import InvalidUpload, NotFound, UploadMissing, UploadTooLarge
from gas.logs import configure, get_logger
from gas.messages import S3ObjectCreated
from gas.ports import BlobStore, Clock, JobStore, Topic
from gas.settings import PublisherSettings
from lambdas import telemetry
from lambdas.batch import each_record

log = get_logger()


class RegisterUpload:
    """The use case behind the handler."""

    def __init__(
        self, *, inputs: BlobStore, jobs: JobStore, requests: Topic, clock: Clock, key_prefix: str
    ) -> None:
        self._inputs = inputs
        self._jobs = jobs
        self._requests = requests
        self._clock = clock
        self._key_prefix = key_prefix

    def __call__(self, body: str) -> None:
        """Register every object that the S3 notification `body` names."""
        for created in S3ObjectCreated.all_from_json(body):
            if created.bucket == self._inputs.bucket:
                self.register(created.key)

    def register(self, key: str) -> bool:
        """Make a job of the upload `key`. False when it is nobody's job."""
        try:
            submissions.register(
                key,
                inputs=self._inputs,
                key_prefix=self._key_prefix,
                jobs=self._jobs,
                requests=self._requests,
                clock=self._clock,
            )
        except (InvalidUpload, NotFound, UploadMissing, UploadTooLarge) as error:
            # Put there by an operator's hand, deleted since, or refused: nobody's job.
            log.warning("upload_ignored", code=error.code, key=key)
            return False
        return True


@cache
def _use_case() -> RegisterUpload:
    clients = AwsClients()
    settings = PublisherSettings.load(fetch_secret=clients.fetch_secret())
    configure("register_upload", settings.log_level)
    telemetry.start("register_upload")
    return RegisterUpload(
        inputs=Buckets(clients, settings).blobs(settings.inputs_bucket),
        jobs=DynamoJobStore(clients.dynamodb(), settings.annotations_table),
        requests=SnsTopic(clients.sns(), settings.job_requests_topic),
        clock=SystemClock(),
        key_prefix=settings.key_prefix,
    )


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Entry point of the function: a batch of the uploads queue."""
    return each_record(event, _use_case())
