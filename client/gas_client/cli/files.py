"""Files of results on their way to a folder: which ones, where to, under which names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from gas_client.errors import ApiError, Mistake
from gas_client.models import Job

Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--file", help="annotated, table, index, summary, receipt, log or all; may be repeated."
    ),
]

_ENDINGS = re.compile(r"(\.(gz|bgz|bgzf|vcf|bcf|txt))+$", re.IGNORECASE)


def kinds_of(job: Job, wanted: Sequence[str] | None) -> Sequence[str]:
    """The files to get of a job that has ended.

    Raises:
        Mistake: it has no file of that kind.
        ApiError: the results cannot be had now.
    """
    there = [each.kind for each in job.results.files]
    names = wanted or ["annotated"]
    if "all" in names:
        return there
    for name in names:
        if name in there:
            continue
        if job.results.situation not in ("open", "none") and name != "log":
            raise ApiError(
                f"The results of {job.file_name} cannot be had now: {job.results.situation}.",
                status=403,
                code=f"results_{job.results.situation}",
                remedy=f"See the job's page; what is there: {', '.join(there) or 'nothing'}.",
            )
        raise Mistake(
            f"The job {job.job_id} has no file {name!r}.",
            remedy=f"It has: {', '.join(there) or 'none yet'}.",
        )
    return list(dict.fromkeys(names))


def own_folders(names: Mapping[str, str], folder: Path) -> Mapping[str, Path]:
    """A folder for each job (by id → name of its input): one for all, but those whose results
    would be named alike get one of their own, named by the job."""
    count = Counter(map(_stem, names.values()))
    return {
        job_id: folder / job_id if count[_stem(name)] > 1 else folder
        for job_id, name in names.items()
    }


def alike(names: Iterable[str]) -> frozenset[str]:
    """Those of the names whose results would be named alike."""
    known = list(names)
    count = Counter(map(_stem, known))
    return frozenset(name for name in known if count[_stem(name)] > 1)


def _stem(name: str) -> str:
    return _ENDINGS.sub("", name).casefold()
