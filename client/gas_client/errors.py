"""What can go wrong, each with a stable `code`, a `message` and a `remedy` for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gas_client.models import Job


class GasError(Exception):
    """Base of all errors of this package."""

    def __init__(
        self, message: str, *, code: str = "error", remedy: str = "", retryable: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.remedy = remedy
        self.retryable = retryable
        """Whether the same may succeed later."""


class Mistake(GasError):
    """What was asked for makes no sense: a file that is not there, an option that is none."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message, code="mistake", remedy=remedy)


class Unreachable(GasError):
    """The server cannot be reached, or the connection broke."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            code="unreachable",
            remedy="Check the network, the address and the proxy settings, then try again.",
            retryable=True,
        )


class Unexpected(GasError):
    """The answer is not one of GAS, or of a form that this client does not know."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            code="unexpected_answer",
            remedy="Check the address of the service, or install a newer gas-client.",
        )


class ApiError(GasError):
    """The service, or its file store, refused. `status` is the HTTP status."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        remedy: str = "",
        retryable: bool = False,
        request_id: str = "",
        upgrade: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, remedy=remedy, retryable=retryable)
        self.status = status
        self.request_id = request_id
        self.upgrade = upgrade
        """Where Premium is had, if it helps."""
        self.retry_after = retry_after
        """Seconds."""


class NotLoggedIn(ApiError):
    """There is no token, or it opens nothing."""


class Unavailable(ApiError):
    """The service cannot answer just now, or has been asked too often."""


class Damaged(GasError):
    """What arrived is not what was sent."""

    def __init__(self, message: str, *, remedy: str = "Try again.") -> None:
        super().__init__(message, code="damaged", remedy=remedy, retryable=True)


class TimedOut(GasError):
    """The job has not ended within the time that was given. It goes on."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="timed_out", remedy="Wait for it once more.", retryable=True)


class JobFailed(GasError):
    """A job has ended without results; `job.failure` says why."""

    def __init__(self, job: Job) -> None:
        failure = job.failure
        super().__init__(
            f"{job.file_name}: {failure.message if failure else f'the job is {job.status}.'}",
            code=failure.code if failure else job.status.lower(),
            remedy=failure.remedy if failure else "",
        )
        self.job = job
