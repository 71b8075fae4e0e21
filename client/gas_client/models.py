"""What the service answers, as frozen dataclasses. Times are aware, in UTC; sizes are bytes.

Texts with a fixed set of values (`status`, `situation`, `kind`, `plan`) stay texts: a newer server
may know more of them than this client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED"})


@dataclass(frozen=True)
class Options:
    """What the engine is asked to do."""

    pack: str | None = None
    """Name of a reference pack; None: the server's usual one."""
    strict: bool = False
    """Refuse the file if any record is faulty, instead of passing such records through."""
    contig_names: Mapping[str, str] = field(default_factory=dict)
    """Contigs that are called otherwise in the file: its name, then the pack's."""
    format: str = "csq"
    """How the annotated VCF says it: `csq` (VEP), `ann` (SnpEff), `bcsq` (bcftools), `classic`."""
    transcripts: str = "all"
    """Of each allele `all` transcripts or the `picked` one in the annotated VCF."""


@dataclass(frozen=True)
class Progress:
    """How far the engine is: records, and per cent (0 to 100) of the input's bytes."""

    records_done: int
    percent: float


@dataclass(frozen=True)
class Queue:
    """What is before a job that waits."""

    own_jobs_before: int
    other_jobs_before: int
    all_counted: bool


@dataclass(frozen=True)
class Receipt:
    """Every record of the input is accounted for: `records_in` is the sum of the others."""

    records_in: int
    records_annotated: int
    skipped: Mapping[str, int]


@dataclass(frozen=True)
class Failure:
    """Why a job failed; `line` is 1-based."""

    code: str
    message: str
    remedy: str
    line: int | None = None


@dataclass(frozen=True)
class ResultFile:
    """A file that a job left; `sha256` in hexadecimal."""

    kind: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class FileLink(ResultFile):
    """A file, and where to get it for `expires_in` seconds. Who has the address has the file."""

    url: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True)
class Results:
    """Where the results are, and what of them can be had now."""

    situation: str
    open_until: datetime | None
    expected_at: datetime | None
    files: tuple[ResultFile, ...]


@dataclass(frozen=True)
class Job:
    """One job."""

    job_id: str
    status: str
    """PENDING, RUNNING, COMPLETED, FAILED or CANCELLED."""
    file_name: str
    size: int
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    max_attempts: int
    options: Options
    progress: Progress
    queue: Queue | None
    seconds_to_end: int | None
    receipt: Receipt | None
    failure: Failure | None
    results: Results
    retry_of: str | None
    retried_by: str | None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def is_completed(self) -> bool:
        return self.status == "COMPLETED"


@dataclass(frozen=True)
class JobPage:
    """One page of jobs; `next_cursor` leads to the next, None: this was the last."""

    jobs: tuple[Job, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Webhook:
    """Where the service tells of events; `secret` is there once, when it was made."""

    endpoint_id: str
    url: str
    events: tuple[str, ...]
    description: str
    format: str
    enabled: bool
    disabled_because: str | None
    created_at: datetime
    failing_since: datetime | None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Attempt:
    """One try to deliver, and the HTTP status that came back; None: there was no answer."""

    at: datetime
    milliseconds: int
    status: int | None
    error: str


@dataclass(frozen=True)
class Delivery:
    """An event for one webhook; `state` is pending, delivered, failed or dropped."""

    delivery_id: str
    event: str
    created_at: datetime
    state: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class SignedUpload:
    """Where to send a file, and as what."""

    job_id: str
    key: str
    url: str
    fields: Mapping[str, str] = field(repr=False)
    max_bytes: int
    expires_in: int


@dataclass(frozen=True)
class PartsUpload:
    """An upload in parts that has begun; parts are numbered from 1."""

    upload: str = field(repr=False)
    job_id: str
    key: str
    part_size: int
    parts: int


@dataclass(frozen=True)
class Uploaded:
    """A file that is there, to be named to `create_job`."""

    job_id: str
    key: str


@dataclass(frozen=True)
class Account:
    """Whose token this is, their plan, and what they use."""

    user_id: str
    name: str
    email: str
    plan: str
    max_upload_bytes: int
    max_running_jobs: int
    keeps_results: bool
    requests_per_minute: int
    jobs: Mapping[str, int]
    stored_bytes: int


@dataclass(frozen=True)
class Pack:
    """A reference pack; `pack_id` changes with its content."""

    name: str
    pack_id: str
    assembly: str
    contigs: int
    stores: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """A variant as it was understood; `pos` is 1-based."""

    chrom: str
    pos: int
    ref: str
    alt: str
    info: str = ""


@dataclass(frozen=True)
class Problem:
    """Why a variant could not be annotated."""

    code: str
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class VariantAnswer:
    """What is said of one variant: a row for each alternate allele, or a problem."""

    site: Site | None
    alleles: tuple[Mapping[str, Any], ...]
    problem: Problem | None


@dataclass(frozen=True)
class VariantAnswers:
    """The answers, in the order of the questions."""

    pack: str
    pack_id: str
    assembly: str
    variants: tuple[VariantAnswer, ...]
