"""Everything that the page of one job shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from gas.access import Reading, ResultsAccess, Right
from gas.accounts.models import Account
from gas.errors import ServiceUnavailable
from gas.jobs import MAX_ATTEMPTS, Job
from gas.reruns import is_copyable
from web.annotations import documents, jobs
from web.annotations.jobs import LogText
from web.annotations.live import live_of
from web.annotations.preview import read_preview
from web.annotations.receipts import receipt_of
from web.annotations.repairs import repairs_of
from web.annotations.standing import standing
from web.annotations.timeline import timeline_of
from web.annotations.words import COMPANIONS, FORMATS, HELP, TRANSCRIPTS, pack_name
from web.projects.shown import shared_with
from web.services import Services


def document_of(services: Services, reading: Reading, log: LogText | None = None) -> dict[str, Any]:
    """The job as JSON."""
    job, now = reading.job, services.clock.now()
    found = standing(services, job)
    document = documents.details(job, reading.results, log)
    return document | documents.queue(job, found, live_of(job, found, now), now)


def page_of(services: Services, account: Account, reading: Reading) -> Mapping[str, Any]:
    """The names that `annotations/details.html` uses, for `account` who reads it."""
    job, access, now = reading.job, reading.results, services.clock.now()
    found = standing(services, job)
    live = live_of(job, found, now)
    document = documents.details(job, access, None) | documents.queue(job, found, live, now)
    return {
        "job": job,
        "reading": reading,
        "may_retry": reading.may(Right.RETRY),
        "shared": shared_with(services, account, reading),
        "access": access,
        "now": now,
        "glimpse": documents.glimpse(document),
        "live_words": live,
        "preview": read_preview(services, job),
        "receipt": receipt_of(services, job),
        "repairs": repairs_of(job, services.engine),
        "packs": _packs(services),
        "nameable": _nameable(services, job),
        "copyable": is_copyable(job),
        "timeline": timeline_of(job),
        "help": HELP,
        "max_attempts": MAX_ATTEMPTS,
        "files": _files(job, access),
        "companions": COMPANIONS,
        "pack": pack_name(job.options.pack),
        "formats": FORMATS,
        "transcripts": TRANSCRIPTS,
        "link_seconds": services.settings.link_expires_in,
        "trace_page": _trace_page(services, reading),
    }


def _trace_page(services: Services, reading: Reading) -> str:
    """What was done for the job, on pages that ask nobody who they are: for its owner only."""
    page = services.settings.trace_page
    return page.replace("{job_id}", reading.job.job_id) if reading.own else ""


def _files(job: Job, access: ResultsAccess) -> Mapping[str, Any]:
    return {which.value: file for which, file in jobs.files_at_hand(job, access).items()}


def _nameable(services: Services, job: Job) -> Sequence[str]:
    """The contigs of the job's reference, where it failed for want of their names."""
    if job.failure is None or job.failure.code != "unknown_contig" or not is_copyable(job):
        return ()
    try:
        pack = next(p for p in services.engine.packs() if p.name == job.options.pack)
    except (ServiceUnavailable, StopIteration):
        return ()
    return [contig.name for contig in pack.contigs]


def _packs(services: Services) -> Mapping[str, str]:
    """The packs to run the job again with, and what each covers."""
    try:
        return {pack.name: pack_name(pack.name) for pack in services.engine.packs()}
    except ServiceUnavailable:
        return {}
