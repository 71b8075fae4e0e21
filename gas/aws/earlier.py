"""Which content was annotated before, on DynamoDB: table `earlier_jobs`, keys `user_id`, `digest`.

Actions: the annotator `dynamodb:PutItem`, the web app `dynamodb:GetItem`, erase_account
`dynamodb:DeleteItem`.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gas.aws.faults import code_of, neighbour

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_TABLE = "The table of earlier jobs"


class DynamoEarlierJobs:
    """`gas.earlier.EarlierJobs` on one DynamoDB table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def note(self, user_id: str, digest: str, job_id: str, *, at: int, expires_at: int) -> bool:
        item = _key(user_id, digest) | {
            "job_id": {"S": job_id},
            "completed_at": {"N": str(at)},
            "expires_at": {"N": str(expires_at)},
        }
        with neighbour(_TABLE):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(user_id) OR completed_at <= :at",
                    ExpressionAttributeValues={":at": {"N": str(at)}},
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def find(self, user_id: str, digest: str) -> str | None:
        with neighbour(_TABLE):
            answer = self._client.get_item(TableName=self._table, Key=_key(user_id, digest))
        item = answer.get("Item")
        return item["job_id"]["S"] if item else None

    def forget(self, user_id: str, digest: str, job_id: str) -> None:
        with neighbour(_TABLE):
            try:
                self._client.delete_item(
                    TableName=self._table,
                    Key=_key(user_id, digest),
                    ConditionExpression="job_id = :job",
                    ExpressionAttributeValues={":job": {"S": job_id}},
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":  # a later job's, or gone
                    raise


def _key(user_id: str, digest: str) -> "dict[str, AttributeValueTypeDef]":
    return {"user_id": {"S": user_id}, "digest": {"S": digest}}
