"""Jobs as JSON: the contract of `/annotations`."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from gas.access import ResultsAccess, Situation
from gas.jobs import MAX_ATTEMPTS, Job, JobStatus
from gas.standing import Standing, speed_of
from web.annotations.jobs import LogText, ResultFile, files_at_hand
from web.annotations.live import Live
from web.context import services
from web.present import iso


def absolute(endpoint: str, **values: Any) -> str:
    """The address of a route as the world knows it."""
    return services().settings.public_url + url_for(endpoint, **values)


def list_entry(job: Job) -> dict[str, Any]:
    """A job in the list."""
    return {
        "job_id": job.job_id,
        "job_details": absolute("annotations.details", job_id=job.job_id),
        "job_status": job.job_status.value,
        "input_file": job.s3_key_input_file,
        "input_file_name": job.input_file_name,
        "submit_time": iso(job.submit_time),
    }


def submitted(job: Job) -> dict[str, Any]:
    """The answer to a submission."""
    return {
        "code": 201,
        "status": "success",
        "job_id": job.job_id,
        "input_file": job.s3_key_input_file,
    }


def details(job: Job, access: ResultsAccess, log: LogText | None) -> dict[str, Any]:
    """A job in full. Fields that do not apply (yet) are null; `log` only once it is finished."""
    at_hand = files_at_hand(job, access)
    return {
        "code": 200,
        "status": "success",
        "job_id": job.job_id,
        "job_status": job.job_status.value,
        "input_file": job.s3_key_input_file,
        "input_file_name": job.input_file_name,
        "input_size": job.input_size,
        "submit_time": iso(job.submit_time),
        "start_time": time_or_null(job.start_time),
        "complete_time": time_or_null(job.complete_time),
        "progress": job.progress.model_dump(),
        "attempts": job.attempts,
        "max_attempts": MAX_ATTEMPTS,
        "options": job.options.model_dump(),
        "receipt": _receipt(job),
        "failure": job.failure.model_dump() if job.failure else None,
        "retry_of": job.retry_of,
        "retried_by": job.retried_by,
        "results_state": job.results_state.value,
        "results_url": (
            _download(job, ResultFile.ANNOTATED) if ResultFile.ANNOTATED in at_hand else None
        ),
        "log_url": (
            absolute("annotations.log", job_id=job.job_id) if job.log_file is not None else None
        ),
        "files": {
            which.value: {"name": file.name, "size": file.size, "url": _download(job, which)}
            for which, file in at_hand.items()
        },
        **_retention(job, access),
        "log": log.text if log else None,
        "log_complete": log.complete if log else None,
    }


def queue(job: Job, found: Standing | None, live: Live, now: int) -> dict[str, Any]:
    """How a job that has not ended stands; every field is null once it has, or if not known."""
    waits = found is not None and job.job_status is JobStatus.PENDING
    return {
        "queue": (
            {
                "place": found.place if found.all_counted else None,
                "own_jobs_before": found.own_before,
                "own_jobs_at_once": found.own_limit,
                "other_jobs_before": found.others_before,
                "all_counted": found.all_counted,
            }
            if waits and found
            else None
        ),
        "seconds_to_start": _whole(found.seconds_to_start if found else None),
        "seconds_to_end": _whole(found.seconds_to_end if found else None),
        "records_per_second": _whole(speed_of(job, now) if found else None),
        "worker_alive": live.workers,
        "words": {
            "queue": live.queue,
            "estimate": live.estimate,
            "speed": live.speed,
            "stage": live.stage,
        },
    }


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def glimpse(document: Mapping[str, Any]) -> list[Any]:
    """What, when it changes, changes a job's page: `job.js` compares it with what it shows."""
    restoring = document["restoring"] or []
    return [
        document["job_status"],
        document["attempts"],
        document["results_state"],
        document["results_url"] is not None,
        document["expected_at"],
        document["worker_alive"],
        sum(file["back_at"] is not None for file in restoring),
    ]


def _retention(job: Job, access: ResultsAccess) -> dict[str, Any]:
    """How long the results stay, and when they come back.

    `plan` is the user's at submission: how the job queues. The times follow from the plan of the
    moment: `archive_at` is null when the results are not going to be archived.
    """
    leaves = access.situation in {Situation.OVER, Situation.ARCHIVING}
    return {
        "plan": job.plan.value,
        "archive_at": time_or_null(job.archive_at if leaves else access.open_until),
        "download_until": time_or_null(access.open_until),
        "expected_at": time_or_null(access.expected_at),
        "restoring": (
            [
                {
                    "file": name,
                    "size": file.size,
                    "tier": file.retrieval.tier if file.retrieval else None,
                    "expected_at": time_or_null(
                        file.retrieval.expected_at if file.retrieval else None
                    ),
                    "back_at": time_or_null(file.back_at),
                }
                for name, file in access.cold.items()
            ]
            if access.situation is Situation.RESTORING
            else None
        ),
    }


def _download(job: Job, which: ResultFile) -> str:
    return absolute("annotations.download", job_id=job.job_id, which=which.value)


def time_or_null(seconds: int | None) -> str | None:
    """A time as JSON has it."""
    return iso(seconds) if seconds is not None else None


def _receipt(job: Job) -> dict[str, Any] | None:
    if job.results is None:
        return None
    return {
        "records_in": job.results.records_in,
        "records_annotated": job.results.records_annotated,
        "skipped": dict(job.results.skipped),
        "signed_by": job.results.signed_by or None,
    }
