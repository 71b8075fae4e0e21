"""The annotator's process: the webhook, the worker, and their wiring.

Served by uWSGI with one process, because the worker's threads live in it.
"""

import atexit
import os
from dataclasses import dataclass

from flask import Flask, Response, jsonify

from annotator.annotate import AnnotateJob
from annotator.folders import WorkFolders
from annotator.protection import Protector
from annotator.results import ResultsWriter
from annotator.subprocess_engine import SubprocessEngine
from annotator.turns import Turns
from gas.aws.buckets import Buckets
from gas.aws.clients import AwsClients
from gas.aws.earlier import DynamoEarlierJobs
from gas.aws.executions import StateMachineTimer
from gas.aws.jobs import DynamoJobStore
from gas.aws.ledger import DynamoLedger
from gas.aws.messaging import SnsTopic, SqsQueue, confirm_subscription
from gas.aws.scaling import ScalingGroup
from gas.aws.slots import DynamoLineTable
from gas.aws.vitals import DynamoVitals
from gas.clock import SystemClock
from gas.logs import get_logger
from gas.priority import PriorityQueue
from gas.settings import AnnotatorSettings
from gas.slots import UserSlots
from gas.sns import SnsVerifier
from gas.telemetry.service import set_up, watch
from gas.throughput import Throughput
from gas.vitals import Heart
from gas.webhook import Confirm, sns_blueprint
from gas.worker import Worker

log = get_logger()

PUSH_PATH = "/process-job-request"
_STOP_SECONDS = 8


@dataclass(frozen=True)
class Parts:
    """What the app is made of; tests pass their own."""

    worker: Worker
    verifier: SnsVerifier
    confirm: Confirm
    folders: WorkFolders
    heart: Heart
    metrics_token: str = ""
    protector: Protector | None = None


def create_app(parts: Parts | None = None) -> Flask:
    """The WSGI app. Starts the worker."""
    parts = parts or build_parts()
    app = Flask("annotator")
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
    if parts.protector is not None:
        parts.protector.start()
    atexit.register(_stop, parts)
    return app


def build_parts() -> Parts:
    """The real parts, from the environment."""
    clients = AwsClients()
    settings = AnnotatorSettings.load(fetch_secret=clients.fetch_secret())
    set_up("annotator", settings.log_level)
    clock = SystemClock()
    sns = clients.sns()
    folders = WorkFolders(settings.work_dir)
    dynamodb, sqs = clients.dynamodb(), clients.sqs()
    jobs = DynamoJobStore(dynamodb, settings.annotations_table)
    buckets = Buckets(clients, settings)
    vitals = DynamoVitals(dynamodb, settings.vitals_table)
    turns = Turns(
        UserSlots(
            DynamoLineTable(dynamodb, settings.user_slots_table),
            clock,
            lease_seconds=settings.lease_seconds,
        ),
        jobs=jobs,
        ledger=DynamoLedger(dynamodb, settings.annotations_table),
        requests=SnsTopic(sns, settings.job_requests_topic),
        clock=clock,
    )
    handler = AnnotateJob(
        jobs=jobs,
        inputs=buckets.blobs(settings.inputs_bucket),
        writer=ResultsWriter(
            buckets.blobs(settings.results_bucket), key_prefix=settings.key_prefix
        ),
        announcements=SnsTopic(sns, settings.job_results_topic),
        timer=StateMachineTimer(clients.stepfunctions(), settings.archive_results_machine),
        turns=turns,
        throughput=Throughput(vitals, clock),
        earlier=DynamoEarlierJobs(dynamodb, settings.earlier_jobs_table),
        engine=SubprocessEngine(
            timeout_seconds=settings.job_timeout_seconds,
            memory_mib=settings.job_memory_mib,
            signing_key=settings.signing_key,
        ),
        folders=folders,
        clock=clock,
        lease_seconds=settings.lease_seconds,
        free_window_seconds=settings.free_window_seconds,
    )
    worker = Worker(
        PriorityQueue(
            SqsQueue(
                sqs,
                settings.job_requests_priority_queue,
                dead_letters_url=settings.job_requests_priority_dead_letters,
            ),
            SqsQueue(
                sqs,
                settings.job_requests_queue,
                dead_letters_url=settings.job_requests_dead_letters,
            ),
        ),
        handler,
        slots=settings.slots,
        visibility_seconds=settings.visibility_seconds,
        idle_seconds=settings.idle_seconds,
        name="job_requests",
    )
    verifier = SnsVerifier(
        topics=frozenset({settings.job_requests_topic}),
        clock=clock,
        trusted_cert_url=settings.sns_cert_url,
    )
    heart = Heart(
        vitals,
        clock,
        service="annotator",
        detail=lambda: {"slots": settings.slots, "busy": worker.busy},
    )
    log.info("annotator_ready", pid=os.getpid(), slots=settings.slots)
    protector = _protector(settings, clients, worker)
    return Parts(
        worker,
        verifier,
        confirm_subscription(sns),
        folders,
        heart,
        protector=protector,
        metrics_token=settings.metrics_token.get_secret_value(),
    )


def _protector(
    settings: AnnotatorSettings, clients: AwsClients, worker: Worker
) -> Protector | None:
    """None where no group of machines grows and shrinks."""
    if not settings.scaling_group:
        return None
    group = ScalingGroup(
        clients.autoscaling(), settings.scaling_group, instance_id=settings.instance_id
    )
    return Protector(group, lambda: worker.busy)


def _stop(parts: Parts) -> None:
    parts.heart.stop()
    if parts.protector is not None:
        parts.protector.stop()
    stopped = parts.worker.stop(_STOP_SECONDS)
    parts.folders.close()
    log.info("annotator_stopped", clean=stopped)
