"""Jobs as items of the `annotations` table: conversion, conditional updates, pages of an index."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from botocore.exceptions import ClientError

from gas.aws.faults import code_of, neighbour
from gas.aws.shares import Shares
from gas.aws.values import as_item, as_plain
from gas.errors import InvalidRequest
from gas.jobs import Job
from gas.ledger import sweep_shard
from gas.ports import JobPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        KeysAndAttributesOutputTypeDef,
        KeysAndAttributesTypeDef,
        QueryInputTypeDef,
        UpdateItemInputTypeDef,
    )

_DATABASE = "The job database"
_END_OF_TIME = 10**12

SET_SWEEP = "sweep_shard = :sweep_shard, sweep_at = :sweep_at"
"""Part of an update's SET; its values are those of `sweep_values`."""


class JobTable:
    """One DynamoDB table with key `job_id`. No request scans.

    With every change of a job its share in the sums of its user is kept (`gas.aws.shares`). Every
    method raises ServiceUnavailable when the database cannot be reached.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self.shares = Shares(client, table)

    def insert(self, job: Job) -> bool:
        """Store a new job. False when the id is there already."""
        inserted = self.shares.insert(job)
        if inserted is not None:
            return inserted
        with neighbour(_DATABASE):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=as_item(job.to_record()),
                    ConditionExpression="attribute_not_exists(job_id)",
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def get(self, job_id: str) -> Job | None:
        """The job, read consistently, or None."""
        item = self.shares.read(job_id)
        return _job(item) if item is not None else None

    def get_many(self, job_ids: Sequence[str]) -> list[Job]:
        """Those of up to 100 jobs that there are, in this order, read consistently."""
        found: dict[str, Job] = {}
        asked: Mapping[str, KeysAndAttributesTypeDef | KeysAndAttributesOutputTypeDef] = {
            self._table: {"Keys": _keys(job_ids), "ConsistentRead": True}
        }
        while asked and job_ids:
            with neighbour(_DATABASE):
                answer = self._client.batch_get_item(RequestItems=asked)
            for item in answer["Responses"].get(self._table, []):
                found[item["job_id"]["S"]] = _job(item)
            asked = answer["UnprocessedKeys"]
        return [found[job_id] for job_id in job_ids if job_id in found]

    def update(
        self,
        job_id: str,
        changes: str,
        condition: str,
        values: Mapping[str, Any],
        *,
        names: Mapping[str, str] | None = None,
    ) -> Job | None:
        """Conditional update; the job as it is afterwards, or None when the condition failed.

        `values` and `names` stand for the placeholders `:value` and `#name` of both expressions.
        """
        request: UpdateItemInputTypeDef = {
            "TableName": self._table,
            "Key": {"job_id": {"S": job_id}},
            "UpdateExpression": changes,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": as_item(values),
            "ReturnValues": "ALL_NEW",
        }
        if names:
            request["ExpressionAttributeNames"] = names
        with neighbour(_DATABASE):
            try:
                answer = self._client.update_item(**request)
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return None
                raise
        self.shares.settle_quietly(answer["Attributes"])
        return _job(answer["Attributes"])

    def delete(self, job_id: str) -> None:
        """Forget the job; no error when it is gone already. It must be out of the sums."""
        with neighbour(_DATABASE):
            self._client.delete_item(TableName=self._table, Key={"job_id": {"S": job_id}})

    def page(
        self,
        index: "Index",
        owner: str,
        *,
        newest_first: bool,
        limit: int,
        cursor: str | None,
    ) -> JobPage:
        """A page of the jobs that `index` lists under `owner`.

        Raises:
            InvalidRequest: `cursor` is not one that an earlier page gave.
        """
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": index.name,
            "KeyConditionExpression": f"{index.partition} = :owner",
            "ExpressionAttributeValues": {":owner": {"S": owner}},
            "ScanIndexForward": not newest_first,
            # One more than shown, so that a page that happens to end the list has no "next".
            "Limit": limit + 1,
        }
        if cursor is not None:
            query["ExclusiveStartKey"] = index.start_key(cursor, owner)
        jobs, cut_short = self._query(query)
        if len(jobs) <= limit and not cut_short:
            return JobPage(jobs=jobs, next_cursor=None)
        shown = jobs[:limit]
        return JobPage(jobs=shown, next_cursor=index.cursor(shown[-1]))

    def up_to(self, index: "Index", owner: str, *, last: int, limit: int) -> list[Job]:
        """The first jobs that `index` lists under `owner`, with a sort key of `last` at most."""
        jobs, _ = self._query(
            {
                "TableName": self._table,
                "IndexName": index.name,
                "KeyConditionExpression": f"{index.partition} = :owner AND {index.sort} <= :last",
                "ExpressionAttributeValues": {":owner": {"S": owner}, ":last": {"N": str(last)}},
                "Limit": limit,
            }
        )
        return jobs

    def first(self, index: "Index", owner: str, *, limit: int) -> list[dict[str, Any]]:
        """The first items that `index` lists under `owner`, with what it holds of them."""
        with neighbour(_DATABASE):
            answer = self._client.query(
                TableName=self._table,
                IndexName=index.name,
                KeyConditionExpression=f"{index.partition} = :owner",
                ExpressionAttributeValues={":owner": {"S": owner}},
                Limit=limit,
            )
        return [as_plain(item) for item in answer["Items"]]

    def _query(self, query: "QueryInputTypeDef") -> tuple[list[Job], bool]:
        """The jobs found, and whether DynamoDB knows of more (an answer has 1 MiB at most)."""
        with neighbour(_DATABASE):
            answer = self._client.query(**query)
        return [_job(item) for item in answer["Items"]], "LastEvaluatedKey" in answer


class Index:
    """A global secondary index: partition key a string, sort key a number."""

    def __init__(self, name: str, partition: str, sort: str) -> None:
        self.name = name
        self.partition = partition
        self.sort = sort

    def cursor(self, job: Job) -> str:
        """What names the place of `job` in the index, opaque to whoever keeps it."""
        place = json.dumps([job.job_id, getattr(job, self.sort)])
        return base64.urlsafe_b64encode(place.encode()).decode()

    def start_key(self, cursor: str, owner: str) -> dict[str, Any]:
        """The index key a cursor stands for. The owner is never taken from the cursor."""
        try:
            job_id, sort = json.loads(base64.urlsafe_b64decode(cursor))
            UUID(job_id)
            if type(sort) is not int or not 0 <= sort < _END_OF_TIME:
                raise TypeError(cursor)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise InvalidRequest(
                "This page address is not valid.", remedy="Start again from the first page."
            ) from error
        return {
            "job_id": {"S": job_id},
            self.partition: {"S": owner},
            self.sort: {"N": str(sort)},
        }


def sweep_values(job_id: str, at: int) -> dict[str, Any]:
    """The values of `SET_SWEEP`: the sweeper looks at the job at `at`."""
    return {":sweep_shard": sweep_shard(job_id), ":sweep_at": at}


def _keys(job_ids: Sequence[str]) -> list[dict[str, Any]]:
    return [{"job_id": {"S": job_id}} for job_id in job_ids]


def _job(item: Mapping[str, Any]) -> Job:
    return Job.model_validate(as_plain(item))
