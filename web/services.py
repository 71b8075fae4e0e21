"""What the web app is made of. `build_services` makes the real parts; tests pass fakes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gas.accounts.models import Account
from gas.accounts.store import AccountStore, Identity, connect
from gas.aws.blobs import S3BlobStore
from gas.aws.clients import AwsClients
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.aws.messaging import SnsTopic
from gas.clock import SystemClock
from gas.ledger import ResultsLedger
from gas.logs import configure
from gas.ports import BlobStore, Clock, JobStore, Topic
from gas.settings import WebSettings
from web.auth.oidc import GlobusProvider, IdentityProvider

SAMPLE_FILE = Path(__file__).parents[1] / "samples" / "famous_variants.vcf"


class Accounts(Protocol):
    """The accounts database, as far as the pages need it (`gas.accounts.store`)."""

    def record_login(self, identity: Identity) -> Account: ...

    def get(self, user_id: str) -> Account | None: ...

    def ping(self) -> None: ...


@dataclass(frozen=True)
class Services:
    """Everything outside the process that the web app talks to."""

    settings: WebSettings
    jobs: JobStore
    ledger: ResultsLedger
    inputs: BlobStore
    results: BlobStore
    requests: Topic
    accounts: Accounts
    identity_provider: IdentityProvider
    clock: Clock
    sample: Path = SAMPLE_FILE


def build_services() -> Services:
    """The real services, from the environment.

    Raises:
        gas.settings.SettingsError: a variable is missing or malformed.
    """
    clients = AwsClients()
    settings = WebSettings.load(fetch_secret=clients.fetch_secret())
    configure("web", settings.log_level)
    s3, dynamodb = clients.s3(), clients.dynamodb()
    return Services(
        settings=settings,
        jobs=DynamoJobStore(dynamodb, settings.annotations_table),
        ledger=DynamoLedger(dynamodb, settings.annotations_table),
        inputs=S3BlobStore(s3, settings.inputs_bucket),
        results=S3BlobStore(s3, settings.results_bucket),
        requests=SnsTopic(clients.sns(), settings.job_requests_topic),
        accounts=AccountStore(connect(settings.database_url.get_secret_value())),
        identity_provider=GlobusProvider(
            settings.globus_client_id, settings.globus_client_secret.get_secret_value()
        ),
        clock=SystemClock(),
    )
