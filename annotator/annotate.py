"""The life of one delivery: claim the job, run the engine, store, complete, announce.

Whatever dies at whatever step, the message comes back and the next worker goes on: every step
can be repeated, and the message is deleted only when the last one is done.
"""

import time
from pathlib import Path
from uuid import uuid4

from annotator.engine import Engine, EngineDied, EngineRefused, EngineStopped
from annotator.folders import WorkFolders
from annotator.lease import JobLease
from annotator.results import ResultsWriter, write_failure_log
from annotator.stages import note_claim, note_records, stage
from annotator.turns import Turns, wait_for_turn
from gas import tracing
from gas.earlier import EarlierJobs, note_completed
from gas.errors import LeaseLost, NotFound, ServiceUnavailable
from gas.jobs import MAX_ATTEMPTS, Failure, Job, JobStatus
from gas.logs import bound, get_logger
from gas.messages import ArchiveRequested, JobFinished, JobRequested
from gas.ports import BlobStore, Clock, JobStore, Timer, Topic
from gas.throughput import Throughput
from gas.worker import Bury, Delivery, Done, Later, Outcome, Postpone, backoff

log = get_logger()

WORN_OUT = Failure(
    code="worker_died",
    message=f"The annotation was started {MAX_ATTEMPTS} times, and each time the machine stopped.",
    remedy="This is a fault of the service, not of your file; its operator is told. Submit the "
    "file again later.",
)
INPUT_GONE = Failure(
    code="input_missing",
    message="The uploaded file is no longer there.",
    remedy="Upload the file again.",
)


class AnnotateJob:
    """The handler of the job requests queue."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        inputs: BlobStore,
        writer: ResultsWriter,
        announcements: Topic,
        timer: Timer,
        turns: Turns,
        throughput: Throughput,
        earlier: EarlierJobs,
        engine: Engine,
        folders: WorkFolders,
        clock: Clock,
        lease_seconds: int,
        free_window_seconds: int,
    ) -> None:
        self._jobs = jobs
        self._inputs = inputs
        self._writer = writer
        self._announcements = announcements
        self._timer = timer
        self._turns = turns
        self._throughput = throughput
        self._earlier = earlier
        self._engine = engine
        self._folders = folders
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._free_window_seconds = free_window_seconds

    def __call__(self, delivery: Delivery) -> Outcome:
        request = JobRequested.from_json(delivery.body)
        with bound(job_id=request.job_id):
            job = self._jobs.get(request.job_id)
            if job is None:
                # The job was recorded before the message was sent: its user has deleted it since.
                log.info("job_gone")
                return Done()
            if job.is_final:
                return self._announce(job)
            if job.job_status is JobStatus.RUNNING and job.lease_until >= self._clock.now():
                return self._after_the_lease(job)
            owner = uuid4().hex
            place = self._turns.take(job, owner=owner)
            if place:
                log.info("job_waits_its_turn", place=place)
                return Postpone(wait_for_turn(place))
            try:
                with tracing.span("run job", parent=job.traceparent or "", job_id=job.job_id):
                    return self._claim(job, owner, delivery)
            finally:
                self._turns.end(job, owner=owner)

    def _claim(self, job: Job, owner: str, delivery: Delivery) -> Outcome:
        claimed = self._jobs.claim(
            job.job_id, owner=owner, now=self._clock.now(), lease_seconds=self._lease_seconds
        )
        if claimed is None:
            return self._after_the_lease(job)
        log.info("job_claimed", attempt=claimed.attempts)
        note_claim(claimed, now=self._clock.now())
        if claimed.attempts > MAX_ATTEMPTS:
            self._fail(claimed, owner, WORN_OUT, None)
            return Bury(WORN_OUT.message)
        return self._run(claimed, owner, delivery)

    def _after_the_lease(self, job: Job) -> Outcome:
        """Somebody else has the job: look again when their lease has run out."""
        lease_left = min(max(job.lease_until - self._clock.now(), 0), self._lease_seconds)
        return Postpone(lease_left + 1)

    def _run(self, job: Job, owner: str, delivery: Delivery) -> Outcome:
        try:
            with (
                JobLease(
                    self._jobs,
                    self._turns.slots,
                    self._clock,
                    job,
                    owner=owner,
                    lease_seconds=self._lease_seconds,
                ) as lease,
                self._folders.folder(job.job_id) as folder,
            ):
                return self._annotate(job, lease, folder, delivery)
        except LeaseLost as error:
            log.warning("job_lost", reason=error.message)
            return Later(self._lease_seconds + 5)
        except EngineStopped:
            log.info("job_put_down")
            self._jobs.release(job.job_id, owner=owner, now=self._clock.now(), count_attempt=False)
            return Later(0)
        except (ServiceUnavailable, OSError) as error:
            # OSError: this machine's own trouble, such as a full disk. No fault of the job.
            log.warning("job_postponed", reason=str(error), cause=repr(error.__cause__))
            self._try_release(job, owner)
            return Later(backoff(delivery.receive_count))
        except EngineDied as error:
            log.error("engine_died", reason=str(error), attempt=job.attempts)
            if job.attempts >= MAX_ATTEMPTS:
                self._fail(job, owner, error.failure, None)
                return Bury(error.failure.message)
            self._jobs.release(job.job_id, owner=owner, now=self._clock.now(), count_attempt=True)
            return Later(backoff(job.attempts))

    def _annotate(self, job: Job, lease: JobLease, folder: Path, delivery: Delivery) -> Outcome:
        began = time.monotonic()
        source = folder / "input"
        out = folder / "out"
        out.mkdir()
        try:
            with stage("download"):
                self._inputs.download(job.s3_key_input_file, source)
            with stage("engine"):
                output = self._engine.run(
                    source,
                    job.input_file_name,
                    out,
                    job.options,
                    on_progress=lease.report,
                    should_stop=lambda: lease.lost or delivery.stopping.is_set(),
                )
        except NotFound:
            return self._fail(job, lease.owner, INPUT_GONE, None)
        except EngineRefused as refused:
            return self._fail(job, lease.owner, refused.failure, refused.log)
        except EngineStopped:
            lease.check()
            raise
        # Whoever lost the job may not touch the files of the one who has it now.
        lease.renew_now()
        with stage("store"):
            results = self._writer.store(job, output)
        lease.check()
        now = self._clock.now()
        completed = self._jobs.complete(
            job.job_id,
            owner=lease.owner,
            at=now,
            results=results,
            archive_at=now + self._free_window_seconds,
        )
        if completed is None:
            raise LeaseLost("somebody else finished the job")
        log.info("job_completed", records=results.records_in)
        note_records(results.records_in)
        took = time.monotonic() - began
        outcome = self._announce(completed)
        # Last: a measurement may be lost, a job may not.
        self._throughput.note(completed, seconds=took, records=results.records_in)
        return outcome

    def _fail(self, job: Job, owner: str, failure: Failure, log_path: Path | None) -> Outcome:
        with self._folders.folder(job.job_id) as folder:
            if log_path is None:
                log_path = write_failure_log(folder, job, failure)
            stored = self._writer.store_log(job, log_path)
        failed = self._jobs.fail(
            job.job_id, owner=owner, at=self._clock.now(), failure=failure, log=stored
        )
        if failed is None:
            raise LeaseLost("somebody else finished the job")
        log.info("job_failed", code=failure.code, reason=failure.message)
        return self._announce(failed)

    def _announce(self, job: Job) -> Outcome:
        """Publish the final status, unless that was done. Repeated after a crash in between.

        Before that, the clock of the results is started, and what they follow from is noted; twice
        is as good as once.
        """
        if job.announced_at is None and job.job_status is not JobStatus.CANCELLED:
            if job.archive_at is not None:
                due = ArchiveRequested(job_id=job.job_id, user_id=job.user_id)
                self._timer.start(job.job_id, at=job.archive_at, payload=due.model_dump())
            note_completed(self._earlier, job)
            message = JobFinished(job_id=job.job_id, user_id=job.user_id, job_status=job.job_status)
            self._announcements.publish(
                message.to_json(), attributes={"type": message.type, "job_id": job.job_id}
            )
            self._jobs.mark_announced(job.job_id, at=self._clock.now())
        return Done()

    def _try_release(self, job: Job, owner: str) -> None:
        try:
            self._jobs.release(job.job_id, owner=owner, now=self._clock.now(), count_attempt=False)
        except ServiceUnavailable:
            # The lease runs out by itself.
            log.warning("release_failed")
