"""Annotating an input once more: after a failure with what repairs it, or with other options.

The new job has an input object of its own, copied inside the file store, and comes to be exactly
as an upload does (`gas.submissions.register`): should we die after the copy, the safety net makes
the same job of it. Both jobs name each other.

The id of the new job follows from the old job and the options. So whoever asks twice, by a double
click or from two windows, gets one job; only after that has failed too, or was cancelled, is there
another.
"""

import json
from collections.abc import Callable, Iterator
from uuid import UUID, uuid5

from gas.errors import InputGone, InvalidRequest, JobNotEnded
from gas.jobs import Job, JobOptions, JobStatus, ResultsState
from gas.plans import MIB
from gas.ports import BlobStore, Clock, JobStore, Topic
from gas.submissions import Uploader, allot, check_size, register

MOST_RERUNS = 50
"""As often as one job can be run again with the same options."""

MOST_BYTES = 5 * 1024 * MIB
"""Of an input: whoever asks waits until it is copied."""

_WASTED = frozenset({JobStatus.FAILED, JobStatus.CANCELLED})


def rerun(
    job: Job,
    uploader: Uploader,
    options: JobOptions,
    *,
    inputs: BlobStore,
    key_prefix: str,
    jobs: JobStore,
    requests: Topic,
    clock: Clock,
) -> Job:
    """The job that annotates the input of `job` once more, with `options`.

    Raises:
        JobNotEnded: `job` still waits or runs.
        InputGone: the input is no longer there.
        UploadTooLarge: the uploader's plan, as it is now, does not allow it.
        InvalidRequest: it has been run again too often, or its input is too large to be copied.
        NotFound: the new job was deleted in the meantime.
        ServiceUnavailable: try again; it will be the same job.
    """
    if not job.is_final:
        raise JobNotEnded(
            "The job has not ended yet.", remedy="Wait until it is done, or cancel it first."
        )
    check_size(job.input_size, uploader.plan)
    job_id, standing = _place(job, uploader, options, jobs.get)
    if standing is None:
        _check_copyable(job)
        place = allot(
            uploader,
            key_prefix=key_prefix,
            file_name=job.input_file_name,
            options=options,
            job_id=job_id,
            retry_of=job.job_id,
        )
        if inputs.head(place.key) is None:
            _check_there(job, inputs)
            inputs.copy(job.s3_key_input_file, place.key, metadata=place.metadata)
        key = place.key
    else:
        key = standing.s3_key_input_file
    return register(
        key, inputs=inputs, key_prefix=key_prefix, jobs=jobs, requests=requests, clock=clock
    )


def is_copyable(job: Job) -> bool:
    """Whether the input is small enough to be run again without another upload."""
    return job.input_size <= MOST_BYTES


def _check_copyable(job: Job) -> None:
    if not is_copyable(job):
        raise InvalidRequest(
            "The file of this job is larger than 5 GiB: it cannot be run again from here.",
            remedy="Upload the file again, with the options you want.",
        )


def _check_there(job: Job, inputs: BlobStore) -> None:
    if inputs.head(job.s3_key_input_file) is None:
        raise InputGone(
            "The file of this job is no longer there.", remedy="Upload the file once more."
        )


def _place(
    job: Job, uploader: Uploader, options: JobOptions, find: Callable[[str], Job | None]
) -> tuple[str, Job | None]:
    """The id of the job to be, and the job if it is there already."""
    for job_id in _ids(job, uploader, options):
        standing = find(job_id)
        deleted = standing is None and job.retried_by == job_id
        if not deleted and (standing is None or not _is_wasted(standing)):
            return job_id, standing
    raise InvalidRequest(
        f"This job has been run again {MOST_RERUNS} times with these options.",
        remedy="Choose other options, or ask the operator of this service, naming the job.",
    )


def _ids(job: Job, uploader: Uploader, options: JobOptions) -> Iterator[str]:
    wanted = json.dumps(options.model_dump(mode="json"), sort_keys=True)
    if uploader.user_id != job.user_id:
        # In a project, others than the owner may run it again, for themselves.
        wanted += f" {uploader.user_id}"
    for number in range(MOST_RERUNS):
        yield _as_version_4(uuid5(UUID(job.job_id), f"{number} {wanted}"))


def _as_version_4(name: UUID) -> str:
    """Ids of jobs look alike, whatever they were made of."""
    return str(UUID(bytes=name.bytes, version=4))


def _is_wasted(job: Job) -> bool:
    return job.job_status in _WASTED or job.results_state is ResultsState.DELETED
