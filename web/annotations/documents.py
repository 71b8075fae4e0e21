"""Jobs as JSON: the contract of `/annotations`."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from gas.access import ResultsAccess, Situation
from gas.jobs import MAX_ATTEMPTS, Job
from web.annotations.jobs import LogText, ResultFile, files_at_hand
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
        "start_time": _time(job.start_time),
        "complete_time": _time(job.complete_time),
        "progress": job.progress.model_dump(),
        "attempts": job.attempts,
        "max_attempts": MAX_ATTEMPTS,
        "options": job.options.model_dump(),
        "receipt": _receipt(job),
        "failure": job.failure.model_dump() if job.failure else None,
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


def glimpse(document: Mapping[str, Any]) -> list[Any]:
    """What, when it changes, changes a job's page: `job.js` compares it with what it shows."""
    restoring = document["restoring"] or []
    return [
        document["job_status"],
        document["attempts"],
        document["results_state"],
        document["results_url"] is not None,
        document["expected_at"],
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
        "archive_at": _time(job.archive_at if leaves else access.open_until),
        "download_until": _time(access.open_until),
        "expected_at": _time(access.expected_at),
        "restoring": (
            [
                {
                    "file": name,
                    "size": file.size,
                    "tier": file.retrieval.tier if file.retrieval else None,
                    "expected_at": _time(file.retrieval.expected_at if file.retrieval else None),
                    "back_at": _time(file.back_at),
                }
                for name, file in access.cold.items()
            ]
            if access.situation is Situation.RESTORING
            else None
        ),
    }


def _download(job: Job, which: ResultFile) -> str:
    return absolute("annotations.download", job_id=job.job_id, which=which.value)


def _time(seconds: int | None) -> str | None:
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
