"""What a report of a job holds: chosen field by field, so that what is new is left out."""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from gas.accounts.models import Account
from gas.errors import GasError
from gas.jobs import Failure, Job
from gas.keys import own_stem, stem_of
from gas.logs import get_logger
from web.annotations import jobs
from web.annotations.timeline import timeline_of
from web.present import iso
from web.report.redact import Redactor
from web.services import Services

log = get_logger()

LOG_BYTES = 256 * 1024
_RECEIPT_BYTES = 2 * 1024 * 1024
_OF_RECEIPT = (
    "records_in", "records_out", "annotated", "skipped", "errors", "pack_id", "assembly",
    "versions", "not_lifted", "problems_listed", "receipt_version",
)  # fmt: skip
_OF_OPTIONS = (
    "format", "transcripts", "strict", "distance", "level", "haplotypes", "index",
)  # fmt: skip

ABOUT = """\
A report of one annotation job, for the people who run the service or who write it.

job.json      what was asked, what became of it, when, how large; versions
receipt.json  how many records were annotated or passed through, and why
log.txt       the job's log

Left out: the file and its results, names of files, folders and samples, mail addresses,
checksums, names and positions of variants, alleles, genotypes. Words in [brackets] stand for what
was taken out.
{line}"""
_WITH_LINE = "The line at which the job failed is in job.json, because its owner wished so.\n"


@dataclass(frozen=True)
class Part:
    """One file of the bundle."""

    name: str
    text: str


def bundle(services: Services, account: Account, job: Job, *, with_line: bool) -> Sequence[Part]:
    """The files of a report. `with_line` adds the line at which the job failed, as it is."""
    redact = Redactor(_names_of(account, job))
    parts = [
        Part("README.txt", ABOUT.format(line=_WITH_LINE if with_line else "")),
        Part("job.json", _json(_about(job, redact, with_line=with_line))),
    ]
    receipt = _receipt(services, job, redact)
    if receipt is not None:
        parts.append(Part("receipt.json", _json(receipt)))
    text = _log(services, job)
    if text is not None:
        parts.append(Part("log.txt", redact(text)))
    return parts


def zipped(parts: Sequence[Part]) -> bytes:
    """The bundle as one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.writestr(part.name, part.text)
    return buffer.getvalue()


def has_line(job: Job) -> bool:
    """Whether there is a line at which the job failed."""
    return job.failure is not None and bool(job.failure.line or job.failure.text)


def _names_of(account: Account, job: Job) -> Sequence[str]:
    stem = stem_of(job.input_file_name)
    people = (account.name, *account.name.split(), account.email, job.user_email)
    contigs = tuple(job.options.contig_names)
    return (job.input_file_name, stem, own_stem(job.input_file_name), *people, *contigs)


def _about(job: Job, redact: Redactor, *, with_line: bool) -> dict[str, Any]:
    options = job.options
    return {
        "job_id": job.job_id,
        "status": job.job_status,
        "results": job.results_state,
        "plan": job.plan,
        "attempts": job.attempts,
        "input_bytes": job.input_size,
        "input_kind": _kind(job.input_file_name),
        "repeats_another_job": job.retry_of is not None,
        "options": {
            "pack": options.pack,
            "strict": options.strict,
            "format": options.format,
            "transcripts": options.transcripts,
            "renamed_contigs": len(options.contig_names),
        },
        "progress": job.progress.model_dump(),
        "failure": _failure(job.failure, redact, with_line=with_line) if job.failure else None,
        "timeline": [
            {"at": iso(event.at), "what": event.title, "note": redact(event.note)}
            for event in timeline_of(job)
        ],
        "versions": {
            "gas": version("gas"),
            "engine": job.results.engine if job.results else None,
            "pack_id": job.results.pack_id if job.results else None,
        },
        "result_bytes": {
            name: file.size for name, file in (job.results.files if job.results else {}).items()
        },
    }


def _kind(name: str) -> str:
    """The ending of a file's name, which says how it is packed and nothing else."""
    lower = name.lower()
    endings = (".vcf.gz", ".vcf.bgz", ".vcf", ".bcf", ".gz", ".txt")
    return next((ending for ending in endings if lower.endswith(ending)), "other")


def _failure(failure: Failure, redact: Redactor, *, with_line: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"code": failure.code, "rule": failure.rule}
    if with_line:
        return failure.model_dump()
    return told | {
        "message": redact(failure.message),
        "remedy": redact(failure.remedy),
        "expected": redact(failure.expected),
        "has_line": failure.line is not None,
        "column": failure.column,
    }


def _receipt(services: Services, job: Job, redact: Redactor) -> dict[str, Any] | None:
    if job.results is None:
        return None
    try:
        text = services.results.read(job.results.receipt.key, start=0, length=_RECEIPT_BYTES)
        found = json.loads(text)
    except (GasError, ValueError) as error:
        log.warning("receipt_unreadable", job_id=job.job_id, reason=str(error))
        return {"unreadable": True}
    options: Mapping[str, Any] = found.get("options", {})
    problems: Sequence[Mapping[str, Any]] = found.get("problems", ())
    return {
        **{name: found[name] for name in _OF_RECEIPT if name in found},
        "options": {name: options[name] for name in _OF_OPTIONS if name in options},
        "tables": [
            {"records": each.get("records"), "rows": each.get("rows")}
            for each in found.get("tables", ())
        ],
        "problems": dict(Counter(str(each.get("code")) for each in problems)),
        "warnings": [redact(str(each)) for each in found.get("warnings", ())],
        "signed": "signature" in found,
    }


def _log(services: Services, job: Job) -> str | None:
    if job.log_file is None:
        return None
    try:
        return jobs.read_log(services, job, LOG_BYTES).text
    except GasError as error:
        log.warning("log_unreadable", job_id=job.job_id, reason=error.message)
        return None


def _json(found: Mapping[str, Any]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
