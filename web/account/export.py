"""Everything we know of a person, as a ZIP archive (GDPR, articles 15 and 20)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from flask import url_for

from gas.access import access_to
from gas.accounts.models import Account
from gas.accounts.sessions import LoginSession
from gas.jobs import Job
from web.account.export_sharing import sharing_of
from web.account.zipstream import Entry
from web.annotations import jobs as rules
from web.annotations.jobs import ResultFile
from web.present import iso
from web.services import Services

PAGE = 100

README = """\
Your data at GAS, the Genomics Annotation Service
{date}

account.json    what we know of you: name, mail address, institution, plan, subscription
sessions.json   where you are logged in
jobs.json       all your jobs: what you asked for, and what became of it
webhooks.json   which of your systems are told, and what they were told in the last days
sharing.json    your projects, the links to your jobs and who opened them, invitations
files.json      all files of these jobs, with size, SHA-256 checksum, and how to download them

The files themselves are not in here, because they may be large. Open the addresses under
"download" in files.json in a browser in which you are logged in. Where there is none, "where"
says why: what is in the archive comes back with the Premium plan, and what is still being
annotated is not there yet. To check a file: sha256sum NAME, or on Windows certutil -hashfile NAME
SHA256.

Not in here: payments and invoices, which Stripe keeps ({billing}), and what Globus, which logs
you in, knows of you (https://app.globus.org/settings).

Times are in UTC, sizes in bytes. To have all of it deleted: {deletion}
"""


def entries(parts: Services, account: Account, sessions: Iterable[LoginSession]) -> Iterator[Entry]:
    """The files of the export. Jobs are read page by page while they are sent."""
    now = parts.clock.now()
    readme = README.format(
        date=iso(now),
        billing=_address(parts, "billing.page"),
        deletion=_address(parts, "account.delete"),
    )
    yield "README.txt", [readme.encode()]
    yield "account.json", [_pretty(_account(parts, account))]
    yield "sessions.json", [_pretty([_session(each) for each in sessions])]
    yield "jobs.json", _list(job.to_record() for job in all_jobs(parts, account.user_id))
    yield "webhooks.json", _list(_webhooks(parts, account.user_id))
    yield "sharing.json", [_pretty(sharing_of(parts, account, now))]
    yield (
        "files.json",
        _list(
            file
            for job in all_jobs(parts, account.user_id)
            for file in _files(parts, account, job, now)
        ),
    )


def all_jobs(parts: Services, user_id: str) -> Iterator[Job]:
    """The user's jobs, newest first, read as they are needed."""
    cursor = None
    while True:
        page = parts.jobs.list_for_user(user_id, limit=PAGE, cursor=cursor)
        yield from (job for job in page.jobs if job.erasing_at is None)
        cursor = page.next_cursor
        if cursor is None:
            return


def _webhooks(parts: Services, user_id: str) -> Iterator[Mapping[str, Any]]:
    """Endpoints without their secrets, each with its log."""
    for endpoint in parts.webhooks.list(user_id):
        told = endpoint.model_dump(mode="json", exclude={"secret", "old_secret"})
        log = parts.webhooks.log(user_id, endpoint.endpoint_id)
        yield {**told, "deliveries": [each.model_dump(mode="json") for each in log]}


def _account(parts: Services, account: Account) -> dict[str, Any]:
    standing = parts.billing.store.standing(account.user_id)
    return {
        "user_id": account.user_id,
        "name": account.name,
        "email": account.email,
        "institution": account.organization,
        "plan": account.plan.value,
        "created_at": account.created_at.isoformat(),
        "subscription": asdict(standing.record) if standing else None,
    }


def _session(session: LoginSession) -> dict[str, Any]:
    return {
        "device": session.device,
        "logged_in_at": session.created_at.isoformat(),
        "last_seen_at": session.last_seen_at.isoformat(),
        "ends_at": session.expires_at.isoformat(),
    }


def _files(parts: Services, account: Account, job: Job, now: int) -> Iterator[Mapping[str, Any]]:
    common = {"job_id": job.job_id}
    yield {
        **common,
        "file": "input",
        "name": job.input_file_name,
        "size": job.input_size,
        "sha256": None,
        "where": "available",
        "download": _address(parts, "account.input_file", job_id=job.job_id),
    }
    access = access_to(job, account.plan, now)
    at_hand = rules.files_at_hand(job, access)
    stored = dict(job.results.files) if job.results else {}
    if job.failure_log is not None:
        stored["log"] = job.failure_log
    for what, file in stored.items():
        open_now = what in set(ResultFile) and ResultFile(what) in at_hand
        yield {
            **common,
            "file": what,
            "name": at_hand[ResultFile(what)].name if open_now else file.name,
            "size": file.size,
            "sha256": file.sha256,
            "where": "available" if open_now else access.situation.value,
            "download": (
                _address(parts, "annotations.download", job_id=job.job_id, which=what)
                if open_now
                else None
            ),
        }


def _list(items: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A JSON list, written item by item."""
    before = b"[\n"
    for item in items:
        yield before + json.dumps(item, ensure_ascii=False, sort_keys=True).encode()
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _pretty(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n").encode()


def _address(parts: Services, endpoint: str, **values: Any) -> str:
    return parts.settings.public_url + url_for(endpoint, **values)
