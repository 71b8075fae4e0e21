"""What the API's answers are made of. Times are ISO 8601 in UTC, sizes bytes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from gas.access import ResultsAccess, Situation
from gas.accounts.tokens import AccessToken
from gas.jobs import (
    MAX_ATTEMPTS,
    Failure,
    Job,
    JobOptions,
    JobStatus,
    OutputFormat,
    StoredFile,
    Transcripts,
)
from gas.plans import Plan
from gas.scopes import Scope
from gas.standing import Standing
from web.annotations.jobs import ResultFile, files_at_hand
from web.api.operations import ApiModel


def moment(seconds: int | None) -> datetime | None:
    """`seconds` since 1970 as a moment in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def sure(seconds: int) -> datetime:
    """As `moment`, where there is one for certain."""
    return datetime.fromtimestamp(seconds, UTC)


class Options(ApiModel):
    """What the engine is asked to do."""

    pack: str = Field(default=JobOptions().pack, min_length=1, max_length=200)
    """Name of a reference pack (`GET /packs`)."""
    format: OutputFormat = OutputFormat.CSQ
    """What the annotated VCF holds: `CSQ` as VEP writes it, `ANN` as SnpEff, `BCSQ` as bcftools
    csq, or the keys of AnnTools of 2012 (`classic`)."""
    transcripts: Transcripts = Transcripts.ALL
    """Whether the annotated VCF tells of all transcripts of an allele or of the picked one; the
    table has all. `bcsq` takes `all` only."""
    strict: bool = False
    """Refuse the file if any record is faulty, instead of passing such records through."""
    contig_names: dict[str, str] = Field(default_factory=dict, max_length=64)
    """Contigs that are called otherwise in the file: its name, then the pack's."""

    @classmethod
    def of(cls, options: JobOptions) -> Self:
        return cls(**options.model_dump())


class JobProgress(ApiModel):
    """How far the engine is."""

    records_done: int
    percent: float
    """Of the input's bytes, 0 to 100."""


class Queue(ApiModel):
    """What is before a job that waits."""

    own_jobs_before: int
    other_jobs_before: int
    all_counted: bool
    """False: there are more than were counted."""


class ReceiptCounts(ApiModel):
    """Every record of the input is accounted for: `records_in` is the sum of the others."""

    records_in: int
    records_annotated: int
    skipped: dict[str, int]
    """Records passed through unchanged, by reason."""


class JobFailure(ApiModel):
    """Why a job failed."""

    code: str
    message: str
    remedy: str
    line: int | None
    """1-based line of the input, where the cause stands in one."""

    @classmethod
    def of(cls, failure: Failure) -> Self:
        return cls(
            code=failure.code, message=failure.message, remedy=failure.remedy, line=failure.line
        )


class ResultFileInfo(ApiModel):
    """A file that a job left."""

    kind: ResultFile
    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, kind: ResultFile, stored: StoredFile) -> Self:
        return cls(kind=kind, name=stored.name, size=stored.size, sha256=stored.sha256)


class JobResults(ApiModel):
    """Where the results are, and what of them can be had now."""

    situation: Situation
    open_until: AwareDatetime | None
    """On the Free plan: until when they can be downloaded."""
    expected_at: AwareDatetime | None
    """When they should be back from the archive."""
    files: Sequence[ResultFileInfo]
    """What can be downloaded now."""


class JobDocument(ApiModel):
    """One job."""

    job_id: UUID
    status: JobStatus
    file_name: str
    size: int
    submitted_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    attempts: int
    max_attempts: int
    options: Options
    progress: JobProgress
    queue: Queue | None
    """Of a job that waits."""
    seconds_to_end: int | None
    """An estimate from measured speed; null: there is no basis for one."""
    receipt: ReceiptCounts | None
    failure: JobFailure | None
    results: JobResults
    retry_of: UUID | None
    """The job whose input this one annotates once more."""
    retried_by: UUID | None

    @classmethod
    def of(cls, job: Job, access: ResultsAccess, found: Standing | None = None) -> Self:
        waits = found is not None and job.job_status is JobStatus.PENDING
        ends = found.seconds_to_end if found else None
        return cls(
            job_id=UUID(job.job_id),
            status=job.job_status,
            file_name=job.input_file_name,
            size=job.input_size,
            submitted_at=sure(job.submit_time),
            started_at=moment(job.start_time),
            finished_at=moment(job.complete_time),
            attempts=job.attempts,
            max_attempts=MAX_ATTEMPTS,
            options=Options.of(job.options),
            progress=JobProgress(
                records_done=job.progress.records_done, percent=job.progress.percent
            ),
            queue=_queue(found) if waits and found else None,
            seconds_to_end=None if ends is None else round(ends),
            receipt=_receipt(job),
            failure=JobFailure.of(job.failure) if job.failure else None,
            results=JobResults(
                situation=access.situation,
                open_until=moment(access.open_until),
                expected_at=moment(access.expected_at),
                files=[
                    ResultFileInfo.of(kind, stored)
                    for kind, stored in files_at_hand(job, access).items()
                ],
            ),
            retry_of=UUID(job.retry_of) if job.retry_of else None,
            retried_by=UUID(job.retried_by) if job.retried_by else None,
        )


class JobList(ApiModel):
    """One page of jobs."""

    jobs: Sequence[JobDocument]
    next_cursor: str | None
    """Give it as `cursor` to get the following page; null: this was the last."""


class FileLink(ResultFileInfo):
    """A file, and where to get it for a short while."""

    url: str
    expires_in: int
    """Seconds."""


class PackSummary(ApiModel):
    """A reference pack."""

    name: str
    pack_id: str
    """Changes with the content."""
    assembly: str
    contigs: int
    stores: Sequence[str]
    """Known variants and regions it holds."""


class PackList(ApiModel):
    """The reference packs of this service."""

    packs: Sequence[PackSummary]


class PackContigInfo(ApiModel):
    """A contig of a pack."""

    name: str
    length: int
    aliases: Sequence[str]


class PackSourceInfo(ApiModel):
    """What a pack was made from."""

    what: str
    package: str
    version: str
    licence: str


class PackDocument(PackSummary):
    """A reference pack in full."""

    contig_list: Sequence[PackContigInfo]
    sources: Sequence[PackSourceInfo]


class AccountDocument(ApiModel):
    """Whose token this is, their plan, and what they use."""

    user_id: UUID
    name: str
    email: str
    plan: Plan
    max_upload_bytes: int
    max_running_jobs: int
    keeps_results: bool
    requests_per_minute: int
    jobs: Mapping[str, int]
    """How many there are in each state."""
    stored_bytes: int
    """Inputs and results together, in the archive too."""


class TokenInfo(ApiModel):
    """A personal access token; itself it is shown once, where it is made."""

    token_id: str
    name: str
    ending: str
    scopes: Sequence[Scope]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None

    @classmethod
    def of(cls, token: AccessToken) -> Self:
        return cls(
            token_id=token.token_id,
            name=token.name,
            ending=token.ending,
            scopes=sorted(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
        )


class TokenList(ApiModel):
    """The live tokens of the account."""

    tokens: Sequence[TokenInfo]


def _queue(found: Standing) -> Queue:
    return Queue(
        own_jobs_before=found.own_before,
        other_jobs_before=found.others_before,
        all_counted=found.all_counted,
    )


def _receipt(job: Job) -> ReceiptCounts | None:
    if job.results is None:
        return None
    return ReceiptCounts(
        records_in=job.results.records_in,
        records_annotated=job.results.records_annotated,
        skipped=dict(job.results.skipped),
    )
