"""The job: what is recorded of it, and which changes of state are allowed.

Times are whole seconds since 1970-01-01 UTC. Every stored change of `job_status` or
`results_state` is a conditional write on one of the transitions below (`gas.ports.JobStore`).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gas.plans import Plan


class JobStatus(StrEnum):
    """Where the annotation of the input stands."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ResultsState(StrEnum):
    """Where the results file is kept."""

    NONE = "NONE"
    AVAILABLE = "AVAILABLE"
    ARCHIVING = "ARCHIVING"
    ARCHIVED = "ARCHIVED"
    RESTORING = "RESTORING"
    DELETED = "DELETED"


class ColdKind(StrEnum):
    """The kinds of cold storage; the values are what an archive records."""

    GLACIER_CLASS = "glacier_class"
    """An object of S3's storage class GLACIER in the archives bucket."""
    GLACIER_VAULT = "glacier_vault"
    """An archive in a vault of the original Glacier service."""
    BUCKET = "bucket"
    """An ordinary object in the archives bucket: for stores without Glacier."""


class OutputFormat(StrEnum):
    """How the annotated VCF says it: the INFO keys that the engine writes (docs/engine/cli.md)."""

    CSQ = "csq"
    """As VEP does."""
    ANN = "ann"
    """As SnpEff does."""
    BCSQ = "bcsq"
    """As bcftools csq does."""
    CLASSIC = "classic"
    """The keys of AnnTools of 2012."""


class Transcripts(StrEnum):
    """Of how many transcripts the annotated VCF tells for each allele; the table has them all."""

    ALL = "all"
    PICKED = "picked"
    """The one that `PICK` marks."""


#: RUNNING → RUNNING is the takeover of a job whose worker let its lease lapse.
JOB_TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.RUNNING: frozenset(
        {JobStatus.RUNNING, JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}
    ),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}

RESULTS_TRANSITIONS: Mapping[ResultsState, frozenset[ResultsState]] = {
    ResultsState.NONE: frozenset({ResultsState.AVAILABLE, ResultsState.DELETED}),
    ResultsState.AVAILABLE: frozenset({ResultsState.ARCHIVING, ResultsState.DELETED}),
    ResultsState.ARCHIVING: frozenset(
        {ResultsState.ARCHIVED, ResultsState.AVAILABLE, ResultsState.DELETED}
    ),
    ResultsState.ARCHIVED: frozenset({ResultsState.RESTORING, ResultsState.DELETED}),
    ResultsState.RESTORING: frozenset(
        {ResultsState.AVAILABLE, ResultsState.ARCHIVED, ResultsState.DELETED}
    ),
    ResultsState.DELETED: frozenset(),
}

#: After this many starts that ended without a result, the job is FAILED with the cause in words.
MAX_ATTEMPTS = 3

MOST_NAMES = 64
MOST_NAME_CHARS = 1000
"""What `JobOptions.contig_names` may hold."""

FINAL_STATUSES = frozenset(s for s, following in JOB_TRANSITIONS.items() if not following)


def sources_of(target: JobStatus) -> frozenset[JobStatus]:
    """The statuses from which `target` may be reached: what a conditional write must find."""
    return frozenset(s for s, following in JOB_TRANSITIONS.items() if target in following)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class JobOptions(_Record):
    """What the user asked of the engine."""

    pack: str = "demo"
    strict: bool = False
    format: OutputFormat = OutputFormat.CSQ
    transcripts: Transcripts = Transcripts.ALL
    contig_names: Mapping[str, str] = Field(default_factory=dict)
    """Contigs that are called otherwise in the file than in the pack: the file's name → the
    pack's. What the pack knows by an alias (`chr20`, `NC_000020.10`) need not be named."""

    @field_validator("contig_names")
    @classmethod
    def _fits_the_submission(cls, names: Mapping[str, str]) -> Mapping[str, str]:
        # The options travel in the metadata of an S3 object, which has room for 2 KB in all.
        if len(names) > MOST_NAMES or sum(map(len, (*names, *names.values()))) > MOST_NAME_CHARS:
            raise ValueError(
                f"at most {MOST_NAMES} contigs with together {MOST_NAME_CHARS} characters"
            )
        return names

    @model_validator(mode="after")
    def _can_be_written(self) -> Self:
        if self.format is OutputFormat.BCSQ and self.transcripts is not Transcripts.ALL:
            raise ValueError("BCSQ follows bcftools, which tells all transcripts")
        return self


class Progress(_Record):
    """How far the engine is. `percent` is of the input's bytes, 0 to 100."""

    records_done: int = 0
    percent: float = 0.0


class Failure(_Record):
    """Why a job failed, in words for its user."""

    code: str
    message: str
    remedy: str = ""
    line: int | None = None
    """1-based line of the input where the cause stands, where it has one."""
    column: int | None = None
    """1-based byte of that line."""
    found: str = ""
    """What stands there."""
    expected: str = ""
    """What should."""
    rule: str = ""
    """The paragraph that decides, such as `VCF 4.3, 1.6.1`."""
    text: str = ""
    """The offending line, or its beginning."""


class StoredFile(_Record):
    """A file of a job in the results bucket."""

    key: str
    name: str
    size: int
    sha256: str


class Results(_Record):
    """What a completed job left in the results bucket, and its nothing-lost receipt."""

    bucket: str
    annotated: StoredFile
    log: StoredFile
    summary: StoredFile
    receipt: StoredFile
    table: StoredFile | None = None
    """The annotations as Parquet; absent on jobs from before there were tables."""
    index: StoredFile | None = None
    """Of the annotated file, for access by region; absent if its records are not sorted."""
    signed_by: str = ""
    """Fingerprint of the key that signed the receipt; empty: it is not signed."""
    input_blake3: str = ""
    """Of the input's bytes, by the receipt; empty on jobs from before it was kept."""
    pack_id: str = ""
    """Of the reference pack, as it was then."""
    engine: str = ""
    """Version of AnnTools."""
    records_in: int
    records_annotated: int
    skipped: Mapping[str, int] = Field(default_factory=dict)
    """Records passed through without annotation, by reason."""

    @property
    def files(self) -> Mapping[str, StoredFile]:
        """All files there are, by what they are: the names of the fields above."""
        fields = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in fields if isinstance(value, StoredFile)}


class ArchiveReference(_Record):
    """Whose file an archive holds. It travels with the archive and comes back with every notice."""

    user_id: str
    job_id: str
    file: str
    """What the file is: a name in `Results.files`, such as `annotated`."""
    key: str
    """Its key in the results bucket."""


class StartedRetrieval(_Record):
    """A retrieval from cold storage that was asked for."""

    retrieval_id: str
    tier: str
    """`Expedited` or `Standard` (`gas.ports.Tier`)."""
    started_at: int
    expected_at: int
    """When it should be ready, by what the store promises for the tier."""


class ArchivedFile(_Record):
    """A result file in cold storage."""

    archive_id: str
    kind: ColdKind
    size: int
    sha256: str
    """Of the file as the engine wrote it; what comes back must have it too."""
    retrieval: StartedRetrieval | None = None
    back_at: int | None = None
    """When the file was back in the results bucket, its checksum verified."""


class SpentArchive(_Record):
    """An archive that is needed no more and is still to be deleted."""

    archive_id: str
    kind: ColdKind


class Job(_Record):
    """One annotation job, as recorded in the `annotations` table."""

    job_id: str
    user_id: str
    user_email: str
    input_file_name: str
    s3_inputs_bucket: str
    s3_key_input_file: str
    input_size: int
    submit_time: int
    options: JobOptions = JobOptions()
    plan: Plan = Plan.FREE
    """The user's plan at submission: how the job queues. What may be done with the results is
    decided by the plan of the moment, which only the accounts database knows."""

    job_status: JobStatus = JobStatus.PENDING
    results_state: ResultsState = ResultsState.NONE
    retry_of: str | None = None
    """The job whose input this one annotates once more."""
    retried_by: str | None = None
    """The latest job that annotates this one's input once more."""
    traceparent: str | None = None
    """Where the job's trace began (`gas.tracing`); whoever works on the job goes on with it."""

    waiting_in: Plan | None = None
    """The queue in which the job waits, from its creation until it is claimed or ends: the key of
    the sparse index `waiting`, which `submit_time` sorts."""
    queued_at: int | None = None
    """When the job's message was accepted by the topic; absent: nobody has been told yet."""
    start_time: int | None = None
    attempts: int = 0
    attempt_times: tuple[int, ...] = ()
    """When the job was claimed, each time; also those times that did not count as an attempt."""
    lease_owner: str | None = None
    lease_until: int = 0
    progress: Progress = Progress()

    complete_time: int | None = None
    """When the job reached its final status, whichever that was."""
    results: Results | None = None
    failure: Failure | None = None
    failure_log: StoredFile | None = None
    """The log of a failed job, which has no other results."""
    announced_at: int | None = None
    """When the final status was published; absent on a finished job: it is still to be done."""
    notified_at: int | None = None

    archive_at: int | None = None
    """From this time on a Free user may no longer download, and the results may be archived."""
    archive_owner: str | None = None
    archive_lease_until: int = 0
    archive_user_id: str | None = None
    """The user's id while anything of the job is, or may be, in cold storage: the key of the
    sparse index `user_archives`."""
    archived_at: int | None = None
    """When archiving began; sorts that index."""
    archives: Mapping[str, ArchivedFile] = Field(default_factory=dict)
    """What is in cold storage, by the names of `Results.files`."""
    results_file_archive_id: str | None = None
    """Archive id of the annotated file, under the name that other tools know."""
    spent_archives: tuple[SpentArchive, ...] = ()
    restored_at: int | None = None

    erasing_at: int | None = None
    """When its user deleted the job, or the erasure of the account reached it: nobody shows it or
    touches its results any more."""

    sweep_shard: str | None = None
    sweep_at: int | None = None
    """When the sweeper looks at the job; absent: the job rests. Key of the index `sweeps`."""

    @property
    def is_final(self) -> bool:
        return self.job_status in FINAL_STATUSES

    @property
    def log_file(self) -> StoredFile | None:
        """The log, whether the job completed or failed."""
        return self.results.log if self.results else self.failure_log

    @property
    def archivable(self) -> Mapping[str, StoredFile]:
        """The files that go into cold storage: the results themselves.

        Log, summary, receipt and index stay warm for ever: they are small, and they are what a
        person needs to decide whether to get the results back.
        """
        files = self.results.files if self.results else {}
        return {name: files[name] for name in ("annotated", "table") if name in files}

    @property
    def archives_as_spent(self) -> tuple[SpentArchive, ...]:
        """What is to be deleted once all results are in the bucket again."""
        archives = self.archives.values()
        spent = (SpentArchive(archive_id=each.archive_id, kind=each.kind) for each in archives)
        return (*self.spent_archives, *spent)

    def to_record(self) -> dict[str, Any]:
        """Plain data for storage; unset optional fields are left out."""
        return self.model_dump(mode="json", exclude_none=True)


class WaitingJob(NamedTuple):
    """A job that nobody has claimed yet, as the index of waiting jobs knows it."""

    job_id: str
    user_id: str
    submit_time: int


def new_job_id() -> str:
    """A fresh random job id (UUID version 4)."""
    return str(uuid4())
