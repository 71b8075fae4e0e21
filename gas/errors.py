"""What can go wrong, said once.

A domain error carries a stable `code` for machines, a `message` for a person, a `remedy` that
says what to do, and `retryable`: whether the same request may succeed later. Each surface
(pages, JSON, worker) has one mapper that turns these into its own form.
"""

from typing import ClassVar


class GasError(Exception):
    """Base of all domain errors. Subclasses fix `code` and `retryable`."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False
    upgrade_helps: bool = False
    """Whether a Free user would not have been refused on Premium."""

    def __init__(
        self, message: str, *, remedy: str = "", upgrade_helps: bool | None = None
    ) -> None:
        """`upgrade_helps`: where it is not as it mostly is with errors of this kind."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if upgrade_helps is not None:
            self.upgrade_helps = upgrade_helps


class NotFound(GasError):
    """The thing does not exist, or belongs to somebody else: a stranger cannot tell which."""

    code = "not_found"


class NotAllowed(GasError):
    """They may see the thing, but not do this with it."""

    code = "not_allowed"


class InvalidUpload(GasError):
    """An upload that this service did not sign, or whose key or bucket is not the user's own."""

    code = "invalid_upload"


class UploadMissing(GasError):
    """The object is not in the inputs bucket (yet)."""

    code = "upload_missing"
    retryable = True


class UploadGone(GasError):
    """An upload in parts that the file store does not know any more: it has to begin again."""

    code = "upload_gone"


class UploadIncomplete(GasError):
    """An upload in parts of which some have not arrived."""

    code = "upload_incomplete"
    retryable = True


class UploadTooLarge(GasError):
    """The file is larger than the plan allows."""

    code = "upload_too_large"
    upgrade_helps = True


class InvalidRequest(GasError):
    """A parameter is missing or malformed."""

    code = "invalid_request"


class ResultsNotReady(GasError):
    """The job has no result (yet): it is still queued or running, or it failed."""

    code = "results_not_ready"
    retryable = True


class FreeWindowOver(GasError):
    """The Free plan's time to download these results is over."""

    code = "free_window_over"
    upgrade_helps = True


class ResultsArchived(GasError):
    """The results are in cold storage, and stay there on the Free plan."""

    code = "results_archived"
    upgrade_helps = True


class ResultsRestoring(GasError):
    """The results are on their way back from cold storage."""

    code = "results_restoring"
    retryable = True


class ResultsDeleted(GasError):
    """The results were deleted."""

    code = "results_deleted"


class JobEnded(GasError):
    """The job has reached its final status, so that it can no longer be cancelled."""

    code = "job_ended"


class JobNotEnded(GasError):
    """The job still waits or runs, so that it cannot be run again."""

    code = "job_not_ended"
    retryable = True


class InputGone(GasError):
    """The uploaded file of a job is no longer there."""

    code = "input_gone"


class InvalidMessage(GasError):
    """A queue message that does not follow its contract. It goes to the dead-letter queue."""

    code = "invalid_message"


class InvalidSignature(GasError):
    """A webhook call whose signature, certificate, topic or age is not acceptable."""

    code = "invalid_signature"


class MailRefused(GasError):
    """The mail service will never accept this mail: bad address, suppressed recipient."""

    code = "mail_refused"


class LeaseLost(GasError):
    """Another worker has taken the job over, or it was cancelled: stop working on it."""

    code = "lease_lost"


class CapacityLacking(GasError):
    """Cold storage has no room for a retrieval in this tier just now; another tier has."""

    code = "capacity_lacking"
    retryable = True


class ArchiveDamaged(GasError):
    """What came back from cold storage is not what went in. Nothing good is overwritten by it."""

    code = "archive_damaged"


class ServiceUnavailable(GasError):
    """A neighbour (S3, DynamoDB, SNS, Globus, …) cannot be reached just now."""

    code = "service_unavailable"
    retryable = True
