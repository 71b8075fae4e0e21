"""Jobs as JSON: the contract of `/annotations`."""

from typing import Any

from flask import url_for

from gas.jobs import MAX_ATTEMPTS, Job, ResultsState
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


def details(job: Job, log: LogText | None) -> dict[str, Any]:
    """A job in full. Fields that do not apply (yet) are null; `log` only once it is finished."""
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
            _download(job, ResultFile.ANNOTATED)
            if job.results_state is ResultsState.AVAILABLE
            else None
        ),
        "log_url": (
            absolute("annotations.log", job_id=job.job_id) if job.log_file is not None else None
        ),
        "files": {
            which.value: {"name": file.name, "size": file.size, "url": _download(job, which)}
            for which, file in files_at_hand(job).items()
        },
        "log": log.text if log else None,
        "log_complete": log.complete if log else None,
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
