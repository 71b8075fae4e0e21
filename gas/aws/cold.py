"""The cold stores there are, by the kind that every archive records."""

from collections.abc import Mapping

from gas.aws.buckets import Buckets
from gas.aws.clients import AwsClients
from gas.aws.cold_bucket import BucketColdStore
from gas.aws.cold_class import S3ColdStore
from gas.aws.cold_vault import GlacierColdStore
from gas.jobs import ColdKind
from gas.ports import ColdStore
from gas.settings import ColdSettings


def cold_stores(clients: AwsClients, settings: ColdSettings) -> Mapping[ColdKind, ColdStore]:
    """Every kind that is set up, whichever new archives go to: old ones stay where they are."""
    buckets = Buckets(clients, settings)
    stores: dict[ColdKind, ColdStore] = {
        ColdKind.GLACIER_CLASS: S3ColdStore(
            buckets.client,
            settings.archives_bucket,
            unretried=buckets.unretried(),
            days=settings.restored_copy_days,
            encryption=buckets.encryption,
        ),
        ColdKind.BUCKET: BucketColdStore(
            buckets.client,
            buckets.blobs(settings.archives_bucket),
            storage_class=settings.s3_cold_class,
        ),
    }
    if settings.vault_name:
        stores[ColdKind.GLACIER_VAULT] = GlacierColdStore(
            clients.glacier(),
            settings.vault_name,
            unretried=clients.glacier(retried=False),
            topic_arn=settings.thaw_completed_topic,
        )
    return stores
