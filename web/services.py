"""What the web app is made of. `build_services` makes the real parts; tests pass fakes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from gas.accounts.devices import Decision, DeviceLogin, DeviceStore, Standing
from gas.accounts.idempotency import Found, IdempotencyStore
from gas.accounts.models import Account
from gas.accounts.rates import Allowance, RateStore
from gas.accounts.sealing import Sealer
from gas.accounts.sessions import LoginSession, NewSession, SessionStore
from gas.accounts.store import AccountStore, Identity
from gas.accounts.thaws import ThawStore
from gas.accounts.tokens import AccessToken, TokenStore
from gas.aws.buckets import Buckets
from gas.aws.clients import AwsClients
from gas.aws.database import open_database
from gas.aws.earlier import DynamoEarlierJobs
from gas.aws.erasing import DynamoErasableJobs
from gas.aws.finder import DynamoJobFinder
from gas.aws.gauges import SqsGauges
from gas.aws.imports import DynamoImports, SqsImportQueue
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.aws.messaging import SnsTopic, send_to
from gas.aws.slots import DynamoLineTable
from gas.aws.vitals import DynamoVitals
from gas.aws.webhooks import DynamoWebhooks, SqsDeliveryQueue
from gas.billing.desk import Billing
from gas.billing.wiring import build_billing
from gas.clock import SystemClock
from gas.earlier import EarlierJobs
from gas.erasure import DeletableJobs
from gas.gauges import QueueGauges, watched_queues
from gas.imports.desk import ImportDesk
from gas.ledger import ResultsLedger
from gas.listing import JobFinder
from gas.ports import BlobStore, Clock, JobStore, PartStore, Topic
from gas.scopes import Scope
from gas.settings import WebSettings
from gas.sharing.desk import SharingDesk, build_sharing
from gas.slots import LineTable
from gas.store_events import StoreEvents
from gas.telemetry.service import set_up
from gas.throughput import PaceTable, Throughput
from gas.vitals import VitalsTable
from gas.webhooks.desk import WebhookDesk
from web.account.published_keys import PublishedKeys
from web.account.turnstile import Turnstile
from web.auth.globus_access import GlobusAccess
from web.auth.oidc import GlobusProvider, IdentityProvider
from web.auth.policy import LoginPolicy
from web.engine import InProcessEngine
from web.explorer.cache import TableCache
from web.explorer.gate import Gate
from web.ports import Engine
from web.recent import Recent

EXPLORER_EXPORTS = 3

SAMPLE_FILE = Path(__file__).parents[1] / "samples" / "famous_variants.vcf"


class Accounts(Protocol):
    """The accounts database, as far as the pages need it (`gas.accounts.store`)."""

    def record_login(self, identity: Identity) -> Account: ...

    def get(self, user_id: str) -> Account | None: ...

    def delete(self, user_id: str) -> None: ...

    def ping(self) -> None: ...


class Sessions(Protocol):
    """The login sessions (`gas.accounts.sessions`)."""

    def begin(self, new: NewSession, *, now: int) -> None: ...

    def find(self, token_digest: str, *, now: int) -> tuple[LoginSession, Account] | None: ...

    def active(self, user_id: str, *, now: int) -> Sequence[LoginSession]: ...

    def end(
        self, user_id: str, *, now: int, session_id: str | None = None
    ) -> Sequence[LoginSession]: ...

    def with_leftover_tokens(self, user_id: str, *, now: int) -> Sequence[LoginSession]: ...

    def forget_tokens(self, token_digest: str) -> None: ...

    def tidy(self, *, now: int) -> None: ...


class Vitals(VitalsTable, PaceTable, Protocol):
    """Signs of life and measured speeds (`gas.aws.vitals`)."""


class Tokens(Protocol):
    """Personal access tokens (`gas.accounts.tokens`)."""

    def issue(
        self, user_id: str, *, name: str, scopes: frozenset[Scope], days: int | None, now: int
    ) -> tuple[AccessToken, str]: ...

    def find(self, digest: str, *, now: int) -> tuple[AccessToken, Account] | None: ...

    def of_user(self, user_id: str, *, now: int) -> Sequence[AccessToken]: ...

    def revoke(self, user_id: str, token_id: str, *, now: int) -> bool: ...

    def revoke_all(self, user_id: str, *, now: int) -> int: ...


class Devices(Protocol):
    """Devices that wait to be logged in (`gas.accounts.devices`)."""

    def begin(
        self, *, name: str, scopes: frozenset[Scope], origin: str, now: int
    ) -> tuple[str, str]: ...

    def waiting(self, shown: str, *, now: int) -> DeviceLogin | None: ...

    def decide(self, shown: str, user_id: str, decision: Decision, *, now: int) -> bool: ...

    def ask(self, device: str, *, now: int) -> tuple[Standing, DeviceLogin | None]: ...


class Rates(Protocol):
    """How often programs may ask (`gas.accounts.rates`)."""

    def take(self, user_id: str, *, limit: int, now: float) -> Allowance: ...


class Idempotency(Protocol):
    """Requests that are made once (`gas.accounts.idempotency`)."""

    def begin(self, user_id: str, key: str, *, fingerprint: str, now: int) -> Found: ...

    def tidy(self, *, now: int) -> None: ...

    def finish(self, user_id: str, key: str, answer: bytes) -> None: ...

    def forget(self, user_id: str, key: str) -> None: ...


class Thaws(Protocol):
    """The thaws under way, as far as the pages need them (`gas.accounts.thaws`)."""

    def size(self, user_id: str) -> int | None: ...


@dataclass(frozen=True)
class Services:
    """Everything outside the process that the web app talks to."""

    settings: WebSettings
    jobs: JobStore
    finder: JobFinder
    deletions: DeletableJobs
    ledger: ResultsLedger
    inputs: BlobStore
    input_parts: PartStore
    results: BlobStore
    requests: Topic
    erasures: Topic
    notices: Topic
    """What people are told by mail."""
    accounts: Accounts
    sessions: Sessions
    tokens: Tokens
    devices: Devices
    rates: Rates
    idempotency: Idempotency
    thaws: Thaws
    identity_provider: IdentityProvider
    billing: Billing
    engine: Engine
    lines: LineTable
    vitals: Vitals
    earlier: EarlierJobs
    gauges: QueueGauges
    webhooks: WebhookDesk
    imports: ImportDesk
    sharing: SharingDesk
    clock: Clock
    store_events: StoreEvents | None = None
    """None: the events of the file store come into the queue by themselves."""
    sample: Path = SAMPLE_FILE

    @cached_property
    def sealer(self) -> Sealer:
        """Seals what the sessions keep of Globus."""
        return Sealer(self.settings.secret_key.get_secret_value(), purpose="gas globus tokens")

    @cached_property
    def answer_sealer(self) -> Sealer:
        """Seals the answers that are kept for requests sent again."""
        return Sealer(self.settings.secret_key.get_secret_value(), purpose="gas kept answers")

    @cached_property
    def globus_access(self) -> GlobusAccess:
        """Verifies Globus tokens."""
        return GlobusAccess(
            self.identity_provider,
            self.accounts.get,
            scope=self.settings.globus_api_scope,
            policy=LoginPolicy.of(self.settings),
        )

    @cached_property
    def certificate_keys(self) -> PublishedKeys:
        """The public keys of certificates."""
        return PublishedKeys(self.results, self.clock)

    @cached_property
    def throughput(self) -> Throughput:
        """How fast jobs are annotated, as measured."""
        return Throughput(self.vitals, self.clock)

    @cached_property
    def recent(self) -> Recent:
        """Answers that serve all who ask within a few seconds."""
        return Recent()

    @cached_property
    def tables(self) -> TableCache:
        """The tables that are being explored, on this machine's disk."""
        return TableCache(
            self.settings.explorer_dir,
            self.results,
            most_bytes=self.settings.explorer_bytes,
            keep_seconds=self.settings.explorer_keep_seconds,
        )

    @cached_property
    def turns(self) -> Gate:
        """Who asks the explorer a question just now."""
        return Gate()

    @cached_property
    def engine_turns(self) -> Gate:
        """Who asks the engine about variants just now: an answer may be tens of megabytes."""
        return Gate()

    @cached_property
    def explorer_exports(self) -> Turnstile:
        """Who is being sent what they filtered: each takes a thread, and a good part of a core."""
        return Turnstile(EXPLORER_EXPORTS)

    @cached_property
    def exports(self) -> Turnstile:
        """Who is being sent their data."""
        return Turnstile()


def _store_events(settings: WebSettings, clients: AwsClients) -> StoreEvents | None:
    """The door for a file store that does not fill the queue of uploads itself."""
    token = settings.s3_events_token.get_secret_value()
    if not token:
        return None
    enqueue = send_to(clients.sqs(), settings.uploads_queue)
    return StoreEvents(enqueue, bucket=settings.inputs_bucket, token=token)


def build_services() -> Services:
    """The real services, from the environment.

    Raises:
        gas.settings.SettingsError: a variable is missing or malformed.
    """
    clients = AwsClients()
    settings = WebSettings.load(fetch_secret=clients.fetch_secret())
    set_up("web", settings.log_level)
    buckets, dynamodb, clock = Buckets(clients, settings), clients.dynamodb(), SystemClock()
    database = open_database(settings, clients)
    return Services(
        settings=settings,
        jobs=DynamoJobStore(dynamodb, settings.annotations_table),
        finder=DynamoJobFinder(dynamodb, settings.annotations_table),
        deletions=DynamoErasableJobs(dynamodb, settings.annotations_table),
        ledger=DynamoLedger(dynamodb, settings.annotations_table),
        inputs=buckets.blobs(settings.inputs_bucket),
        input_parts=buckets.parts(settings.inputs_bucket),
        results=buckets.blobs(settings.results_bucket),
        requests=SnsTopic(clients.sns(), settings.job_requests_topic),
        erasures=SnsTopic(clients.sns(), settings.account_erasures_topic),
        notices=SnsTopic(clients.sns(), settings.job_results_topic),
        accounts=AccountStore(database),
        sessions=SessionStore(database),
        tokens=TokenStore(database),
        devices=DeviceStore(database),
        rates=RateStore(database),
        idempotency=IdempotencyStore(database),
        thaws=ThawStore(database),
        identity_provider=GlobusProvider(
            settings.globus_client_id, settings.globus_client_secret.get_secret_value()
        ),
        billing=build_billing(settings, clients, database, clock),
        engine=InProcessEngine(),
        lines=DynamoLineTable(dynamodb, settings.user_slots_table),
        vitals=DynamoVitals(dynamodb, settings.vitals_table),
        earlier=DynamoEarlierJobs(dynamodb, settings.earlier_jobs_table),
        gauges=SqsGauges(
            clients.sqs(),
            clients.cloudwatch(),
            watched_queues(settings.watched_queues),
            now=time.time,
        ),
        webhooks=WebhookDesk(
            DynamoWebhooks(dynamodb, settings.webhooks_table),
            SqsDeliveryQueue(clients.sqs(), settings.webhooks_queue),
            clock,
            public_url=settings.public_url,
            allow_loopback=settings.webhooks_allow_loopback,
        ),
        imports=ImportDesk(
            DynamoImports(dynamodb, settings.imports_table),
            SqsImportQueue(clients.sqs(), settings.imports_queue),
            buckets.parts(settings.inputs_bucket),
            clock,
            allow_loopback=settings.imports_allow_loopback,
            allow_http=settings.imports_allow_http,
        ),
        sharing=build_sharing(database, SnsTopic(clients.sns(), settings.job_results_topic), clock),
        clock=clock,
        store_events=_store_events(settings, clients),
    )
