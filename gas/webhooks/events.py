"""What receivers are told, in the form that their endpoint wants."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gas.jobs import Job, JobStatus
from gas.webhooks.models import KEPT_SECONDS, Delivery, Endpoint, EventType, Format

_MOST_CHARS = 500
"""Of a text that a person or a file has a hand in."""

_OF_STATUS = {
    JobStatus.COMPLETED: EventType.JOB_COMPLETED,
    JobStatus.FAILED: EventType.JOB_FAILED,
    JobStatus.CANCELLED: EventType.JOB_CANCELLED,
}


@dataclass(frozen=True)
class Event:
    """Something that happened to a user."""

    type: EventType
    key: str
    """Tells this event from all others of the user's; the same however often it is told."""
    at: int
    data: Mapping[str, Any]
    sentence: str
    """The same in words."""
    link: str
    """The page that tells more."""


def job_ended(job: Job, public_url: str) -> Event | None:
    """The event of a job that was annotated, has failed or was cancelled; None: it is none."""
    kind = _OF_STATUS.get(job.job_status)
    if kind is None or job.complete_time is None:
        return None
    page, name = f"{public_url}/annotations/{job.job_id}", job.input_file_name[:_MOST_CHARS]
    data: dict[str, Any] = {
        "job_id": job.job_id,
        "status": job.job_status.value,
        "file_name": name,
        "submitted_at": _iso(job.submit_time),
        "finished_at": _iso(job.complete_time),
        "url": page,
        "api_url": f"{public_url}/api/v1/jobs/{job.job_id}",
    }
    if job.results is not None:
        data["records_in"] = job.results.records_in
        data["records_annotated"] = job.results.records_annotated
    if job.failure is not None:
        data["failure"] = {
            "code": job.failure.code,
            "message": job.failure.message[:_MOST_CHARS],
            "remedy": job.failure.remedy[:_MOST_CHARS],
        }
    why = f": {job.failure.message[:_MOST_CHARS]}" if job.failure else ""
    words = {
        EventType.JOB_COMPLETED: f"{name} has been annotated",
        EventType.JOB_FAILED: f"{name} could not be annotated{why}",
        EventType.JOB_CANCELLED: f"{name} was cancelled",
    }[kind]
    return Event(kind, f"{kind}:{job.job_id}", job.complete_time, data, words, page)


def results_restored(jobs: int, at: int, public_url: str) -> Event:
    """The event that all archived results of a user are back."""
    words = f"The results of {jobs} {'job is' if jobs == 1 else 'jobs are'} back from the archive"
    page = f"{public_url}/annotations"
    kind = EventType.RESULTS_RESTORED
    return Event(kind, f"{kind}:{at}", at, {"jobs": jobs, "url": page}, words, page)


def ping(endpoint: Endpoint, at: int, token: str, public_url: str) -> Event:
    """A test; `token` tells it from others of the same second."""
    page = f"{public_url}/account/webhooks/{endpoint.endpoint_id}"
    data = {"endpoint_id": endpoint.endpoint_id, "url": page}
    words = "This is a test: the webhook works"
    return Event(EventType.PING, f"{EventType.PING}:{token}", at, data, words, page)


def delivery_of(event: Event, endpoint: Endpoint, *, now: int) -> Delivery:
    """The delivery of the event to the endpoint: the same each time, but for `now`."""
    unique = hashlib.sha256(f"{endpoint.endpoint_id} {event.key}".encode()).hexdigest()[:24]
    return Delivery(
        user_id=endpoint.user_id,
        endpoint_id=endpoint.endpoint_id,
        delivery_id=f"msg_{event.at:010x}{unique}",
        event=event.type,
        created_at=event.at,
        body=json.dumps(_message(event, endpoint.format), ensure_ascii=False),
        next_at=now,
        expires_at=now + KEPT_SECONDS,
    )


def _message(event: Event, form: Format) -> Mapping[str, Any]:
    if form is Format.SLACK:
        return {"text": f"{_slack_text(event.sentence)}. <{event.link}|Open it>"}
    return {"type": event.type.value, "timestamp": _iso(event.at), "data": event.data}


def _slack_text(text: str) -> str:
    """Slack's three characters that have a meaning."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
