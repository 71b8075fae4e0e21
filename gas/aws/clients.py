"""Builds boto3 clients, once per process. Addresses and credentials come from the SDK's chain."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from gas.aws.observing import observe
from gas.object_store import ObjectStore
from gas.settings import FetchSecret

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_glacier import GlacierClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 5},
    connect_timeout=5,
    # Longer than the longest poll of a queue (20 s).
    read_timeout=60,
    max_pool_connections=32,
    signature_version="v4",
)
_S3_CONFIG = _CONFIG.merge(
    Config(
        signature_version="s3v4",
        # Stores other than AWS do not all know the newer default checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
)

#: Without it, links are signed for the global address, which answers for a new bucket outside
#: us-east-1 with a redirect that no browser follows in an upload. Other stores have no host name
#: for each bucket.
_REGIONAL = Config(s3={"addressing_style": "virtual"})
_AWS = (".amazonaws.com", ".amazonaws.com.cn")

_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


class AwsClients:
    """All clients of one process; each is made when first asked for. Thread-safe clients."""

    def __init__(self, session: boto3.Session | None = None) -> None:
        self._session = session or boto3.Session()
        observe(self._session.events)

    def dynamodb(self) -> "DynamoDBClient":
        client: DynamoDBClient = self._session.client("dynamodb", config=_CONFIG)
        return client

    def s3(self, store: ObjectStore | None = None, *, retried: bool = True) -> "S3Client":
        """S3 in `store`, or where the SDK finds it.

        `retried=False` is for requests whose refusal (503 for lack of capacity) is an answer.
        """
        config = _S3_CONFIG if retried else _S3_CONFIG.merge(_ONCE)
        if store is not None:
            return self._other_s3(store, config)
        client: S3Client = self._session.client("s3", config=config)
        if (urlsplit(client.meta.endpoint_url).hostname or "").endswith(_AWS):
            client = self._session.client("s3", config=config.merge(_REGIONAL))
        return client

    def topics_of(self, store: ObjectStore) -> "SNSClient":
        """The topics that `store` tells of its objects; some stores speak SNS for that."""
        client: SNSClient = self._session.client(
            "sns",
            endpoint_url=store.url,
            region_name=store.region,
            aws_access_key_id=store.access_key_id or None,
            aws_secret_access_key=store.secret_access_key or None,
            verify=store.ca_bundle or None,
            config=_CONFIG,
        )
        return client

    def _other_s3(self, store: ObjectStore, config: Config) -> "S3Client":
        """A client that takes nothing from the SDK's chain that `store` says."""
        client: S3Client = self._session.client(
            "s3",
            endpoint_url=store.url,
            region_name=store.region,
            aws_access_key_id=store.access_key_id or None,
            aws_secret_access_key=store.secret_access_key or None,
            verify=store.ca_bundle or None,
            config=config.merge(Config(s3={"addressing_style": store.addressing.value})),
        )
        return client

    def glacier(self, *, retried: bool = True) -> "GlacierClient":
        """The original Glacier service, of vaults; `retried` as for `s3`."""
        config = _CONFIG if retried else _CONFIG.merge(_ONCE)
        client: GlacierClient = self._session.client("glacier", config=config)
        return client

    def sns(self) -> "SNSClient":
        client: SNSClient = self._session.client("sns", config=_CONFIG)
        return client

    def sqs(self) -> "SQSClient":
        client: SQSClient = self._session.client("sqs", config=_CONFIG)
        return client

    def sesv2(self) -> "SESV2Client":
        client: SESV2Client = self._session.client("sesv2", config=_CONFIG)
        return client

    def stepfunctions(self) -> "SFNClient":
        client: SFNClient = self._session.client("stepfunctions", config=_CONFIG)
        return client

    def cloudwatch(self) -> "CloudWatchClient":
        client: CloudWatchClient = self._session.client("cloudwatch", config=_CONFIG)
        return client

    def rds(self) -> "RDSClient":
        """Only signs: tokens for databases."""
        client: RDSClient = self._session.client("rds", config=_CONFIG)
        return client

    def autoscaling(self) -> "AutoScalingClient":
        client: AutoScalingClient = self._session.client("autoscaling", config=_CONFIG)
        return client

    def fetch_secret(self) -> FetchSecret:
        """A function that reads a secret's text from Secrets Manager."""

        def fetch(secret_id: str) -> str:
            client = self._session.client("secretsmanager", config=_CONFIG)
            return str(client.get_secret_value(SecretId=secret_id)["SecretString"])

        return fetch
