"""`gas jobs`, `show`, `log`, `cancel`, `rerun`, `delete`, `watch`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Annotated

import typer

from gas_client.cli import context, exits
from gas_client.cli.annotate import Format, Pack, Rename, Strict, Timeout, Transcripts, options_of
from gas_client.cli.batch import FIRST_LOOK, LAST_LOOK
from gas_client.cli.context import JobId, JobIds, Json, edge
from gas_client.cli.output import (
    JOB_HEADINGS,
    job_row,
    note,
    print_error,
    print_job,
    print_json,
    print_table,
    print_text,
    status_text,
)
from gas_client.errors import GasError, Mistake, NotLoggedIn, TimedOut
from gas_client.models import Job
from gas_client.sync import Gas

STATES = ("PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED")


@edge
def jobs(
    status: Annotated[str | None, typer.Option(help=", ".join(STATES).lower())] = None,
    text: Annotated[str | None, typer.Option(help="A part of the file's name.")] = None,
    since: Annotated[
        str | None, typer.Option(help="A day (2026-11-02), a time, or 7d, 12h.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="As --since.")] = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first")] = False,
    limit: Annotated[int, typer.Option(min=1, help="As many jobs at the most.")] = 20,
    all_: Annotated[bool, typer.Option("--all", help="All jobs, however many.")] = False,
    json_: Json = False,
) -> None:
    """List jobs, newest first. With --json a line for each."""
    state = status.upper() if status else None
    if state is not None and state not in STATES:
        raise Mistake(f"--status {status}: not known.", remedy=f"One of {', '.join(STATES)}.")
    with context.open_gas() as gas:
        found = gas.jobs(
            status=state,
            text=text,
            since=_moment(since),
            until=_moment(until),
            oldest_first=oldest_first,
            limit=100 if all_ else min(limit, 100),
        )
        wanted = found if all_ else islice(found, limit)
        if json_:
            for job in wanted:
                print_json(job)
        else:
            print_table(JOB_HEADINGS, [job_row(job) for job in wanted])


@edge
def show(job_id: JobId, json_: Json = False) -> None:
    """Show one job."""
    with context.open_gas() as gas:
        job = gas.job(job_id)
    if json_:
        print_json(job)
    else:
        print_job(job)


@edge
def log(job_id: JobId, json_: Json = False) -> None:
    """Print the log of a job that has ended."""
    with context.open_gas() as gas:
        text = gas.log(job_id)
    if json_:
        print_json({"job_id": job_id, "log": text})
    else:
        print_text(text)


@edge
def cancel(job_ids: JobIds, json_: Json = False) -> None:
    """Cancel jobs that have not ended."""
    _each(job_ids, lambda gas, job_id: gas.cancel(job_id), json_=json_)


@edge
def rerun(
    job_ids: JobIds,
    pack: Pack = None,
    strict: Strict = False,
    rename: Rename = None,
    format: Format = "csq",
    transcripts: Transcripts = "all",
    json_: Json = False,
) -> None:
    """Annotate the input of jobs once more; each becomes a new job."""
    options = options_of(pack, strict, rename, format, transcripts)
    _each(job_ids, lambda gas, job_id: gas.rerun(job_id, options), json_=json_)


@edge
def delete(
    job_ids: JobIds,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json_: Json = False,
) -> None:
    """Delete jobs for good, with their inputs and results."""
    if not yes:
        many = "this job" if len(job_ids) == 1 else f"these {len(job_ids)} jobs"
        typer.confirm(f"Delete {many} with all files, for good?", abort=True, err=True)

    def gone(gas: Gas, job_id: str) -> None:
        gas.delete(job_id)
        if json_:
            print_json({"job_id": job_id, "deleted": True})
        else:
            print_table(("Job", ""), [(job_id, "DELETED")])

    _each(job_ids, gone, json_=json_)


@edge
def watch(
    job_ids: Annotated[list[str] | None, typer.Argument(metavar="JOB")] = None,
    timeout: Timeout = None,
    json_: Json = False,
) -> None:
    """Follow jobs until they have ended; without ids, all that wait or run.

    Prints a line whenever one changes.
    """
    failed, began = False, time.monotonic()
    with context.open_gas() as gas:
        open_ = set(job_ids or _under_way(gas))
        seen: dict[str, tuple[str, int]] = {}
        pause = FIRST_LOOK
        while open_:
            changed = False
            for job_id, job in gas.look(open_).items():
                now = (job.status, int(job.progress.percent))
                if seen.get(job_id) != now:
                    seen[job_id], changed = now, True
                    _tell(job, json_=json_)
                if job.is_final:
                    open_.discard(job_id)
                    failed |= not job.is_completed
            if open_ and timeout is not None and time.monotonic() - began > timeout:
                raise TimedOut(f"Not all jobs have ended after {timeout:g} s.")
            if open_:
                pause = FIRST_LOOK if changed else min(LAST_LOOK, pause * 1.4)
                time.sleep(pause)
    if not seen:
        note("No job waits or runs.")
    if failed:
        raise typer.Exit(exits.FAILED)


def _under_way(gas: Gas) -> Sequence[str]:
    return [job.job_id for state in STATES[:2] for job in gas.jobs(status=state)]


def _tell(job: Job, *, json_: bool) -> None:
    if json_:
        print_json(job)
    else:
        percent = f"{job.progress.percent:.0f}%" if job.status == "RUNNING" else ""
        print_table(
            ("", "", "", ""), [(job.job_id, status_text(job.status), percent, job.file_name)]
        )


def _each(job_ids: Sequence[str], work: Callable[[Gas, str], Job | None], *, json_: bool) -> None:
    """Do it with every job; what one refuses does not hold up the others."""
    worst = exits.DONE
    with context.open_gas() as gas:
        for job_id in job_ids:
            try:
                job = work(gas, job_id)
            except NotLoggedIn:
                raise
            except GasError as error:
                worst = exits.exit_code(error)
                print_error(error, as_json=json_)
                continue
            if job is not None and json_:
                print_json(job)
            elif job is not None:
                print_table(("", "", ""), [(job.job_id, status_text(job.status), job.file_name)])
    if worst:
        raise typer.Exit(worst)


def _moment(text: str | None) -> datetime | None:
    """`2026-11-02`, `2026-11-02T10:00`, `7d` or `12h` ago. Without a zone: this computer's."""
    if text is None:
        return None
    number, unit = text[:-1], text[-1:]
    if number.isdigit() and len(number) < 6 and unit in "dh":
        ago = timedelta(days=int(number)) if unit == "d" else timedelta(hours=int(number))
        return datetime.now(timezone.utc) - ago
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    except ValueError as error:
        raise Mistake(f"{text!r} is no time.", remedy="Such as 2026-11-02, 7d or 12h.") from error
