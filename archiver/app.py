"""The archiver's process: the webhook, the worker, and their wiring.

Served by uWSGI with one process, because the worker's threads live in it.
"""

import atexit
import os
from dataclasses import dataclass

from flask import Flask, Response, jsonify

from archiver.archive import ArchiveResults, PlanOf
from archiver.fan_out import RequestForAll
from archiver.originals import Originals
from gas.accounts.store import AccountStore
from gas.aws.buckets import Buckets
from gas.aws.clients import AwsClients
from gas.aws.cold import cold_stores
from gas.aws.database import open_database
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.aws.messaging import SnsTopic, SqsQueue, confirm_subscription
from gas.aws.vitals import DynamoVitals
from gas.clock import SystemClock
from gas.logs import get_logger
from gas.messages import ArchiveRequested, UserArchiveRequested, one_of
from gas.plans import Plan
from gas.settings import ArchiverSettings
from gas.sns import SnsVerifier
from gas.telemetry.service import set_up, watch
from gas.vitals import Heart
from gas.webhook import Confirm, sns_blueprint
from gas.worker import Delivery, Handler, Outcome, Worker

log = get_logger()

PUSH_PATH = "/archive"
_STOP_SECONDS = 8


@dataclass(frozen=True)
class Parts:
    """What the app is made of; tests pass their own."""

    worker: Worker
    verifier: SnsVerifier
    confirm: Confirm
    heart: Heart
    metrics_token: str = ""


def create_app(parts: Parts | None = None) -> Flask:
    """The WSGI app. Starts the worker."""
    parts = parts or build_parts()
    app = Flask("archiver")
    watch(app, parts.worker, token=parts.metrics_token)
    app.register_blueprint(
        sns_blueprint(
            PUSH_PATH, verifier=parts.verifier, confirm=parts.confirm, wake=parts.worker.wake
        )
    )

    @app.get("/healthz")
    def healthz() -> tuple[Response, int]:
        alive = parts.worker.alive
        return jsonify(alive=alive, jobs_running=parts.worker.busy), 200 if alive else 503

    parts.worker.start()
    parts.heart.start()
    atexit.register(_stop, parts)
    return app


def handler(archive: ArchiveResults, request_for_all: RequestForAll) -> Handler:
    """The handler of the archive requests queue, which carries two contracts."""

    def handle(delivery: Delivery) -> Outcome:
        request = one_of(delivery.body, ArchiveRequested, UserArchiveRequested)
        if isinstance(request, ArchiveRequested):
            return archive(request, delivery)
        return request_for_all(request, delivery)

    return handle


def build_parts() -> Parts:
    """The real parts, from the environment."""
    clients = AwsClients()
    settings = ArchiverSettings.load(fetch_secret=clients.fetch_secret())
    set_up("archiver", settings.log_level)
    clock = SystemClock()
    sns = clients.sns()
    jobs = DynamoJobStore(clients.dynamodb(), settings.annotations_table)
    plan_of = _plans(AccountStore(open_database(settings, clients)))
    archive = ArchiveResults(
        jobs=jobs,
        ledger=DynamoLedger(clients.dynamodb(), settings.annotations_table),
        originals=Originals(Buckets(clients, settings).blobs(settings.results_bucket)),
        cold=cold_stores(clients, settings),
        kind=settings.cold_store,
        plan_of=plan_of,
        thaw_requests=SnsTopic(sns, settings.thaw_requests_topic),
        clock=clock,
        lease_seconds=settings.lease_seconds,
    )
    request_for_all = RequestForAll(
        jobs=jobs,
        requests=SnsTopic(sns, settings.archive_requests_topic),
        plan_of=plan_of,
        clock=clock,
    )
    worker = Worker(
        SqsQueue(
            clients.sqs(),
            settings.archive_requests_queue,
            dead_letters_url=settings.archive_requests_dead_letters,
        ),
        handler(archive, request_for_all),
        slots=settings.slots,
        visibility_seconds=settings.visibility_seconds,
        idle_seconds=settings.idle_seconds,
        name="archive_requests",
    )
    verifier = SnsVerifier(
        topics=frozenset({settings.archive_requests_topic}),
        clock=clock,
        trusted_cert_url=settings.sns_cert_url,
    )
    log.info("archiver_ready", pid=os.getpid(), slots=settings.slots, kind=settings.cold_store)
    heart = Heart(
        DynamoVitals(clients.dynamodb(), settings.vitals_table),
        clock,
        service="archiver",
        detail=lambda: {"slots": settings.slots, "busy": worker.busy},
    )
    token = settings.metrics_token.get_secret_value()
    return Parts(worker, verifier, confirm_subscription(sns), heart, token)


def _plans(accounts: AccountStore) -> PlanOf:
    """Reads plans. Who has no account (any more) keeps nothing."""

    def plan_of(user_id: str) -> Plan:
        account = accounts.get(user_id)
        return account.plan if account else Plan.FREE

    return plan_of


def _stop(parts: Parts) -> None:
    parts.heart.stop()
    stopped = parts.worker.stop(_STOP_SECONDS)
    log.info("archiver_stopped", clean=stopped)
