"""Which S3 keeps the files: that of the cloud the services run in, or any other store.

Everything that differs from one S3-compatible store to the next is a setting here
(docs/on-premises.md); no service knows what is behind them.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings


class Addressing(StrEnum):
    """How a bucket is named in the address of a request."""

    PATH = "path"
    """`https://s3.example.org/BUCKET/KEY`: needs no name service for each bucket."""
    VIRTUAL = "virtual"
    """`https://BUCKET.s3.example.org/KEY`."""


class Fence(StrEnum):
    """What tells an object from another one that has taken its place (docs/decisions/0024)."""

    ENTITY_TAG = "entity_tag"
    """`DeleteObject` with `If-Match`, as AWS has it."""
    VERSION = "version"
    """The bucket keeps versions, and the one that was looked at is deleted by its id."""


@dataclass(frozen=True)
class ObjectStore:
    """An S3-compatible store that is not the SDK's own idea of S3."""

    url: str
    region: str
    access_key_id: str
    """Empty: the credentials of the SDK's chain."""
    secret_access_key: str = field(repr=False)
    addressing: Addressing
    ca_bundle: str
    """File with the certificates that its own is checked by; empty: the public ones."""


class ObjectStoreSettings(BaseSettings):
    """The part of every service's settings that says where the buckets are."""

    s3_url: str = ""
    """Address of the store of all buckets, as browsers reach it too: `https://s3.example.org`.
    Empty: S3 of the cloud whose queues and tables are used."""
    s3_region: str = "us-east-1"
    """What requests to it are signed for; most stores take any."""
    s3_access_key_id: str = ""
    s3_secret_access_key: SecretStr = SecretStr("")
    s3_addressing: Addressing = Addressing.PATH
    s3_ca_bundle: str = ""
    """File with the certificate authority of the store, if it is no public one."""
    s3_fence: Fence = Fence.ENTITY_TAG
    """How an object is deleted that may have been replaced: `version` for stores whose
    `DeleteObject` knows no `If-Match`; the buckets must keep versions then."""

    s3_cold_class: str = ""
    """Storage class of archives in cold storage of the kind `bucket`; empty: the usual one."""
    s3_events_token: SecretStr = SecretStr("")
    """What the store shows when it posts its events to the web app's `/store/events`; empty:
    they come into the queue by themselves, as on AWS."""
    uploads_queue: str = ""
    """*stack* URL of the queue of new uploads."""

    @property
    def object_store(self) -> ObjectStore | None:
        """The store, if it is another one than the cloud's own."""
        if not self.s3_url:
            return None
        return ObjectStore(
            url=self.s3_url,
            region=self.s3_region,
            access_key_id=self.s3_access_key_id,
            secret_access_key=self.s3_secret_access_key.get_secret_value(),
            addressing=self.s3_addressing,
            ca_bundle=self.s3_ca_bundle,
        )

    @model_validator(mode="after")
    def _has_a_whole_key(self) -> Self:
        if bool(self.s3_access_key_id) != bool(self.s3_secret_access_key.get_secret_value()):
            raise ValueError("GAS_S3_ACCESS_KEY_ID and GAS_S3_SECRET_ACCESS_KEY belong together")
        return self
