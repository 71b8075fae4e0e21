"""The jobs table on DynamoDB: key `job_id`, index `user_jobs` (user_id, submit_time)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gas.aws.items import SET_SWEEP, Index, JobTable, sweep_values
from gas.jobs import (
    Failure,
    Job,
    JobStatus,
    Progress,
    Results,
    ResultsState,
    StoredFile,
    WaitingJob,
    sources_of,
)
from gas.ledger import SWEEP_CLAIMED, SWEEP_DUE, SWEEP_ENDED
from gas.plans import Plan
from gas.ports import JobPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

USER_JOBS = Index("user_jobs", "user_id", "submit_time")
# Keys and user_id only: a job costs one unit of writing when it comes and one when it is claimed.
# As one partition bears 1,000 a second, each queue bears 500 jobs a second.
WAITING = Index("waiting", "waiting_in", "submit_time")


class DynamoJobStore:
    """`gas.ports.JobStore` on one DynamoDB table. No request scans."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = JobTable(client, table)

    def create(self, job: Job) -> bool:
        return self._table.insert(job)

    def get(self, job_id: str) -> Job | None:
        return self._table.get(job_id)

    def list_for_user(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        return self._table.page(USER_JOBS, user_id, newest_first=True, limit=limit, cursor=cursor)

    def list_waiting(self, plan: Plan, *, limit: int) -> Sequence[WaitingJob]:
        return [
            WaitingJob(item["job_id"], item["user_id"], item["submit_time"])
            for item in self._table.first(WAITING, plan.value, limit=limit)
        ]

    def mark_retried(self, job_id: str, *, by: str) -> None:
        self._table.update(job_id, "SET retried_by = :by", "attribute_exists(job_id)", {":by": by})

    def mark_queued(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "queued_at", at)

    def mark_announced(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "announced_at", at)

    def mark_notified(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "notified_at", at)

    def claim(self, job_id: str, *, owner: str, now: int, lease_seconds: int) -> Job | None:
        waiting, names = _one_of(sources_of(JobStatus.RUNNING) - {JobStatus.RUNNING})
        return self._table.update(
            job_id,
            "SET job_status = :running, start_time = if_not_exists(start_time, :now),"
            " attempts = if_not_exists(attempts, :zero) + :one, lease_owner = :owner,"
            " attempt_times = list_append(if_not_exists(attempt_times, :never), :this_time),"
            f" lease_until = :until, progress = :progress, {SET_SWEEP} REMOVE waiting_in",
            f"{waiting} OR (job_status = :running AND lease_until < :now)",
            {
                **names,
                ":running": JobStatus.RUNNING,
                ":now": now,
                ":never": [],
                ":this_time": [now],
                ":zero": 0,
                ":one": 1,
                ":owner": owner,
                ":until": now + lease_seconds,
                ":progress": Progress().model_dump(),
                **sweep_values(job_id, now + SWEEP_CLAIMED),
            },
        )

    def cancel(self, job_id: str, *, at: int) -> Job | None:
        active, names = _one_of(sources_of(JobStatus.CANCELLED))
        return self._table.update(
            job_id,
            f"SET job_status = :cancelled, complete_time = :at, {SET_SWEEP}"
            " REMOVE lease_owner, waiting_in",
            active,
            {
                **names,
                ":cancelled": JobStatus.CANCELLED,
                ":at": at,
                **sweep_values(job_id, at + SWEEP_ENDED),
            },
        )

    def renew(self, job_id: str, *, owner: str, until: int, progress: Progress) -> bool:
        job = self._update_held(
            job_id,
            owner,
            "SET lease_until = :until, progress = :progress",
            {":until": until, ":progress": progress.model_dump()},
        )
        return job is not None

    def release(self, job_id: str, *, owner: str, now: int, count_attempt: bool) -> bool:
        job = self._update_held(
            job_id,
            owner,
            "SET lease_until = :past, attempts = attempts - :uncounted",
            {":past": now - 1, ":uncounted": 0 if count_attempt else 1},
        )
        return job is not None

    def complete(
        self, job_id: str, *, owner: str, at: int, results: Results, archive_at: int
    ) -> Job | None:
        return self._update_held(
            job_id,
            owner,
            "SET job_status = :completed, results_state = :available, complete_time = :at,"
            f" results = :results, archive_at = :archive_at, {SET_SWEEP} REMOVE lease_owner",
            {
                ":completed": JobStatus.COMPLETED,
                ":available": ResultsState.AVAILABLE,
                ":at": at,
                ":results": results.model_dump(mode="json", exclude_none=True),
                ":archive_at": archive_at,
                # It may not be announced, or not be archived.
                **sweep_values(job_id, min(at + SWEEP_ENDED, archive_at + SWEEP_DUE)),
            },
        )

    def fail(
        self,
        job_id: str,
        *,
        owner: str,
        at: int,
        failure: Failure,
        log: StoredFile | None = None,
    ) -> Job | None:
        changes = f"SET job_status = :failed, complete_time = :at, failure = :failure, {SET_SWEEP}"
        values: dict[str, Any] = {
            ":failed": JobStatus.FAILED,
            ":at": at,
            ":failure": failure.model_dump(mode="json", exclude_none=True),
            **sweep_values(job_id, at + SWEEP_ENDED),
        }
        if log is not None:
            changes += ", failure_log = :log"
            values[":log"] = log.model_dump(mode="json")
        return self._update_held(job_id, owner, changes + " REMOVE lease_owner", values)

    def _mark(self, job_id: str, field: str, at: int) -> None:
        self._table.update(
            job_id,
            f"SET {field} = if_not_exists({field}, :at)",
            "attribute_exists(job_id)",
            {":at": at},
        )

    def _update_held(
        self, job_id: str, owner: str, changes: str, values: Mapping[str, Any]
    ) -> Job | None:
        return self._table.update(
            job_id,
            changes,
            "job_status = :running AND lease_owner = :owner",
            {**values, ":running": JobStatus.RUNNING, ":owner": owner},
        )


def _one_of(statuses: Iterable[JobStatus]) -> tuple[str, dict[str, str]]:
    """The condition that the job has one of `statuses`, and the values it names."""
    names = {f":is_{status.value.lower()}": status.value for status in statuses}
    return f"job_status IN ({', '.join(sorted(names))})", names
