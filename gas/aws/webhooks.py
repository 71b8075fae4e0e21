"""Webhooks on DynamoDB (table `webhooks`, keys `user_id` and `item`) and on SQS.

An endpoint is the item `endpoint#ID`, a delivery `delivery#ENDPOINT#DELIVERY`, whose ids sort by
time; DynamoDB forgets deliveries by itself when their `expires_at` is over.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gas.aws.faults import code_of, neighbour
from gas.aws.messaging import attribute_values, sending
from gas.aws.values import as_item, as_plain
from gas.messages import WebhookDue
from gas.webhooks.models import Delivery, Endpoint, checked_cursor
from gas.webhooks.ports import DeliveryPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef
    from mypy_boto3_sqs import SQSClient

_TABLE = "The table of webhooks"
_ENDPOINT, _DELIVERY = "endpoint#", "delivery#"


class DynamoWebhooks:
    """`gas.webhooks.ports.WebhookStore` on one DynamoDB table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create_endpoint(self, endpoint: Endpoint) -> None:
        item = _key(endpoint.user_id, _ENDPOINT + endpoint.endpoint_id)
        with neighbour(_TABLE):
            self._client.put_item(
                TableName=self._table, Item=as_item(endpoint.model_dump(mode="json")) | item
            )

    def endpoints(self, user_id: str) -> Sequence[Endpoint]:
        found = [Endpoint.model_validate(as_plain(each)) for each in self._all(user_id, _ENDPOINT)]
        return sorted(found, key=lambda each: (each.created_at, each.endpoint_id))

    def endpoint(self, user_id: str, endpoint_id: str) -> Endpoint | None:
        item = self._get(user_id, _ENDPOINT + endpoint_id)
        return None if item is None else Endpoint.model_validate(item)

    def change_endpoint(
        self,
        endpoint: Endpoint,
        changes: Mapping[str, Any],
        *,
        expect: Mapping[str, Any] | None = None,
    ) -> Endpoint | None:
        seen = expect or {}
        sets = ", ".join(f"#{name} = :new_{name}" for name in changes)
        conditions = ["attribute_exists(user_id)", *(f"#{name} = :seen_{name}" for name in seen)]
        values = {f":new_{name}": value for name, value in changes.items()}
        values |= {f":seen_{name}": value for name, value in seen.items()}
        with neighbour(_TABLE):
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(endpoint.user_id, _ENDPOINT + endpoint.endpoint_id),
                    UpdateExpression=f"SET {sets}",
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeNames={f"#{name}": name for name in {**changes, **seen}},
                    ExpressionAttributeValues=as_item(values),
                    ReturnValues="ALL_NEW",
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return None
                raise
        return Endpoint.model_validate(as_plain(answer["Attributes"]))

    def delete_endpoint(self, user_id: str, endpoint_id: str) -> bool:
        with neighbour(_TABLE):
            answer = self._client.delete_item(
                TableName=self._table,
                Key=_key(user_id, _ENDPOINT + endpoint_id),
                ReturnValues="ALL_OLD",
            )
        log = self._all(user_id, f"{_DELIVERY}{endpoint_id}#")
        self._delete(user_id, [item["item"]["S"] for item in log])
        return "Attributes" in answer

    def add_delivery(self, delivery: Delivery) -> bool:
        return self._put(delivery, "attribute_not_exists(user_id)", {})

    def delivery(self, user_id: str, endpoint_id: str, delivery_id: str) -> Delivery | None:
        item = self._get(user_id, f"{_DELIVERY}{endpoint_id}#{delivery_id}")
        return None if item is None else Delivery.model_validate(item)

    def deliveries(
        self, user_id: str, endpoint_id: str, *, limit: int, cursor: str | None = None
    ) -> DeliveryPage:
        query = self._query(user_id, f"{_DELIVERY}{endpoint_id}#")
        # One more than shown, so that a page that happens to end the list has no "next".
        query |= {"ScanIndexForward": False, "Limit": limit + 1}
        if cursor is not None:
            place = f"{_DELIVERY}{endpoint_id}#{checked_cursor(cursor)}"
            query["ExclusiveStartKey"] = _key(user_id, place)
        with neighbour(_TABLE):
            answer = self._client.query(**query)
        found = [Delivery.model_validate(as_plain(item)) for item in answer["Items"]]
        more = len(found) > limit or "LastEvaluatedKey" in answer
        shown = found[:limit]
        return DeliveryPage(shown, shown[-1].delivery_id if more and shown else None)

    def replace_delivery(self, delivery: Delivery) -> Delivery | None:
        written = delivery.model_copy(update={"version": delivery.version + 1})
        seen = {":seen": delivery.version}
        return written if self._put(written, "version = :seen", seen) else None

    def erase(self, user_id: str, *, up_to: int) -> None:
        found = self._all(user_id, "")
        old = [item for item in found if int(item["created_at"]["N"]) <= up_to]
        self._delete(user_id, [item["item"]["S"] for item in old])

    def _get(self, user_id: str, item: str) -> dict[str, Any] | None:
        with neighbour(_TABLE):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(user_id, item), ConsistentRead=True
            )
        return as_plain(answer["Item"]) if "Item" in answer else None

    def _put(self, delivery: Delivery, condition: str, values: Mapping[str, Any]) -> bool:
        name = f"{_DELIVERY}{delivery.endpoint_id}#{delivery.delivery_id}"
        given = {"ExpressionAttributeValues": as_item(values)} if values else {}
        with neighbour(_TABLE):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=as_item(delivery.model_dump(mode="json")) | _key(delivery.user_id, name),
                    ConditionExpression=condition,
                    **given,  # type: ignore[arg-type]  # the stub cannot tell an optional one
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def _query(self, user_id: str, beginning: str) -> "QueryInputTypeDef":
        condition, values = "user_id = :user", {":user": {"S": user_id}}
        if beginning:
            condition += " AND begins_with(#item, :beginning)"
            values[":beginning"] = {"S": beginning}
        names = {"ExpressionAttributeNames": {"#item": "item"}} if beginning else {}
        return {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
            **names,  # type: ignore[typeddict-item]
        }

    def _all(self, user_id: str, beginning: str) -> Iterator[Mapping[str, Any]]:
        query = self._query(user_id, beginning)
        with neighbour(_TABLE):
            while True:
                answer = self._client.query(**query)
                yield from answer["Items"]
                if "LastEvaluatedKey" not in answer:
                    return
                query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _delete(self, user_id: str, items: Sequence[str]) -> None:
        for item in items:
            with neighbour(_TABLE):
                self._client.delete_item(TableName=self._table, Key=_key(user_id, item))


class SqsDeliveryQueue:
    """`gas.webhooks.ports.DeliveryQueue` on one SQS queue; the user's own turn in a fair queue."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, due: WebhookDue, *, delay: int) -> None:
        with sending(self._url) as traced, neighbour("The queue of webhooks"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=due.to_json(),
                DelaySeconds=delay,
                MessageGroupId=due.user_id,
                MessageAttributes=attribute_values(traced),
            )


def _key(user_id: str, item: str) -> dict[str, Any]:
    return {"user_id": {"S": user_id}, "item": {"S": item}}
