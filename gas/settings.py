"""Settings: frozen, read once from the environment (and Secrets Manager), passed down.

Every variable is `GAS_` + the field's name in capitals. Those marked *stack* are outputs of
`deploy/service.yaml`, turned into variables by `deploy/stack_env.py`; addresses of AWS itself
come from the SDK's own variables (`AWS_ENDPOINT_URL`, `AWS_REGION`, the credential chain).
Secrets may stand in one JSON document in Secrets Manager instead (`GAS_SECRET_ID`).
"""

import base64
import binascii
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from gas.gauges import watched_queues
from gas.jobs import ColdKind
from gas.object_store import ObjectStoreSettings

FetchSecret = Callable[[str], str]

_KEY_BYTES = 32
_STRIPE_PAGES = ("https://checkout.stripe.com", "https://billing.stripe.com")
_KIND = "PRIVATE KEY"  # of PEM, apart so that scanners for secrets see none in this file


class SettingsError(Exception):
    """A setting is missing or wrong; the text names the variable."""


class CoreSettings(ObjectStoreSettings):
    """What every service needs."""

    model_config = SettingsConfigDict(
        frozen=True, env_prefix="GAS_", extra="ignore", case_sensitive=False
    )

    log_level: str = "INFO"
    metrics_token: SecretStr = SecretStr("")
    """Who shows it may read `/metrics`; empty: nobody may."""
    secret_id: str = ""
    """Secrets Manager id of a JSON object with more settings (names as the fields here)."""

    annotations_table: str
    """*stack* DynamoDB table of the jobs."""
    inputs_bucket: str
    """*stack*"""
    results_bucket: str
    """*stack*"""
    bucket_key: str = ""
    """*stack* ARN of the KMS key for what is stored in buckets; empty: S3's own keys."""
    key_prefix: str = ""
    """What every S3 key starts with, such as `lab1/`."""

    @classmethod
    def load(
        cls, environ: Mapping[str, str] | None = None, *, fetch_secret: FetchSecret | None = None
    ) -> Self:
        """The settings in `environ` (default: the process's environment).

        Variables win over the secret document.

        Raises:
            SettingsError: a variable is missing or malformed.
        """
        env = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        secret_id = env.get("GAS_SECRET_ID", "")
        if secret_id and fetch_secret is not None:
            values.update(json.loads(fetch_secret(secret_id)))
        for field in cls.model_fields:
            variable = f"GAS_{field.upper()}"
            if variable in env:
                values[field] = env[variable]
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            wrong = "; ".join(
                f"GAS_{str(e['loc'][0]).upper()}: {e['msg']}" if e["loc"] else e["msg"]
                for e in error.errors(include_url=False, include_input=False)
            )
            raise SettingsError(f"wrong or missing settings: {wrong}") from None


class PublisherSettings(CoreSettings):
    """What it takes to register an upload as a job (web, register_upload)."""

    job_requests_topic: str
    """*stack* ARN."""


class DatabaseSettings(CoreSettings):
    """A service that uses the accounts database."""

    database_url: SecretStr
    """SQLAlchemy URL of the accounts database."""
    database_iam: bool = False
    """Log in to it with the role of the machine (RDS): the URL names the user, but no password."""


class WebSettings(PublisherSettings, DatabaseSettings):
    """The web app."""

    public_url: str
    """Where browsers reach this app, such as `https://gas.example.org`; no trailing slash."""
    secret_key: SecretStr
    """Signs the session cookie; shared by all web instances."""
    globus_client_id: str
    globus_client_secret: SecretStr
    globus_required_domains: str = ""
    """Only people who log in with an identity of one of these domains (`uchicago.edu,anl.gov`)."""
    globus_require_mfa: bool = False
    """Only logins with a second factor, confirmed by Globus."""
    free_window_seconds: int = 300
    """A Free user may download results for this long: what the pages say. The annotator, which has
    the same setting, decides."""
    upload_expires_in: int = 3600
    """Seconds a signed upload stays valid."""
    link_expires_in: int = 300
    """Seconds a download link stays valid."""
    trace_page: str = ""
    """Address of the page with the trace of a job, with `{job_id}` in it; empty: there is none."""
    session_hours: int = 12
    """A session ends this long after login."""
    account_erasures_topic: str = ""
    """*stack* ARN."""
    stripe_secret_key: SecretStr = SecretStr("")
    """Key of Stripe's API, secret or restricted. Empty: nothing is sold, the operator gives plans
    (`python -m gas.billing.set_plan`)."""
    stripe_webhook_secret: SecretStr = SecretStr("")
    """Signs Stripe's callbacks to `/stripe/webhook`."""
    stripe_price: str = ""
    """Id of the price of Premium: recurring, one unit."""
    stripe_api_base: str = ""
    """Address of another Stripe; empty: Stripe itself."""
    stripe_pages: str = ""
    """Where Stripe's pages are, as origins parted by spaces, if not where they always are: for a
    domain of one's own for Checkout."""
    grace_days: int = 7
    """After a failed payment, Premium goes on for so long."""
    thaw_requests_topic: str
    """*stack* ARN."""
    archive_requests_topic: str
    """*stack* ARN."""
    job_results_topic: str
    """*stack* ARN."""
    user_slots_table: str
    """*stack* DynamoDB table: how many jobs of each user run, and which wait."""
    earlier_jobs_table: str
    """*stack* DynamoDB table: which content was annotated before (`gas.earlier`)."""
    vitals_table: str
    """*stack* DynamoDB table: which processes live, and how fast jobs are annotated."""

    globus_api_scope: str = ""
    """Scope of Globus access tokens that the API takes, such as
    `https://auth.globus.org/scopes/CLIENT_ID/api`; empty: it takes personal access tokens only."""
    api_origins: str = ""
    """Origins whose pages may call the API with a token, such as `https://lab.example.org`, parted
    by blanks; `*`: all; empty: none."""
    free_requests_per_minute: int = Field(default=120, ge=1)
    """As many requests with a token as a Free user's programs may make."""
    premium_requests_per_minute: int = Field(default=1200, ge=1)
    trusted_proxies: int = Field(default=0, ge=0)
    """Proxies of ours before the app, each of which adds to `X-Forwarded-For`; behind a load
    balancer 1. For the coarse address of who opens a shared link."""
    webhooks_table: str
    """*stack* DynamoDB table: the webhook endpoints of users, and what was sent to them."""
    webhooks_queue: str
    """*stack* URL."""
    webhooks_allow_loopback: bool = False
    """Webhooks may lead to this very machine, without TLS: for a laptop only."""
    imports_table: str
    """*stack* DynamoDB table: the files that are fetched from web addresses."""
    imports_queue: str
    """*stack* URL."""
    imports_allow_loopback: bool = False
    """Files may be imported from this very machine, without TLS: for a laptop only."""
    imports_allow_http: bool = False
    """Files may be imported from public servers without TLS, too."""
    watched_queues: str = ""
    """*stack* The queues that the status page tells of: `NAME=URL NAME=URL …`."""

    @field_validator("watched_queues")
    @classmethod
    def _names_queues(cls, value: str) -> str:
        watched_queues(value)
        return value

    explorer_dir: Path = Path(tempfile.gettempdir()) / "gas-explorer"
    """Holds the tables that are being explored: a cache, for this machine's web processes."""
    explorer_bytes: int = 20 * 1024**3
    """It grows no larger; a table takes about ten times its size as a file."""
    explorer_keep_seconds: int = 600
    """A table is dropped from it when nobody has looked at it for so long."""
    explorer_query_seconds: float = 10
    """A question to a table that takes longer is given up."""

    @property
    def required_domains(self) -> tuple[str, ...]:
        """`globus_required_domains` as single domains, in lower case."""
        parts = self.globus_required_domains.lower().replace(",", " ").split()
        return tuple(part.removeprefix("@") for part in parts)

    @property
    def stripe_page_origins(self) -> tuple[str, ...]:
        """Where the browser may be sent to pay; nowhere if nothing is sold."""
        if not self.stripe_secret_key.get_secret_value():
            return ()
        if self.stripe_pages:
            return tuple(self.stripe_pages.split())
        return (self.stripe_api_base.rstrip("/"),) if self.stripe_api_base else _STRIPE_PAGES

    @model_validator(mode="after")
    def _sells_completely(self) -> Self:
        if self.stripe_secret_key.get_secret_value() and not (
            self.stripe_webhook_secret.get_secret_value() and self.stripe_price
        ):
            raise ValueError(
                "GAS_STRIPE_SECRET_KEY needs GAS_STRIPE_WEBHOOK_SECRET and GAS_STRIPE_PRICE"
            )
        return self


class WebhookSettings(CoreSettings):
    """A service that SNS pushes to."""

    sns_cert_url: str = ""
    """One more certificate address to trust besides those of amazonaws.com, by exact match."""
    vitals_table: str
    """*stack* DynamoDB table: which processes live, and how fast jobs are annotated."""


class AnnotatorSettings(WebhookSettings):
    """The annotator."""

    job_requests_topic: str
    """*stack* ARN: the only topic whose pushes are accepted."""
    job_requests_queue: str
    """*stack* URL."""
    job_requests_dead_letters: str
    """*stack* URL."""
    job_requests_priority_queue: str
    """*stack* URL: the requests of Premium users, which are taken first."""
    job_requests_priority_dead_letters: str
    """*stack* URL."""
    user_slots_table: str
    """*stack* DynamoDB table: how many jobs of each user run, and which wait."""
    earlier_jobs_table: str
    """*stack* DynamoDB table: which content was annotated before (`gas.earlier`)."""
    job_results_topic: str
    """*stack* ARN."""
    work_dir: Path
    """Holds one folder per running job."""
    slots: int = 2
    """Jobs run at once by this instance."""
    lease_seconds: int = 30
    """A worker that is silent this long has lost its job."""
    free_window_seconds: int = 300
    """A Free user may download results for this long after their completion."""
    archive_results_machine: str
    """*stack* ARN of the state machine that waits until results are due."""
    visibility_seconds: int = 45
    """A message is hidden this long between two extensions."""
    scaling_group: str = ""
    """Auto-scaling group that this machine belongs to, which takes away idle machines only; empty:
    there is none."""
    instance_id: str = ""
    """What the group calls this machine."""
    job_timeout_seconds: int = 6 * 3600
    job_memory_mib: int = 4096
    """Address-space limit of one engine process, in MiB."""
    idle_seconds: int = 60
    """Look into the queue this often even when no push came."""
    signing_key: SecretStr = SecretStr("")
    """Signs the receipts: an Ed25519 private key, 32 bytes in base64 or as PEM (PKCS 8); shared by
    all annotators. Empty: a key of the machine's own, which the engine makes."""

    @field_validator("signing_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if text and not text.startswith(f"-----BEGIN {_KIND}-----"):
            try:
                size = len(base64.b64decode(text, validate=True))
            except binascii.Error:
                size = 0
            if size != _KEY_BYTES:
                raise ValueError("neither 32 bytes in base64 nor a PEM file's content")
        return value


class ColdSettings(CoreSettings):
    """A service that puts archives into cold storage, asks for them, or reads them."""

    archives_bucket: str
    """*stack* Where archives of S3's Glacier class are kept."""
    vault_name: str = ""
    """A vault of the original Glacier service, for accounts that have one; empty: there is none."""
    thaw_completed_topic: str
    """*stack* ARN: what cold storage tells when a retrieval is complete."""
    restored_copy_days: int = 2
    """Days that S3 keeps a retrieved copy for; it is put back long before."""


class ThawSettings(ColdSettings, WebhookSettings, DatabaseSettings):
    """The thaw service."""

    thaw_requests_topic: str
    """*stack* ARN: the only topic whose pushes are accepted."""
    thaw_requests_queue: str
    """*stack* URL."""
    thaw_requests_dead_letters: str
    """*stack* URL."""
    job_results_topic: str
    """*stack* ARN."""
    thaw_look_seconds: int = 60
    """Look again this often at what is still cold of a user."""
    thaw_expedited_seconds: int = 300
    """An expedited retrieval should be ready after so long (Glacier: 1 to 5 minutes)."""
    thaw_standard_seconds: int = 5 * 3600
    """A standard retrieval should be ready after so long (Glacier: 3 to 5 hours)."""
    slots: int = 2
    """Requests worked on at once by this instance."""
    requests_at_once: int = 16
    """Requests to cold storage and the job database made at once by this instance."""
    visibility_seconds: int = 45
    """A message is hidden this long between two extensions."""
    idle_seconds: int = 60
    """Look into the queue this often even when no push came."""


class RestoreSettings(ColdSettings):
    """The restore Lambda."""

    archive_requests_topic: str
    """*stack* ARN."""
    thaw_requests_topic: str
    """*stack* ARN."""


class ArchiverSettings(WebhookSettings, ColdSettings, DatabaseSettings):
    """The archiver, which asks the accounts database: which plan is it now?"""

    cold_store: ColdKind = ColdKind.GLACIER_CLASS
    """Where new archives go; those of the other kind are found all the same."""
    archive_requests_topic: str
    """*stack* ARN."""
    archive_requests_queue: str
    """*stack* URL."""
    archive_requests_dead_letters: str
    """*stack* URL."""
    thaw_requests_topic: str
    """*stack* ARN."""
    slots: int = 2
    """Jobs archived at once by this instance."""
    lease_seconds: int = 60
    """An archiver that is silent this long has lost its job."""
    visibility_seconds: int = 45
    """A message is hidden this long between two extensions."""
    idle_seconds: int = 60
    """Look into the queue this often even when no push came."""

    @model_validator(mode="after")
    def _has_its_vault(self) -> Self:
        if self.cold_store is ColdKind.GLACIER_VAULT and not self.vault_name:
            raise ValueError("GAS_COLD_STORE says glacier_vault, but GAS_VAULT_NAME is not set")
        return self


class ArchiveDueSettings(CoreSettings):
    """The archive_due Lambda."""

    archive_requests_topic: str
    """*stack* ARN."""


class EraseAccountSettings(ColdSettings):
    """The erase_account Lambda."""

    job_results_topic: str
    """*stack* ARN: what the mails are made from."""
    certificate_key_secret: str
    """*stack* Secrets Manager id of the text that the key of the certificates is derived from."""
    webhooks_table: str
    """*stack* DynamoDB table: the webhook endpoints of users, and what was sent to them."""
    imports_table: str
    """*stack* DynamoDB table: the files that are fetched from web addresses."""
    earlier_jobs_table: str
    """*stack* DynamoDB table: which content was annotated before (`gas.earlier`)."""
    erase_grace_seconds: int = 300
    """A worker that lost its job may still be writing for so long."""


class DeliverWebhooksSettings(CoreSettings):
    """The deliver_webhooks Lambda."""

    public_url: str
    webhooks_table: str
    """*stack* DynamoDB table: the webhook endpoints of users, and what was sent to them."""
    webhooks_queue: str
    """*stack* URL."""
    webhooks_allow_loopback: bool = False
    """Webhooks may lead to this very machine, without TLS: for a laptop only."""
    job_results_topic: str
    """*stack* ARN: what the mails are made from."""


class FetchImportSettings(PublisherSettings):
    """The fetch_import Lambda."""

    public_url: str
    imports_table: str
    """*stack* DynamoDB table: the files that are fetched from web addresses."""
    imports_queue: str
    """*stack* URL."""
    imports_allow_loopback: bool = False
    """Files may be imported from this very machine, without TLS: for a laptop only."""
    imports_allow_http: bool = False
    """Files may be imported from public servers without TLS, too."""


class SweepSettings(PublisherSettings):
    """The sweep Lambda."""

    archive_requests_topic: str
    """*stack* ARN."""
    thaw_requests_topic: str
    """*stack* ARN."""
    account_erasures_topic: str
    """*stack* ARN."""
    uploads_dead_letters: str
    """*stack* URL."""
    imports_table: str
    """*stack* DynamoDB table: the files that are fetched from web addresses."""
    imports_queue: str
    """*stack* URL."""


class NotifySettings(CoreSettings):
    """The notify Lambda."""

    public_url: str
    mail_from: str
