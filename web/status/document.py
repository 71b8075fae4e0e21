"""The status report as JSON."""

from typing import Any

from web.present import iso
from web.status.report import PartReport, QueueReport, Report


def document(report: Report, *, whole: bool) -> dict[str, Any]:
    """Times in ISO 8601, ages in seconds. Versions and numbers of processes only if `whole`."""
    return {
        "status": report.level.value,
        "sentence": report.sentence,
        "at": iso(report.at),
        "services": [_part(part, whole) for part in report.services],
        "stores": [_part(part, whole) for part in report.stores],
        "queues": None if report.queues is None else [_queue(queue) for queue in report.queues],
        "last_completed_job": iso(report.last_completed) if report.last_completed else None,
    }


def _part(part: PartReport, whole: bool) -> dict[str, Any]:
    told = {
        "name": part.name,
        "title": part.part.title,
        "status": part.level.value,
        "sentence": part.sentence,
    }
    if not whole:
        return told
    return told | {
        "instances": part.instances,
        "versions": list(part.versions),
        "detail": dict(part.detail or {}),
    }


def _queue(queue: QueueReport) -> dict[str, Any]:
    return {
        "name": queue.name,
        "title": queue.words.title,
        "status": queue.level.value,
        "sentence": queue.sentence,
        "waiting": queue.waiting,
        "in_hand": queue.in_hand,
        "oldest_seconds": queue.oldest_seconds,
        "put_aside": queue.put_aside,
    }
