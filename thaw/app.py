"""The thaw service's process: the webhook, the worker, and their wiring.

Served by uWSGI with one process, because the worker's threads live in it.
"""

import atexit
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from flask import Flask, Response, jsonify

from gas.accounts.store import AccountStore
from gas.accounts.thaws import ThawStore
from gas.aws.clients import AwsClients
from gas.aws.cold import cold_stores
from gas.aws.database import open_database
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.aws.messaging import SnsTopic, SqsQueue, confirm_subscription
from gas.aws.vitals import DynamoVitals
from gas.clock import SystemClock
from gas.logs import get_logger
from gas.settings import ThawSettings
from gas.sns import SnsVerifier
from gas.telemetry.service import set_up, watch
from gas.vitals import Heart
from gas.webhook import Confirm, sns_blueprint
from gas.worker import Handler, Worker
from thaw.retrievals import Promise, Retrievals
from thaw.thaw import ThawResults

log = get_logger()

PUSH_PATH = "/thaw"
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
    app = Flask("thaw")
    watch(app, parts.worker, token=parts.metrics_token)
    app.register_blueprint(
        sns_blueprint(
            PUSH_PATH, verifier=parts.verifier, confirm=parts.confirm, wake=parts.worker.wake
        )
    )

    @app.get("/healthz")
    def healthz() -> tuple[Response, int]:
        alive = parts.worker.alive
        return jsonify(alive=alive, requests_running=parts.worker.busy), 200 if alive else 503

    parts.worker.start()
    parts.heart.start()
    atexit.register(_stop, parts)
    return app


def build_parts() -> Parts:
    """The real parts, from the environment."""
    clients = AwsClients()
    settings = ThawSettings.load(fetch_secret=clients.fetch_secret())
    set_up("thaw", settings.log_level)
    worker = Worker(
        SqsQueue(
            clients.sqs(),
            settings.thaw_requests_queue,
            dead_letters_url=settings.thaw_requests_dead_letters,
        ),
        build_handler(settings, clients),
        slots=settings.slots,
        visibility_seconds=settings.visibility_seconds,
        idle_seconds=settings.idle_seconds,
        name="thaw_requests",
    )
    verifier = SnsVerifier(
        topics=frozenset({settings.thaw_requests_topic}),
        clock=SystemClock(),
        trusted_cert_url=settings.sns_cert_url,
    )
    log.info("thaw_ready", pid=os.getpid(), slots=settings.slots)
    heart = Heart(
        DynamoVitals(clients.dynamodb(), settings.vitals_table),
        SystemClock(),
        service="thaw",
        detail=lambda: {"slots": settings.slots, "busy": worker.busy},
    )
    token = settings.metrics_token.get_secret_value()
    return Parts(worker, verifier, confirm_subscription(clients.sns()), heart, token)


def build_handler(settings: ThawSettings, clients: AwsClients) -> Handler:
    """The handler of thaw requests on the real stores."""
    clock = SystemClock()
    sns = clients.sns()
    dynamodb = clients.dynamodb()
    engine = open_database(settings, clients)
    ledger = DynamoLedger(dynamodb, settings.annotations_table)
    return ThawResults(
        accounts=AccountStore(engine),
        thaws=ThawStore(engine),
        jobs=DynamoJobStore(dynamodb, settings.annotations_table),
        ledger=ledger,
        retrievals=Retrievals(
            ledger=ledger,
            cold=cold_stores(clients, settings),
            completed=SnsTopic(sns, settings.thaw_completed_topic),
            clock=clock,
            promise=Promise(settings.thaw_expedited_seconds, settings.thaw_standard_seconds),
        ),
        requests=SnsTopic(sns, settings.thaw_requests_topic),
        announcements=SnsTopic(sns, settings.job_results_topic),
        clock=clock,
        look_seconds=settings.thaw_look_seconds,
        pool=ThreadPoolExecutor(settings.requests_at_once, thread_name_prefix="thaw"),
    )


def _stop(parts: Parts) -> None:
    parts.heart.stop()
    log.info("thaw_stopped", clean=parts.worker.stop(_STOP_SECONDS))
