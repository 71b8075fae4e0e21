"""The app on fakes, and people who use it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gas.billing.desk import Billing, Terminal
from gas.billing.ports import TopicName
from gas.imports.desk import ImportDesk
from gas.jobs import Failure, Job, Progress, Results, StoredFile, new_job_id
from gas.settings import WebSettings
from gas.sharing.desk import SharingDesk
from gas.testing import FakeClock, MemoryBlobStore, MemoryJobStore, MemoryTopic
from gas.testing.billing import MemoryBillingStore, MemoryPayments
from gas.testing.devices import MemoryDevices
from gas.testing.earlier import MemoryEarlierJobs
from gas.testing.erasing import MemoryErasableJobs
from gas.testing.finder import MemoryJobFinder
from gas.testing.gauges import MemoryGauges
from gas.testing.imports import MemoryImportQueue, MemoryImports
from gas.testing.ledger import MemoryLedger
from gas.testing.parts import MemoryPartStore
from gas.testing.sharing import sharing_desk
from gas.testing.slots import MemoryLineTable
from gas.testing.tokens import MemoryIdempotency, MemoryRates, MemoryTokens
from gas.testing.vitals import MemoryVitals
from gas.testing.webhooks import MemoryDeliveryQueue, MemoryWebhooks
from gas.webhooks.desk import WebhookDesk
from tests.unit.web.fake_engine import FakeEngine
from tests.unit.web.fakes import (
    CLIENT_ID,
    ISSUER,
    FakeProvider,
    MemoryAccounts,
    MemorySessions,
    MemoryThaws,
)
from web.app import create_app
from web.services import Services

ADA = "ada11111-1111-4111-8111-111111111111"
BEN = "22222222-2222-4222-8222-222222222222"
PUBLIC_URL = "https://gas.example.org"
PAYMENT_PAGES = "https://checkout.example.org"
JSON = {"Accept": "application/json"}
PROBLEM = {"Accept": "application/problem+json"}


class Browser(FlaskClient):
    """A client that comes over https, as the session cookie demands."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", PUBLIC_URL)
        return super().open(*args, **kwargs)


@dataclass(frozen=True)
class World:
    """The app and the fakes behind it."""

    app: Flask
    services: Services
    jobs: MemoryJobStore
    inputs: MemoryBlobStore
    results: MemoryBlobStore
    topic: MemoryTopic
    erasures: MemoryTopic
    accounts: MemoryAccounts
    sessions: MemorySessions
    provider: FakeProvider
    payments: MemoryPayments
    billing: Billing
    clock: FakeClock
    webhooks: MemoryWebhooks
    webhook_queue: MemoryDeliveryQueue
    sharing: SharingDesk
    notices: MemoryTopic

    def client(self) -> FlaskClient:
        """A fresh browser."""
        return self.app.test_client()

    def claims(self, user_id: str, **changes: Any) -> dict[str, Any]:
        """The claims of a good ID token, but for `changes`; the nonce is added at login."""
        return {
            "iss": ISSUER,
            "aud": CLIENT_ID,
            "exp": self.clock.now() + 600,
            "sub": user_id,
            "name": "Ada Lovelace" if user_id == ADA else "Ben",
            "email": f"{user_id[:4]}@example.org",
            "organization": "Example Institute",
            **changes,
        }

    def log_in(
        self, user_id: str, client: FlaskClient | None = None, path: str = "/login"
    ) -> FlaskClient:
        """A browser in which `user_id` has logged in through the whole flow."""
        client = client or self.client()
        sent = asked(client.get(path))
        self.provider.codes.add("good-code")
        self.provider.claims = self.claims(user_id, nonce=sent["nonce"])
        back = client.get(
            "/authcallback",
            query_string={"code": "good-code", "state": sent["state"]},
        )
        assert back.status_code == 302, back.text
        return client


def asked(response: Any) -> dict[str, str]:
    """The query of a redirect."""
    assert response.status_code == 302, response.text
    return {k: v[0] for k, v in parse_qs(urlsplit(response.location).query).items()}


def settings(**changes: Any) -> WebSettings:
    values = {
        "annotations_table": "annotations",
        "inputs_bucket": "inputs",
        "results_bucket": "results",
        "job_requests_topic": "arn:aws:sns:us-east-1:000000000000:job_requests",
        "thaw_requests_topic": "arn:aws:sns:us-east-1:000000000000:thaw_requests",
        "archive_requests_topic": "arn:aws:sns:us-east-1:000000000000:archive_requests",
        "job_results_topic": "arn:aws:sns:us-east-1:000000000000:job_results",
        "user_slots_table": "user_slots",
        "vitals_table": "vitals",
        "earlier_jobs_table": "earlier_jobs",
        "imports_table": "imports",
        "imports_queue": "https://sqs.example.org/imports",
        "webhooks_table": "webhooks",
        "webhooks_queue": "https://sqs.example.org/webhooks",
        "public_url": PUBLIC_URL,
        "secret_key": "not-a-secret",
        "database_url": "postgresql://nowhere",
        "globus_client_id": CLIENT_ID,
        "globus_client_secret": "none",
        "key_prefix": "lab/",
        "stripe_secret_key": "none",
        "stripe_webhook_secret": "none",
        "stripe_price": "price_premium",
        "stripe_pages": PAYMENT_PAGES,
        **changes,
    }
    return WebSettings.model_validate(values)


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[..., World]:
    def make(**changes: Any) -> World:
        sample = tmp_path / "famous_variants.vcf"
        sample.write_text("##fileformat=VCFv4.3\n")
        jobs, topic, clock = MemoryJobStore(), MemoryTopic(), FakeClock()
        inputs, results = MemoryBlobStore("inputs"), MemoryBlobStore("results")
        accounts, provider = MemoryAccounts(), FakeProvider()
        sessions, erasures = MemorySessions(accounts), MemoryTopic()
        payments = MemoryPayments(page_origin=PAYMENT_PAGES)
        sold = bool(changes.get("stripe_secret_key", "none"))
        webhook_store, webhook_queue = MemoryWebhooks(), MemoryDeliveryQueue()
        notices = MemoryTopic()
        sharing = sharing_desk(accounts.mirror, notices, clock)
        billing = Billing(
            store=MemoryBillingStore(accounts._accounts),
            topics={name: MemoryTopic() for name in TopicName},
            clock=clock,
            terminal=Terminal(payments, price="price_premium") if sold else None,
        )
        services = Services(
            settings=settings(**changes),
            jobs=jobs,
            finder=MemoryJobFinder(jobs),
            deletions=MemoryErasableJobs(jobs),
            ledger=MemoryLedger(jobs),
            inputs=inputs,
            input_parts=(input_parts := MemoryPartStore(inputs)),
            results=results,
            requests=topic,
            erasures=erasures,
            notices=MemoryTopic(),
            accounts=accounts,
            sessions=sessions,
            tokens=MemoryTokens(accounts.get),
            devices=MemoryDevices(),
            rates=MemoryRates(),
            idempotency=MemoryIdempotency(),
            thaws=MemoryThaws(),
            identity_provider=provider,
            billing=billing,
            engine=FakeEngine(),
            lines=MemoryLineTable(),
            vitals=MemoryVitals(),
            earlier=MemoryEarlierJobs(),
            gauges=MemoryGauges(),
            imports=ImportDesk(
                MemoryImports(),
                MemoryImportQueue(),
                input_parts,
                clock,
                allow_loopback=False,
                allow_http=False,
            ),
            webhooks=WebhookDesk(
                webhook_store,
                webhook_queue,
                clock,
                public_url=PUBLIC_URL,
                allow_loopback=False,
            ),
            sharing=sharing,
            clock=clock,
            sample=sample,
        )
        app = create_app(services)
        app.test_client_class = Browser
        return World(
            app,
            services,
            jobs,
            inputs,
            results,
            topic,
            erasures,
            accounts,
            sessions,
            provider,
            payments,
            billing,
            clock,
            webhook_store,
            webhook_queue,
            sharing,
            notices,
        )

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
def ada(world: World) -> FlaskClient:
    return world.log_in(ADA)


def make_job(world: World, user_id: str = ADA, **changes: Any) -> Job:
    """A pending job in the table."""
    job_id = changes.pop("job_id", None) or new_job_id()
    job = Job(
        job_id=job_id,
        user_id=user_id,
        user_email="ada@example.org",
        input_file_name=changes.pop("input_file_name", "trio.vcf"),
        s3_inputs_bucket="inputs",
        s3_key_input_file=f"lab/{user_id}/{job_id}~trio.vcf",
        input_size=12_345,
        submit_time=changes.pop("submit_time", world.clock.now()),
        **changes,
    )
    assert world.jobs.create(job)
    return job


def complete(
    world: World, job: Job, log: bytes = b"Total: 3\n", *, before_tables: bool = False
) -> Job:
    """Run the job to COMPLETED; its log is in the results bucket."""
    _claim(world, job)
    base = f"lab/{job.user_id}/{job.job_id}~trio"
    world.results.put(f"{base}.vcf.count.log", log)
    done = world.jobs.complete(
        job.job_id,
        owner="worker",
        at=world.clock.now() + 5,
        archive_at=world.clock.now() + 305,
        results=Results(
            bucket="results",
            annotated=_stored(f"{base}.annot.vcf.gz", 2000),
            log=_stored(f"{base}.vcf.count.log", len(log)),
            summary=_stored(f"{base}.summary.json", 300),
            receipt=_stored(f"{base}.receipt.json", 200),
            table=None if before_tables else _stored(f"{base}.parquet", 400),
            index=None if before_tables else _stored(f"{base}.annot.vcf.gz.tbi", 100),
            signed_by="" if before_tables else "SHA256:12ab",
            records_in=3,
            records_annotated=2,
            skipped={"unknown_contig": 1},
        ),
    )
    assert done is not None
    return done


def fail(world: World, job: Job, failure: Failure) -> Job:
    """Run the job to FAILED, with a log."""
    _claim(world, job)
    key = f"lab/{job.user_id}/{job.job_id}~trio.vcf.count.log"
    world.results.put(key, b"it failed\n")
    failed = world.jobs.fail(
        job.job_id,
        owner="worker",
        at=world.clock.now() + 5,
        failure=failure,
        log=_stored(key, 10),
    )
    assert failed is not None
    return failed


def run(world: World, job: Job, *, records: int, percent: float) -> None:
    """Start the job and report progress."""
    _claim(world, job)
    assert world.jobs.renew(
        job.job_id,
        owner="worker",
        until=world.clock.now() + 60,
        progress=Progress(records_done=records, percent=percent),
    )


def _claim(world: World, job: Job) -> None:
    claimed = world.jobs.claim(job.job_id, owner="worker", now=world.clock.now(), lease_seconds=60)
    assert claimed is not None


def _stored(key: str, size: int) -> StoredFile:
    return StoredFile(key=key, name=key.rsplit("~", 1)[-1], size=size, sha256="0" * 64)
