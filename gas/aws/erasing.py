"""`gas.erasure.ErasableJobs` on DynamoDB.

Actions on the table: `dynamodb:GetItem`, `dynamodb:UpdateItem`, `dynamodb:DeleteItem`; on its
index `user_jobs`: `dynamodb:Query`.
"""

from typing import TYPE_CHECKING

from gas.aws.items import JobTable
from gas.aws.jobs import DynamoJobStore
from gas.jobs import Job, ResultsState
from gas.ports import JobPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
            "SET results_state = :deleted, erasing_at = if_not_exists(erasing_at, :at)"
            " REMOVE archive_user_id, archived_at, archive_owner, sweep_shard, sweep_at",
            "attribute_exists(job_id)",
            {":deleted": ResultsState.DELETED, ":at": at},
        )

    def remove(self, job_id: str) -> None:
        self._table.delete(job_id)
