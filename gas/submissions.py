"""From a file on somebody's disk to a job: sign the upload, then register what was uploaded.

`register` is idempotent and has two callers that race by design: the web app, when the browser
comes back from S3, and the register_upload Lambda, which S3 tells of every object, so that an
upload whose browser died still becomes the same job.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from gas import keys, tracing
from gas.errors import InvalidMessage, InvalidUpload, NotFound, UploadMissing, UploadTooLarge
from gas.jobs import Job, JobOptions, new_job_id
from gas.ledger import SWEEP_CREATED, sweep_shard
from gas.logs import get_logger
from gas.messages import JobRequested, Submission
from gas.plans import MAX_POST_BYTES, MIB, Plan, terms_of
from gas.ports import BlobInfo, BlobStore, Clock, JobStore, SignedPost, Topic

log = get_logger()

SUBMISSION_FIELD = "submission"
"""Name of the object metadata entry (`x-amz-meta-submission`) that carries the Submission."""


_MOST_WRITTEN = 2000
"""S3 takes 2 KB of metadata, names included; it refuses more only once the file has arrived."""


@dataclass(frozen=True)
class Uploader:
    """The person who uploads."""

    user_id: str
    email: str
    plan: Plan


@dataclass(frozen=True)
class Allotted:
    """The place of an upload to be."""

    job_id: str
    key: str
    metadata: Mapping[str, str]
    """What goes with the object, so that the job can be made of it."""


@dataclass(frozen=True)
class SignedUpload:
    """A signed upload and the id of the job that it will become."""

    job_id: str
    key: str
    post: SignedPost
    max_bytes: int


def allot(
    uploader: Uploader,
    *,
    key_prefix: str,
    file_name: str,
    options: JobOptions,
    job_id: str | None = None,
    retry_of: str | None = None,
) -> Allotted:
    """Choose job id and key for an upload, and write down what its job will need.

    Raises:
        InvalidUpload: what is to be written down does not fit into the metadata of an S3 object.
    """
    job_id = job_id or new_job_id()
    submission = Submission(
        user_email=uploader.email,
        file_name=_display_name(file_name),
        options=options,
        plan=uploader.plan,
        retry_of=retry_of,
        traceparent=tracing.here(),
    )
    written = _encode(submission)
    if len(written) > _MOST_WRITTEN:  # the trace is what can be done without
        written = _encode(submission.model_copy(update={"traceparent": ""}))
    if len(written) > _MOST_WRITTEN:
        raise InvalidUpload(
            "The renamed contigs and the name of the file are more than fits.",
            remedy="Give the file a shorter name, or rename the contigs in the file: "
            "bcftools annotate --rename-chrs",
        )
    return Allotted(
        job_id=job_id,
        key=keys.input_key(key_prefix, uploader.user_id, job_id, file_name),
        metadata={SUBMISSION_FIELD: written},
    )


def sign_upload(
    inputs: BlobStore,
    uploader: Uploader,
    *,
    key_prefix: str,
    file_name: str,
    size: int | None,
    options: JobOptions,
    redirect_to: str | None,
    expires_in: int,
) -> SignedUpload:
    """Sign the upload of one file. `size` is what the browser says (None: it cannot tell).

    Raises:
        UploadTooLarge: `size` is above the limit of the uploader's plan.
        InvalidUpload: the file is empty, or has to be sent in parts (`gas.large_uploads`).
    """
    max_bytes = min(terms_of(uploader.plan).max_upload_bytes, MAX_POST_BYTES)
    if size is not None:
        check_size(size, uploader.plan)
        if size > max_bytes:
            raise InvalidUpload(
                "A file of this size cannot be sent in one piece.", remedy="Send it in parts."
            )
    place = allot(uploader, key_prefix=key_prefix, file_name=file_name, options=options)
    post = inputs.sign_post(
        place.key,
        min_bytes=1,
        max_bytes=max_bytes,
        expires_in=expires_in,
        metadata=place.metadata,
        redirect_to=redirect_to,
    )
    return SignedUpload(job_id=place.job_id, key=place.key, post=post, max_bytes=max_bytes)


def check_size(size: int, plan: Plan) -> None:
    """Refuse what the plan does not allow.

    Raises:
        InvalidUpload: the file is empty.
        UploadTooLarge: it is larger than the plan allows.
    """
    terms = terms_of(plan)
    if size <= 0:
        raise InvalidUpload("The file is empty.", remedy="Choose a VCF file with content.")
    if size > terms.max_upload_bytes:
        raise UploadTooLarge(
            f"The file has {size / MIB:,.1f} MiB; the {terms.name} plan allows "
            f"{terms.max_upload_bytes // MIB:,} MiB.",
            remedy="Compress it with bgzip or gzip, split it, or upgrade to Premium."
            if plan is Plan.FREE
            else "Compress it with bgzip or gzip, or split it.",
        )


def register(
    key: str,
    *,
    inputs: BlobStore,
    key_prefix: str,
    jobs: JobStore,
    requests: Topic,
    clock: Clock,
) -> Job:
    """The job of the uploaded object `key`: made and announced now, unless it was before.

    The plan under which the upload was signed holds for it, whatever became of the plan since.
    What is larger than it allows (the signed policy lets none through) is deleted.

    Raises:
        InvalidUpload: the key or its metadata is not of our making.
        UploadMissing: there is no such object (yet).
        UploadTooLarge: the object is larger than the plan allows.
        NotFound: its job was deleted.
    """
    parts = keys.parse_key(key_prefix, key)
    job = jobs.get(parts.job_id)
    if job is None:
        info = inputs.head(key)
        if info is None:
            raise UploadMissing(
                "The uploaded file is not there.",
                remedy="Upload it once more, unless it was larger than your plan allows.",
            )
        submission = _decode(info.metadata)
        if _was_deleted(parts.job_id, submission, jobs):
            # A copy that arrived late: somebody was faster, and has deleted what came of it.
            log.warning("upload_of_a_deleted_job", key=key)
            inputs.delete(key, if_etag=info.etag)
            raise _deleted()
        try:
            check_size(info.size, submission.plan)
        except UploadTooLarge:
            log.warning("upload_too_large", key=key, size=info.size, plan=submission.plan)
            inputs.delete(key, if_etag=info.etag)
            raise
        with tracing.span("register job", parent=submission.traceparent, job_id=parts.job_id):
            job = _new_job(parts, info, submission, bucket=inputs.bucket, now=clock.now())
            if jobs.create(job):
                log.info("job_created", job_id=job.job_id, user_id=job.user_id, size=job.input_size)
            else:
                job = jobs.get(parts.job_id) or job
    if job.erasing_at is not None:
        raise _deleted()
    if job.s3_key_input_file != key:
        raise InvalidUpload("This upload belongs to another job.")
    if job.queued_at is None and not job.is_final:
        _announce(job, jobs=jobs, requests=requests, clock=clock)
    return job


def _was_deleted(job_id: str, submission: Submission, jobs: JobStore) -> bool:
    """Whether a rerun that is not there was there: the job it repeats names it as its rerun."""
    repeated = jobs.get(submission.retry_of) if submission.retry_of else None
    return repeated is not None and repeated.retried_by == job_id


def _deleted() -> NotFound:
    return NotFound("The job of this upload was deleted.", remedy="Upload the file once more.")


def request_run(job: Job, requests: Topic) -> None:
    """Tell the annotator that the job waits to be run; again does no harm.

    Plan and user go with the message: the one chooses the queue, the other keeps a user with many
    jobs from holding up the others.
    """
    message = JobRequested(job_id=job.job_id, user_id=job.user_id)
    attributes = {"type": message.type, "job_id": message.job_id, "plan": job.plan.value}
    with tracing.span("request run", parent=job.traceparent or "", job_id=job.job_id):
        requests.publish(message.to_json(), attributes=attributes, group=job.user_id)


def _announce(job: Job, *, jobs: JobStore, requests: Topic, clock: Clock) -> None:
    """Tell the annotator. Should we die between the steps, the next caller does them again."""
    if job.retry_of is not None:
        jobs.mark_retried(job.retry_of, by=job.job_id)
    request_run(job, requests)
    jobs.mark_queued(job.job_id, at=clock.now())
    log.info("job_queued", job_id=job.job_id)


def _new_job(
    parts: keys.ObjectKey, info: BlobInfo, submission: Submission, *, bucket: str, now: int
) -> Job:
    return Job(
        job_id=parts.job_id,
        user_id=parts.user_id,
        user_email=submission.user_email,
        input_file_name=submission.file_name,
        s3_inputs_bucket=bucket,
        s3_key_input_file=info.key,
        input_size=info.size,
        submit_time=now,
        options=submission.options,
        plan=submission.plan,
        retry_of=submission.retry_of,
        traceparent=tracing.here() or None,
        waiting_in=submission.plan,
        sweep_shard=sweep_shard(parts.job_id),
        sweep_at=now + SWEEP_CREATED,
    )


def _display_name(file_name: str) -> str:
    """The name as the user knows it: no folders, no control characters, of bounded length."""
    base = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in base if c.isprintable())[:200] or "upload.vcf"


def _encode(submission: Submission) -> str:
    return base64.urlsafe_b64encode(submission.to_json().encode()).decode()


def _decode(metadata: Mapping[str, str]) -> Submission:
    try:
        return Submission.from_json(base64.urlsafe_b64decode(metadata[SUBMISSION_FIELD]))
    except (KeyError, ValueError, InvalidMessage) as error:
        raise InvalidUpload(
            "This file was not uploaded through the upload page.",
            remedy="Upload the file through the upload page.",
        ) from error
