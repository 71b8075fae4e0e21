"""`gas get`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gas_client.cli import context, exits
from gas_client.cli.context import JobIds, Json, edge
from gas_client.cli.files import Kinds, kinds_of, own_folders
from gas_client.cli.output import bars, print_error, print_json, print_table, short
from gas_client.errors import ApiError, GasError, JobFailed, NotLoggedIn
from gas_client.models import Job
from gas_client.sync import Gas


@edge
def get(
    job_ids: JobIds,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the files go.")
    ] = Path(),
    kinds: Kinds = None,
    json_: Json = False,
) -> None:
    """Get the results of jobs.

    Files arrive as NAME.part, go on from where they broke off, and are checked before they get
    their name. What is there already and right is not fetched again.
    """
    worst = exits.DONE
    with context.open_gas() as gas:
        jobs = gas.look(list(dict.fromkeys(job_ids)))
        folders = own_folders({i: job.file_name for i, job in jobs.items()}, output)
        for job_id, job in jobs.items():
            try:
                _get(gas, job, folders[job_id], kinds, json_=json_)
            except NotLoggedIn:
                raise
            except GasError as error:
                worst = worst or exits.exit_code(error)
                print_error(error, as_json=json_)
    if worst:
        raise typer.Exit(worst)


def _get(gas: Gas, job: Job, folder: Path, wanted: list[str] | None, *, json_: bool) -> None:
    if not job.is_final:
        raise ApiError(
            f"{job.file_name} is {job.status}.",
            status=409,
            code="results_not_ready",
            remedy=f"Wait for it: gas watch {job.job_id}",
            retryable=True,
        )
    if not job.is_completed and set(wanted or ["annotated"]) != {"log"}:
        raise JobFailed(job)
    with bars() as shown:
        for kind in kinds_of(job, wanted):
            task = shown.add_task(f"getting {short(job.file_name)} ({kind})", total=None)
            path = gas.download(
                job.job_id,
                kind,
                folder,
                watch=lambda done, total, task=task: shown.update(  # type: ignore[misc]
                    task, completed=done, total=total
                ),
            )
            shown.remove_task(task)
            if json_:
                print_json({"job_id": job.job_id, "kind": kind, "path": str(path)})
            else:
                print_table(("", "", ""), [(job.job_id, kind, str(path))])
