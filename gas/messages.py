"""The messages services send each other: versioned, typed, as small as can be.

A message names a job; its reader looks the job up, so a message can be late, repeated or out
of order without harm. Readers accept unknown fields (a newer sender) and refuse unknown
versions. The contracts are documented in docs/architecture.md.
"""

import json
from typing import Literal, Self
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gas.errors import InvalidMessage
from gas.jobs import JobOptions, JobStatus

_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


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
