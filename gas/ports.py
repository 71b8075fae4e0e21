"""The ports: what the services need of the world, as Protocols.

`gas.aws` holds the adapters, `gas.testing` in-memory fakes; both pass the same contract tests
(`tests/integration/ports/`). Ports raise `ServiceUnavailable` when the thing behind cannot be
reached; a lost race is a normal return value, never an error.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from gas.jobs import (
    ArchiveReference,
    ColdKind,
    Failure,
    Job,
    Progress,
    Results,
    StoredFile,
    WaitingJob,
)
from gas.plans import Plan


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> int:
        """Whole seconds since 1970-01-01 UTC."""


@dataclass(frozen=True)
class JobPage:
    """One page of a user's jobs, newest first."""

    jobs: Sequence[Job]
    next_cursor: str | None
    """Opaque; pass it to get the following page. None: this was the last."""


class JobStore(Protocol):
    """The `annotations` table."""

    def create(self, job: Job) -> bool:
        """Record a new job. False when the id is there already (nothing was written)."""

    def get(self, job_id: str) -> Job | None:
        """The job, read consistently, or None."""

    def list_for_user(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        """A page of the user's jobs by submit time, newest first.

        Raises:
            InvalidRequest: `cursor` is not one this user was given.
        """

    def list_waiting(self, plan: Plan, *, limit: int) -> Sequence[WaitingJob]:
        """The first jobs that wait in this plan's queue, by submit time (eventually consistent)."""

    def mark_queued(self, job_id: str, *, at: int) -> None:
        """Note that the job's message was accepted."""

    def mark_retried(self, job_id: str, *, by: str) -> None:
        """Note that the job `by` annotates this one's input once more; nothing if it is gone."""

    def claim(self, job_id: str, *, owner: str, now: int, lease_seconds: int) -> Job | None:
        """Take the job: PENDING → RUNNING, or RUNNING whose lease lapsed before `now`.

        Counts one attempt. None when the job is not there to be taken.
        """

    def renew(self, job_id: str, *, owner: str, until: int, progress: Progress) -> bool:
        """Extend the lease and note the progress. False when `owner` no longer holds the job."""

    def release(self, job_id: str, *, owner: str, now: int, count_attempt: bool) -> bool:
        """Give the lease up so that the job may be claimed at once. False when not held.

        `count_attempt` is false when the attempt ended for no fault of the job.
        """

    def complete(
        self, job_id: str, *, owner: str, at: int, results: Results, archive_at: int
    ) -> Job | None:
        """RUNNING → COMPLETED and results AVAILABLE. None when `owner` no longer holds the job.

        `archive_at` is when a Free user's results are to be archived.
        """

    def fail(
        self,
        job_id: str,
        *,
        owner: str,
        at: int,
        failure: Failure,
        log: StoredFile | None = None,
    ) -> Job | None:
        """RUNNING → FAILED. None when `owner` no longer holds the job."""

    def cancel(self, job_id: str, *, at: int) -> Job | None:
        """PENDING or RUNNING → CANCELLED. None when the job is not there or has ended.

        A worker that holds the job finds out when it renews its lease.
        """

    def mark_announced(self, job_id: str, *, at: int) -> None:
        """Note that the final status was published."""

    def mark_notified(self, job_id: str, *, at: int) -> None:
        """Note that the user was told by mail."""


@dataclass(frozen=True)
class SignedPost:
    """A signed browser upload: POST `fields` and then the file, as form data, to `url`."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class BlobInfo:
    """What HEAD says of an object."""

    key: str
    size: int
    metadata: Mapping[str, str]
    etag: str = ""
    """Entity tag, as S3 gives it, without quotes."""
    modified_at: int = 0
    """When the object was stored."""


class BlobStore(Protocol):
    """One bucket."""

    @property
    def bucket(self) -> str:
        """The bucket's name."""

    def sign_post(
        self,
        key: str,
        *,
        min_bytes: int,
        max_bytes: int,
        expires_in: int,
        metadata: Mapping[str, str],
        redirect_to: str | None,
    ) -> SignedPost:
        """A SigV4 signed POST for exactly `key`, valid `expires_in` seconds.

        The policy fixes key, size range, private ACL, encryption and metadata. After the upload
        S3 sends the browser to `redirect_to` (303, with bucket, key and etag in the query), or,
        where that is None, answers 201: a script that shows progress cannot follow a redirect to
        another origin and keep its session.
        """

    def sign_get(self, key: str, *, expires_in: int, file_name: str, content_type: str) -> str:
        """A link that downloads the object as `file_name` for `expires_in` seconds."""

    def head(self, key: str) -> BlobInfo | None:
        """Facts of the object, or None when there is none."""

    def list(self, prefix: str, *, limit: int) -> Sequence[BlobInfo]:
        """Up to `limit` objects whose key starts with `prefix`, in key order, no metadata."""

    def download(self, key: str, path: Path) -> None:
        """Write the object to `path`, streamed.

        Raises:
            NotFound: there is no such object.
        """

    def upload(self, path: Path, key: str, *, content_type: str) -> None:
        """Store the file under `key`, streamed, encrypted, private; replaces what is there."""

    def read(self, key: str, *, start: int, length: int) -> bytes:
        """Up to `length` bytes from offset `start` (0-based).

        Raises:
            NotFound: there is no such object.
        """

    def copy(self, source: str, key: str, *, metadata: Mapping[str, str]) -> None:
        """Store the object `source` under `key` too, whatever its size, with other metadata.

        Raises:
            NotFound: there is no object `source`.
        """

    def stream(self, key: str) -> Iterator[bytes]:
        """The object's bytes in chunks of a few MiB.

        Raises, when the first chunk is asked for:
            NotFound: there is no such object.
        """

    def upload_chunks(
        self, chunks: Iterable[bytes], key: str, *, size: int, content_type: str
    ) -> None:
        """Store `size` bytes under `key`, streamed, as `upload` does.

        If `chunks` raises, or does not have `size` bytes, nothing is stored and what was there
        stays. The entity tag always differs from that of the same bytes stored by `upload`.

        Raises:
            ServiceUnavailable: also when the chunks have another size.
        """

    def delete(self, key: str, *, if_etag: str | None = None) -> bool:
        """Remove the object; True when it is gone, also when it was gone already.

        With `if_etag` only the object with this entity tag is removed; False: another one is
        there now, and stays.
        """


@dataclass(frozen=True)
class UploadedPart:
    """A part of an upload under way."""

    number: int
    """From 1."""
    size: int
    etag: str
    """Entity tag, as S3 gives it."""


class PartStore(Protocol):
    """Uploads of large objects to one bucket, in parts, most of which somebody else sends."""

    def begin(self, key: str, *, metadata: Mapping[str, str]) -> str:
        """Begin an upload of `key`, private and encrypted; its id."""

    def sign_part(
        self, key: str, upload_id: str, *, number: int, size: int, expires_in: int
    ) -> str:
        """An address to which a part of exactly `size` bytes is PUT within `expires_in` seconds."""

    def put_part(self, key: str, upload_id: str, *, number: int, body: bytes) -> UploadedPart:
        """Send a part; what was sent under its number before is replaced.

        Raises:
            UploadGone: there is no such upload (any more).
        """

    def parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        """The parts that have arrived, by number.

        Raises:
            UploadGone: there is no such upload (any more): completed, given up, or lost.
        """

    def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None:
        """Make the object of these parts.

        Raises:
            UploadGone: there is no such upload (any more).
        """

    def abort(self, key: str, upload_id: str) -> None:
        """Give the upload up and delete its parts; no error when it is gone already."""


class Retrieval(StrEnum):
    """How far a retrieval from cold storage is."""

    RUNNING = "RUNNING"
    READY = "READY"
    """The bytes can be read, for a limited time."""
    GONE = "GONE"
    """There is no such retrieval (any more): it failed, or what it brought has expired."""


class Tier(StrEnum):
    """How fast, and at what price, a retrieval is. The values are Glacier's own names."""

    EXPEDITED = "Expedited"
    STANDARD = "Standard"


class ColdStore(Protocol):
    """Cold storage of one kind: cheap to keep, and what is in it must be retrieved to be read.

    It keeps archives, each a copy of one result file, under an id of its own that is never used
    again, so that a late repetition of anything old cannot touch what is new.
    """

    @property
    def kind(self) -> ColdKind:
        """Which kind of store this is; recorded with every archive."""

    def put(self, chunks: Iterable[bytes], *, size: int, reference: ArchiveReference) -> str:
        """Store `size` bytes, streamed; the id of the archive, once it is durable and verified.

        Every byte is checked on the way by the store's own checksums (parts for S3, the tree hash
        for a vault). If `chunks` raises, or does not have `size` bytes, nothing is kept.

        Raises:
            ServiceUnavailable: try again later; what was sent so far is given up.
        """

    def begin_retrieval(self, archive_id: str, *, tier: Tier, reference: ArchiveReference) -> str:
        """Ask for the archive; the id of the retrieval. Asking again does no harm.

        When it is ready, the store says so on the topic of completed retrievals
        (`gas.messages.ArchiveRetrieved` reads what it says).

        Raises:
            CapacityLacking: not in this tier, just now.
            NotFound: there is no such archive.
            ServiceUnavailable: try again later.
        """

    def retrieval(self, archive_id: str, retrieval_id: str) -> Retrieval:
        """How far the retrieval is."""

    def read(self, archive_id: str, retrieval_id: str) -> Iterator[bytes]:
        """The bytes of a READY retrieval, streamed in chunks of a few MiB.

        Raises:
            NotFound: it has expired, or the archive is gone.
        """

    def delete(self, archive_id: str) -> None:
        """Forget the archive; no error when it is gone already."""


class Timer(Protocol):
    """Something that rings later, also when whoever set it is long gone."""

    def start(self, name: str, *, at: int, payload: Mapping[str, object]) -> None:
        """Have `payload` handed on at the time `at`, at least once.

        Starting it again under the same name does nothing.
        """


class Topic(Protocol):
    """Something that can be told, once, to many."""

    def publish(self, body: str, *, attributes: Mapping[str, str], group: str = "") -> None:
        """Returns when the message is durable.

        Queues behind the topic treat groups fairly: one with many messages does not hold up the
        others. Empty: the message belongs to none.
        """


@dataclass(frozen=True)
class QueueMessage:
    """A received message. `receipt` is good for this delivery only."""

    body: str
    receipt: str
    receive_count: int
    """How often this message was delivered, this time included."""
    group: str = ""
    """The group it was published with."""
    traceparent: str = ""
    """The trace it was published in (`gas.tracing`); empty: none is known."""


class Queue(Protocol):
    """A queue with visibility timeouts and a dead-letter queue behind it."""

    def receive(self, *, limit: int, wait_seconds: int) -> Sequence[QueueMessage]:
        """Up to `limit` (1–10) messages; waits up to `wait_seconds` (0–20) for the first."""

    def extend(self, receipt: str, *, seconds: int) -> bool:
        """Keep the message hidden for `seconds` from now. False when the receipt has lapsed."""

    def postpone(self, message: QueueMessage, *, seconds: int) -> None:
        """Put a fresh copy in the message's place, hidden for `seconds` (0–900).

        Unlike a message that was extended, the copy has never been delivered, so that waiting,
        however long, does not lead to the dead letters. Cut short, it leaves two of them.
        """

    def delete(self, receipt: str) -> None:
        """The work is durable: forget the message."""

    def bury(self, message: QueueMessage) -> None:
        """Move the message to the dead-letter queue at once, where an operator finds it."""


@dataclass(frozen=True)
class Mail:
    """A mail in both forms."""

    to: str
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    """Sends mail."""

    def send(self, mail: Mail) -> str:
        """Hand the mail over; returns the message id.

        Raises:
            MailRefused: this address or mail will never be accepted.
            ServiceUnavailable: try again later.
        """
