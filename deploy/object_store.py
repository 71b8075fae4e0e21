"""Prepares the buckets of an S3-compatible store other than AWS's (docs/on-premises.md).

    python -m deploy.object_store

Settings come from the environment, as those of the services do: `GAS_S3_…`, the names of the
buckets, `GAS_PUBLIC_URL`. On AWS `service.yaml` does all this. It may be repeated: every call sets
a value. What a store does not know is said, and left out.
"""

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gas.aws.clients import AwsClients
from gas.aws.faults import code_of
from gas.object_store import Fence, ObjectStore
from gas.settings import CoreSettings, SettingsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

TOPIC = "gas-uploads"
EVENTS_PATH = "/store/events"
UNFINISHED_DAYS = 2
"""As in service.yaml: an upload in parts can be gone on with for so long."""

_ABSENT = frozenset({"404", "NoSuchBucket"})
_UNKNOWN = frozenset({"NotImplemented", "MethodNotAllowed", "InvalidArgument", "NotSupported"})


class StoreSettings(CoreSettings):
    """What is to be prepared."""

    archives_bucket: str
    public_url: str
    s3_events_url: str = ""
    """Where the store reaches the web app, if not where browsers do."""


Say = Callable[[str], object]


def prepare(settings: StoreSettings, store: ObjectStore, clients: AwsClients, say: Say) -> None:
    """Make the buckets what the services expect.

    Raises:
        ClientError, BotoCoreError: the store refuses what cannot be done without.
    """
    s3 = clients.s3(store)
    for bucket in (settings.inputs_bucket, settings.results_bucket, settings.archives_bucket):
        _create(s3, bucket)
        if settings.s3_fence is Fence.VERSION:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for what, apply in _wanted(s3, settings, bucket):
            _try(say, bucket, what, apply)
    if settings.s3_events_token.get_secret_value():
        _have_uploads_told(s3, clients.topics_of(store), settings)
    say(f"The buckets at {store.url} are as they should be.")


def _create(s3: "S3Client", bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if code_of(error) not in _ABSENT:
            raise
        s3.create_bucket(Bucket=bucket)


def _wanted(
    s3: "S3Client", settings: StoreSettings, bucket: str
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is asked of a bucket, by what people call it."""
    rule: Any = {
        "ID": "abandoned-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_DAYS},
    }
    if settings.s3_fence is Fence.VERSION:
        # What was overwritten: what is deleted goes with all its versions at once.
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": 1}
    yield (
        "lifecycle rules",
        lambda: s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [rule]}
        ),
    )
    if bucket == settings.archives_bucket:
        return
    # Results are only ever read by browsers.
    methods = ["GET", "HEAD", "POST", "PUT"] if bucket == settings.inputs_bucket else ["GET"]
    cors: Any = {
        "AllowedOrigins": [settings.public_url],
        "AllowedMethods": methods,
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "Location"],
        "MaxAgeSeconds": 3600,
    }
    yield (
        "uploads by scripts of pages (CORS)",
        lambda: s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [cors]}),
    )


def _try(say: Say, bucket: str, what: str, apply: Callable[[], Any]) -> None:
    try:
        apply()
    except ClientError as error:
        if code_of(error) not in _UNKNOWN:
            raise
        say(f"This store has no {what} for {bucket}: {code_of(error)}.")


def _have_uploads_told(s3: "S3Client", topics: "SNSClient", settings: StoreSettings) -> None:
    """Have the store post every new upload to the web app, until it is taken."""
    url = settings.s3_events_url or settings.public_url + EVENTS_PATH
    arn = topics.create_topic(
        Name=TOPIC,
        Attributes={
            "push-endpoint": url,
            "persistent": "true",
            "OpaqueData": settings.s3_events_token.get_secret_value(),
        },
    )["TopicArn"]
    s3.put_bucket_notification_configuration(
        Bucket=settings.inputs_bucket,
        NotificationConfiguration={
            "TopicConfigurations": [
                {"Id": TOPIC, "TopicArn": arn, "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )


def main() -> int:
    """Prepare what the environment names; the exit code."""
    clients = AwsClients()
    try:
        settings = StoreSettings.load(fetch_secret=clients.fetch_secret())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    store = settings.object_store
    if store is None:
        sys.stderr.write("GAS_S3_URL is not set: there is no other store to prepare.\n")
        return 2
    prepare(settings, store, clients, lambda line: sys.stdout.write(f"{line}\n"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
