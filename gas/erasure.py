"""Erasing accounts and single jobs: what it asks of the jobs table.

The life of an erasure: the web app publishes `AccountErasureRequested`, then forgets the account;
the function erase_account removes everything the person left and writes a certificate.

A single job: the web app takes it out of everybody's hands, so that its user sees it no more, and
publishes `JobErasureRequested`; the same function removes its files, archives and record. If the
message is lost, the sweeper finds the job and sends it again.
"""

from typing import Protocol
from uuid import UUID, uuid5

from gas.jobs import Job
from gas.ports import JobPage

# Any fixed value will do: it keeps these ids apart from other uses of UUID version 5.
_NAMESPACE = UUID("4f6b1f0e-6a53-4c39-9f3c-0d1c1f2a8e57")

CERTIFICATES = "certificates/"
"""Where certificates are kept in the results bucket; nothing personal lies there."""
CERTIFICATE_KEYS = CERTIFICATES + "keys/"
"""The public keys that certificates are signed by, one object each."""


def erasure_id_of(user_id: str, created_at: int) -> str:
    """The id of the erasure of the account that the person opened at `created_at`.

    The same however often it is asked for, so that a request that was repeated after a crash
    ends in one certificate; another one for the account that the same person opens later.
    """
    return str(uuid5(_NAMESPACE, f"{user_id} {created_at}"))


class ErasableJobs(Protocol):
    """The jobs table, as far as erasing needs it. Raises ServiceUnavailable as `JobStore`."""

    def get(self, job_id: str) -> Job | None:
        """The job, read consistently, or None."""

    def list_for_user(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        """A page of the user's jobs, newest first; the index may lag behind by a moment."""

    def begin_erasing(self, job_id: str, *, at: int) -> Job | None:
        """Take the job out of everybody's hands: PENDING or RUNNING → CANCELLED, results →
        DELETED, no sweeps, out of the index of archives. What is in cold storage stays recorded.

        The job afterwards, also when that was done before; None: there is no such job.
        """

    def remove(self, job_id: str) -> None:
        """Forget the job; no error when it is gone already."""

    def forget_user(self, user_id: str) -> None:
        """Forget the sums of a user whose jobs are all gone."""


class ErasableWebhooks(Protocol):
    """Endpoints and deliveries (`gas.webhooks`), as far as erasing needs them."""

    def erase(self, user_id: str, *, up_to: int) -> None:
        """Forget all of the user's that was made until `up_to`."""


class ErasableImports(Protocol):
    """Files under way from web addresses (`gas.imports`), as far as erasing needs them."""

    def erase(self, user_id: str, *, up_to: int) -> None:
        """Forget all of the user's that was made until `up_to`; none of it becomes a job."""


class DeletableJobs(Protocol):
    """The jobs table, as far as deleting a single job needs it."""

    def begin_deleting(self, job_id: str, *, user_id: str, at: int) -> Job | None:
        """Take the user's job out of everybody's hands, as `begin_erasing`, but have the sweeper
        look after it until it is gone. From now on its user sees it no more.

        None: there is no such job of this user, or it is being deleted already.
        """
