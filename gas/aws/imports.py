"""Imports in one DynamoDB table and one queue.

Open imports carry `open` and `look_at`: the sparse index by which the sweeper finds those that
stand still.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gas.aws.faults import code_of, neighbour
from gas.aws.values import as_item, as_plain
from gas.imports.models import Import
from gas.messages import ImportDue

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

_TABLE = "The table of imports"
_OPEN = "open"
_STUCK_INDEX = "open_imports"
_MOST = 1000
"""As many imports of one user are looked through: those of a week."""


class DynamoImports:
    """`gas.imports.ports.ImportStore` on one DynamoDB table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create(self, new: Import) -> bool:
        return self._put(new, "attribute_not_exists(user_id)", {})

    def get(self, user_id: str, import_id: str) -> Import | None:
        with neighbour(_TABLE):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(user_id, import_id), ConsistentRead=True
            )
        return _import(answer["Item"]) if "Item" in answer else None

    def of_user(self, user_id: str) -> Sequence[Import]:
        with neighbour(_TABLE):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="user_id = :user",
                ExpressionAttributeValues={":user": {"S": user_id}},
                ConsistentRead=True,
                PaginationConfig={"MaxItems": _MOST},
            )
            found = [_import(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda each: (each.created_at, each.import_id), reverse=True)

    def replace(self, changed: Import) -> Import | None:
        written = changed.model_copy(update={"version": changed.version + 1})
        seen = {":seen": changed.version}
        return written if self._put(written, "version = :seen", seen) else None

    def stuck(self, *, now: int, limit: int) -> Sequence[Import]:
        with neighbour(_TABLE):
            answer = self._client.query(
                TableName=self._table,
                IndexName=_STUCK_INDEX,
                KeyConditionExpression="#open = :open AND look_at <= :now",
                ExpressionAttributeNames={"#open": _OPEN},
                ExpressionAttributeValues={":open": {"S": _OPEN}, ":now": {"N": str(now)}},
                Limit=limit,
            )
        return [_import(item) for item in answer["Items"]]

    def erase(self, user_id: str, *, up_to: int) -> None:
        while old := [each for each in self.of_user(user_id) if each.created_at <= up_to]:
            for each in old:
                with neighbour(_TABLE):
                    self._client.delete_item(
                        TableName=self._table, Key=_key(user_id, each.import_id)
                    )

    def _put(self, wanted: Import, condition: str, values: Mapping[str, Any]) -> bool:
        given = {"ExpressionAttributeValues": as_item(values)} if values else {}
        with neighbour(_TABLE):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_item(wanted),
                    ConditionExpression=condition,
                    **given,  # type: ignore[arg-type]  # the stub cannot tell an optional one
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True


class SqsImportQueue:
    """`gas.imports.ports.ImportQueue` on one SQS queue; the user's own turn in a fair queue."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, due: ImportDue, *, delay: int) -> None:
        with neighbour("The queue of imports"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=due.to_json(),
                DelaySeconds=delay,
                MessageGroupId=due.user_id,
            )


def _item(wanted: Import) -> dict[str, Any]:
    item = as_item(wanted.model_dump(mode="json"))
    if wanted.is_open:
        item |= {_OPEN: {"S": _OPEN}, "look_at": {"N": str(wanted.look_at)}}
    return item


def _import(item: Mapping[str, Any]) -> Import:
    return Import.model_validate(as_plain(item))


def _key(user_id: str, import_id: str) -> dict[str, Any]:
    return {"user_id": {"S": user_id}, "import_id": {"S": import_id}}
