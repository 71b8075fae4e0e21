"""The jobs table on DynamoDB: key `job_id`, index `user_jobs` (user_id, submit_time)."""

import base64
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from gas.aws.faults import code_of, neighbour
from gas.errors import InvalidRequest
from gas.jobs import (
    Failure,
    Job,
    JobStatus,
    Progress,
    Results,
    ResultsState,
    StoredFile,
    sources_of,
)
from gas.ports import JobPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

USER_INDEX = "user_jobs"

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class DynamoJobStore:
    """`gas.ports.JobStore` on one DynamoDB table. No request scans."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create(self, job: Job) -> bool:
        with neighbour("The job database"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={k: _serialize(_exact(v)) for k, v in job.to_record().items()},
                    ConditionExpression="attribute_not_exists(job_id)",
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def get(self, job_id: str) -> Job | None:
        with neighbour("The job database"):
            answer = self._client.get_item(
                TableName=self._table, Key={"job_id": {"S": job_id}}, ConsistentRead=True
            )
        return _job(answer["Item"]) if "Item" in answer else None

    def list_for_user(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": USER_INDEX,
            "KeyConditionExpression": "user_id = :user",
            "ExpressionAttributeValues": {":user": {"S": user_id}},
            "ScanIndexForward": False,
            # One more than shown, so that a page that happens to end the list has no "next".
            "Limit": limit + 1,
        }
        if cursor is not None:
            query["ExclusiveStartKey"] = _start_key(cursor, user_id)
        with neighbour("The job database"):
            answer = self._client.query(**query)
        jobs = [_job(item) for item in answer["Items"]]
        if len(jobs) <= limit:
            return JobPage(jobs=jobs, next_cursor=None)
        return JobPage(jobs=jobs[:limit], next_cursor=_cursor(jobs[limit - 1]))

    def mark_queued(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "queued_at", at)

    def mark_announced(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "announced_at", at)

    def mark_notified(self, job_id: str, *, at: int) -> None:
        self._mark(job_id, "notified_at", at)

    def claim(self, job_id: str, *, owner: str, now: int, lease_seconds: int) -> Job | None:
        waiting, names = _one_of(sources_of(JobStatus.RUNNING) - {JobStatus.RUNNING})
        return self._update(
            job_id,
            "SET job_status = :running, start_time = if_not_exists(start_time, :now),"
            " attempts = if_not_exists(attempts, :zero) + :one, lease_owner = :owner,"
            " lease_until = :until, progress = :progress",
            f"{waiting} OR (job_status = :running AND lease_until < :now)",
            {
                **names,
                ":running": JobStatus.RUNNING,
                ":now": now,
                ":zero": 0,
                ":one": 1,
                ":owner": owner,
                ":until": now + lease_seconds,
                ":progress": Progress().model_dump(),
            },
        )

    def cancel(self, job_id: str, *, at: int) -> Job | None:
        active, names = _one_of(sources_of(JobStatus.CANCELLED))
        return self._update(
            job_id,
            "SET job_status = :cancelled, complete_time = :at REMOVE lease_owner",
            active,
            {**names, ":cancelled": JobStatus.CANCELLED, ":at": at},
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

    def complete(self, job_id: str, *, owner: str, at: int, results: Results) -> Job | None:
        return self._update_held(
            job_id,
            owner,
            "SET job_status = :completed, results_state = :available, complete_time = :at,"
            " results = :results REMOVE lease_owner",
            {
                ":completed": JobStatus.COMPLETED,
                ":available": ResultsState.AVAILABLE,
                ":at": at,
                ":results": results.model_dump(mode="json", exclude_none=True),
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
        changes = "SET job_status = :failed, complete_time = :at, failure = :failure"
        values: dict[str, Any] = {
            ":failed": JobStatus.FAILED,
            ":at": at,
            ":failure": failure.model_dump(mode="json", exclude_none=True),
        }
        if log is not None:
            changes += ", failure_log = :log"
            values[":log"] = log.model_dump(mode="json")
        return self._update_held(job_id, owner, changes + " REMOVE lease_owner", values)

    def _mark(self, job_id: str, field: str, at: int) -> None:
        self._update(
            job_id,
            f"SET {field} = if_not_exists({field}, :at)",
            "attribute_exists(job_id)",
            {":at": at},
        )

    def _update_held(
        self, job_id: str, owner: str, changes: str, values: Mapping[str, Any]
    ) -> Job | None:
        return self._update(
            job_id,
            changes,
            "job_status = :running AND lease_owner = :owner",
            {**values, ":running": JobStatus.RUNNING, ":owner": owner},
        )

    def _update(
        self, job_id: str, changes: str, condition: str, values: Mapping[str, Any]
    ) -> Job | None:
        """Conditional update; the job as it is afterwards, or None when the condition failed."""
        with neighbour("The job database"):
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key={"job_id": {"S": job_id}},
                    UpdateExpression=changes,
                    ConditionExpression=condition,
                    ExpressionAttributeValues={k: _serialize(_exact(v)) for k, v in values.items()},
                    ReturnValues="ALL_NEW",
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return None
                raise
        return _job(answer["Attributes"])


def _one_of(statuses: Iterable[JobStatus]) -> tuple[str, dict[str, str]]:
    """The condition that the job has one of `statuses`, and the values it names."""
    names = {f":is_{status.value.lower()}": status.value for status in statuses}
    return f"job_status IN ({', '.join(sorted(names))})", names


def _job(item: Mapping[str, Any]) -> Job:
    return Job.model_validate({key: _plain(_deserialize(value)) for key, value in item.items()})


def _exact(value: Any) -> Any:
    """DynamoDB has no floats; numbers travel as decimals."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _cursor(job: Job) -> str:
    return base64.urlsafe_b64encode(json.dumps([job.job_id, job.submit_time]).encode()).decode()


def _start_key(cursor: str, user_id: str) -> dict[str, Any]:
    """The index key a cursor stands for. The user is never taken from the cursor."""
    try:
        job_id, submit_time = json.loads(base64.urlsafe_b64decode(cursor))
        if not isinstance(job_id, str) or not isinstance(submit_time, int):
            raise TypeError(cursor)
    except (ValueError, TypeError) as error:
        raise InvalidRequest(
            "This page address is not valid.", remedy="Start again from the first page."
        ) from error
    return {
        "job_id": {"S": job_id},
        "user_id": {"S": user_id},
        "submit_time": {"N": str(submit_time)},
    }
