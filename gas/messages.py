"""The messages services send each other: versioned, typed, as small as can be.

A message names a job; its reader looks the job up, so a message can be late, repeated or out
of order without harm. Readers accept unknown fields (a newer sender) and refuse unknown
versions. The contracts are documented in docs/architecture.md.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self, TypeVar, overload
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gas.access import Role
from gas.errors import InvalidMessage
from gas.jobs import ArchiveReference, JobOptions, JobStatus
from gas.plans import Plan

_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_ARCHIVE_KEY = re.compile(r"(?:.*/)?(?P<user_id>[^/]+)/(?P<job_id>[^/~]+)~")
"""How the key of every archive in the archives bucket begins."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_json(self) -> str:
        """The wire form."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The message in `text`.

        Raises:
            InvalidMessage: `text` does not follow this contract.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the message"
            raise InvalidMessage(f"{cls.__name__}: {where}: {first['msg']}") from error


_A = TypeVar("_A", bound=_Message)
_B = TypeVar("_B", bound=_Message)
_C = TypeVar("_C", bound=_Message)
_D = TypeVar("_D", bound=_Message)


@overload
def one_of(text: str | bytes, a: type[_A], b: type[_B], /) -> _A | _B: ...
@overload
def one_of(text: str | bytes, a: type[_A], b: type[_B], c: type[_C], /) -> _A | _B | _C: ...
@overload
def one_of(
    text: str | bytes, a: type[_A], b: type[_B], c: type[_C], d: type[_D], /
) -> _A | _B | _C | _D: ...
def one_of(text: str | bytes, /, *contracts: type[_Message]) -> _Message:
    """The message in `text`, by its `type`: for a queue that carries several contracts.

    Raises:
        InvalidMessage: `text` follows none of them.
    """
    kind = _object(text).get("type")
    for contract in contracts:
        if contract.model_fields["type"].default == kind:
            return contract.from_json(text)
    raise InvalidMessage(f"no message of this queue has the type {str(kind)[:100]!r}")


def _object(text: str | bytes) -> Mapping[str, Any]:
    """The JSON object in `text`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage("the message is not JSON") from error
    if not isinstance(found, dict):
        raise InvalidMessage("the message is not a JSON object")
    return found


class JobRequested(_Message):
    """web, register_upload → topic job_requests → annotator: this job waits to be run."""

    type: Literal["job_requested"] = "job_requested"
    version: Literal[1] = 1
    job_id: str = Field(pattern=_UUID)
    user_id: str


class JobFinished(_Message):
    """annotator → topic job_results → notify: this job has reached a final status."""

    type: Literal["job_finished"] = "job_finished"
    version: Literal[1] = 1
    job_id: str = Field(pattern=_UUID)
    user_id: str
    job_status: JobStatus


class ArchiveRequested(_Message):
    """archive_due, restore, sweep → topic archive_requests → archiver: look at these results.

    The archiver reads the plan at that moment: Free results past their time are archived,
    Premium ones stay.
    """

    type: Literal["archive_requested"] = "archive_requested"
    version: Literal[1] = 1
    job_id: str = Field(pattern=_UUID)
    user_id: str


class UserArchiveRequested(_Message):
    """billing → topic archive_requests → archiver: this user's plan ended; look at all results."""

    type: Literal["user_archive_requested"] = "user_archive_requested"
    version: Literal[1] = 1
    user_id: str


class ThawRequested(_Message):
    """billing, archiver → topic thaw_requests → thaw: bring back all that is cold of this user."""

    type: Literal["thaw_requested"] = "thaw_requested"
    version: Literal[1] = 1
    user_id: str
    job_id: str | None = Field(default=None, pattern=_UUID)
    """This job for certain: the index may not show it yet."""


class PremiumSweepRequested(_Message):
    """sweep → topic thaw_requests → thaw: look for Premium users with anything still cold."""

    type: Literal["premium_sweep_requested"] = "premium_sweep_requested"
    version: Literal[1] = 1
    after_user_id: str = ""
    """Go on behind this account; a long list is worked through in several messages."""


class ArchiveRetrieved(_Message):
    """cold storage, thaw → topic thaw_completed → restore: something of this job can be fetched.

    A hint to look at the job's retrievals, no more: a retrieval that failed says the same.
    """

    type: Literal["archive_retrieved"] = "archive_retrieved"
    version: Literal[1] = 1
    job_id: str = Field(pattern=_UUID)
    user_id: str = Field(pattern=_UUID)

    @classmethod
    def all_from_json(cls, text: str | bytes, *, archives_bucket: str) -> list[Self]:
        """The jobs that a message of the topic names, whoever sent it.

        Read are our own message, the event `ObjectRestore:Completed` of S3 (the archives' keys
        begin as all our keys do, with user and job) and the completion notice of a Glacier vault
        (whose `JobDescription` is our `ArchiveReference`). A test event, another event and
        another bucket name nothing.

        Raises:
            InvalidMessage: `text` is none of these.
        """
        found = _object(text)
        if "type" in found:
            return [cls.from_json(text)]
        if found.get("Event") == "s3:TestEvent":
            return []
        try:
            if "Records" in found:
                return list(cls._of_s3(found["Records"], archives_bucket))
            return [cls._of_vault(found)]
        except (KeyError, TypeError, AttributeError, ValidationError) as error:
            raise InvalidMessage(f"not a notice of cold storage: {error!r}") from error

    @classmethod
    def _of_s3(cls, records: list[Any], archives_bucket: str) -> Iterator[Self]:
        for record in records:
            restored = record["eventName"].removeprefix("s3:") == "ObjectRestore:Completed"
            if restored and record["s3"]["bucket"]["name"] == archives_bucket:
                whose = _ARCHIVE_KEY.match(unquote_plus(record["s3"]["object"]["key"]))
                yield cls.model_validate(whose.groupdict() if whose else {})

    @classmethod
    def _of_vault(cls, notice: Mapping[str, Any]) -> Self:
        if notice["Action"] != "ArchiveRetrieval":
            raise InvalidMessage(f"not a retrieval: {str(notice['Action'])[:100]!r}")
        reference = ArchiveReference.model_validate_json(notice["JobDescription"])
        return cls(job_id=reference.job_id, user_id=reference.user_id)


class ResultsRestored(_Message):
    """thaw → topic job_results → notify: all of this user's archived results are back."""

    type: Literal["results_restored"] = "results_restored"
    version: Literal[1] = 1
    user_id: str
    email: str
    jobs: int
    """How many jobs got their results back."""
    restored_at: int | None = None
    """When the last of them was back; None: the sender was an older one."""


class AccountNotice(_Message):
    """billing, erase_account, deliver_webhooks, web → topic job_results → notify: tell the user by
    mail what became of their plan, their account, their endpoint or their tokens."""

    type: Literal["account_notice"] = "account_notice"
    version: Literal[1] = 1
    notice_id: str
    """The same for every repetition of this notice."""
    user_id: str
    email: str
    kind: Literal[
        "premium_started",
        "premium_will_end",
        "premium_ended",
        "payment_failed",
        "payment_recovered",
        "account_deleted",
        "webhook_disabled",
        "token_made",
    ]
    until: int | None = None
    """The time the notice speaks of: end of the paid period, end of the grace period."""
    attachment: str | None = None
    """Text that belongs to the notice, such as a deletion certificate."""


class ProjectInvitation(_Message):
    """web → topic job_results → notify: somebody is asked into a project, perhaps without an
    account."""

    type: Literal["project_invitation"] = "project_invitation"
    version: Literal[1] = 1
    invitation_id: str
    email: str
    project: str
    """What the project is called."""
    invited_by: str
    """Who asks."""
    role: Role
    until: int
    """When the invitation lapses."""


class WebhookDue(_Message):
    """web, deliver_webhooks → queue webhooks → deliver_webhooks: this try of a delivery is due."""

    type: Literal["webhook_due"] = "webhook_due"
    version: Literal[1] = 1
    user_id: str
    endpoint_id: str = Field(pattern=_UUID)
    delivery_id: str
    round: int = Field(ge=1)
    """Grows with every replay."""
    attempt: int = Field(ge=1)
    """Of this round."""


class ImportDue(_Message):
    """web, fetch_import, sweep → queue imports → fetch_import: go on with this import.

    A hint to look at the import, no more: how far it is stands in the table.
    """

    type: Literal["import_due"] = "import_due"
    version: Literal[1] = 1
    user_id: str
    import_id: str = Field(pattern=_UUID)


class AccountErasureRequested(_Message):
    """web → topic account_erasures → erase_account: remove everything of this user."""

    type: Literal["account_erasure_requested"] = "account_erasure_requested"
    version: Literal[1] = 1
    erasure_id: str = Field(pattern=_UUID)
    user_id: str
    email: str
    requested_at: int
    """Jobs submitted later belong to a new account of the same person."""


class JobErasureRequested(_Message):
    """web, sweep → topic account_erasures → erase_account: remove this job, which its user has
    deleted. It deletes nothing that is not marked as deleted (`Job.erasing_at`)."""

    type: Literal["job_erasure_requested"] = "job_erasure_requested"
    version: Literal[1] = 1
    job_id: str = Field(pattern=_UUID)
    user_id: str


class Submission(_Message):
    """web → signed POST (S3 object metadata) → whoever registers the upload as a job.

    It travels inside the signed policy, so the browser cannot change it, and it stays with the
    object, so the job can be made from the upload alone when the browser never comes back.
    """

    type: Literal["submission"] = "submission"
    version: Literal[1] = 1
    user_email: str
    file_name: str
    options: JobOptions = JobOptions()
    plan: Plan = Plan.FREE
    """The user's plan when the upload was signed."""
    retry_of: str | None = Field(default=None, pattern=_UUID)
    """The job whose input this is a copy of."""
    traceparent: str = ""
    """The trace in which the upload was signed: S3's own events carry none."""


class S3ObjectCreated(BaseModel):
    """One record of an S3 event notification, as far as we read it."""

    bucket: str
    key: str

    @classmethod
    def all_from_json(cls, text: str | bytes) -> list[Self]:
        """The created objects that an S3 notification names; none for `s3:TestEvent`.

        Raises:
            InvalidMessage: `text` is no S3 notification.
        """
        try:
            event = json.loads(text)
            if event.get("Event") == "s3:TestEvent":
                return []
            return [
                cls(
                    bucket=record["s3"]["bucket"]["name"],
                    key=unquote_plus(record["s3"]["object"]["key"]),
                )
                for record in event["Records"]
                if record["eventName"].startswith("ObjectCreated:")
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidMessage(f"not an S3 event notification: {error!r}") from error
