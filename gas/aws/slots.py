"""The lines of the users on DynamoDB: table `user_slots`, key `user_id`."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gas.aws.faults import code_of, neighbour
from gas.slots import Line

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class DynamoLineTable:
    """`gas.slots.LineTable` on one DynamoDB table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, user_id: str) -> Line:
        with neighbour("The job database"):
            answer = self._client.get_item(
                TableName=self._table, Key={"user_id": {"S": user_id}}, ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return Line()
        return Line(
            running={who: int(until["N"]) for who, until in item["running"]["M"].items()},
            waiting={who: int(at["N"]) for who, at in item["waiting"]["M"].items()},
            version=int(item["version"]["N"]),
        )

    def write(self, user_id: str, line: Line, *, expires_at: int) -> bool:
        item: dict[str, AttributeValueTypeDef] = {
            "user_id": {"S": user_id},
            "running": {"M": {who: {"N": str(until)} for who, until in line.running.items()}},
            "waiting": {"M": {who: {"N": str(at)} for who, at in line.waiting.items()}},
            "version": {"N": str(line.version + 1)},
            "expires_at": {"N": str(expires_at)},
        }
        with neighbour("The job database"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(user_id) OR version = :seen",
                    ExpressionAttributeValues={":seen": {"N": str(line.version)}},
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True
