"""`gas.erasure.ErasableJobs` and `gas.erasure.DeletableJobs` on DynamoDB.

Actions on the table: `dynamodb:GetItem`, `dynamodb:UpdateItem`, `dynamodb:DeleteItem`; on its
index `user_jobs`: `dynamodb:Query`.
"""

from typing import TYPE_CHECKING

from gas.aws.items import SET_SWEEP, JobTable, sweep_values
from gas.aws.jobs import DynamoJobStore
from gas.errors import ServiceUnavailable
from gas.jobs import Job, ResultsState
from gas.ledger import SWEEP_DELETED
from gas.ports import JobPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_GONE = "results_state = :deleted, erasing_at = if_not_exists(erasing_at, :at)"
_NOT_LISTED = "archive_user_id, archived_at, archive_owner"


class DynamoErasableJobs:
    """The table of the jobs, for the function that empties it of one person."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._jobs = DynamoJobStore(client, table)
        self._table = JobTable(client, table)

    def get(self, job_id: str) -> Job | None:
        return self._table.get(job_id)

    def list_for_user(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        return self._jobs.list_for_user(user_id, limit=limit, cursor=cursor)

    def begin_erasing(self, job_id: str, *, at: int) -> Job | None:
        # After the first write nobody can start or complete the job; only then its results go.
        self._jobs.cancel(job_id, at=at)
        return self._table.update(
            job_id,
            f"SET {_GONE} REMOVE {_NOT_LISTED}, sweep_shard, sweep_at",
            "attribute_exists(job_id)",
            {":deleted": ResultsState.DELETED, ":at": at},
        )

    def begin_deleting(self, job_id: str, *, user_id: str, at: int) -> Job | None:
        owned = "user_id = :user AND attribute_not_exists(erasing_at)"
        found = self._table.get(job_id)
        if found is None or found.user_id != user_id or found.erasing_at is not None:
            return None
        self._jobs.cancel(job_id, at=at)
        return self._table.update(
            job_id,
            f"SET {_GONE}, {SET_SWEEP} REMOVE {_NOT_LISTED}",
            owned,
            {
                ":deleted": ResultsState.DELETED,
                ":at": at,
                ":user": user_id,
                **sweep_values(job_id, at + SWEEP_DELETED),
            },
        )

    def remove(self, job_id: str) -> None:
        if not self._table.shares.settle(self._table.shares.read(job_id)):
            raise ServiceUnavailable("Too many are at this user's sums.", remedy="Try again.")
        self._table.delete(job_id)

    def forget_user(self, user_id: str) -> None:
        self._table.shares.forget(user_id)
