"""Signs of life and measured speeds on DynamoDB: table `vitals`, keys `kind` and `name`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gas.aws.faults import code_of, neighbour
from gas.throughput import Pace
from gas.vitals import Beat

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef

_TABLE = "The table of vitals"
_BEAT, _PACE = "beat", "pace"
_WHOLE = frozenset({"jobs", "measured_at", "version"})


class DynamoVitals:
    """`gas.vitals.VitalsTable` and `gas.throughput.PaceTable` on one DynamoDB table.

    All beats stand in one partition, which bears a thousand writes a second: those of 15,000
    processes. Each speed is an item of its own.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def beat(self, beat: Beat, *, expires_at: int) -> None:
        item: dict[str, AttributeValueTypeDef] = {
            **_key(_BEAT, _name(beat)),
            "service": {"S": beat.service},
            "instance": {"S": beat.instance},
            "version": {"S": beat.version},
            "started": {"N": str(beat.started)},
            "seen_at": {"N": str(beat.seen_at)},
            "detail": {"M": {name: {"N": str(value)} for name, value in beat.detail.items()}},
            "expires_at": {"N": str(expires_at)},
        }
        with neighbour(_TABLE):
            self._client.put_item(TableName=self._table, Item=item)

    def forget(self, beat: Beat) -> None:
        with neighbour(_TABLE):
            self._client.delete_item(TableName=self._table, Key=_key(_BEAT, _name(beat)))

    def beats(self) -> Sequence[Beat]:
        return [_beat(item) for item in self._all(_BEAT)]

    def paces(self) -> Mapping[str, Pace]:
        return {item["name"]["S"]: _pace(item) for item in self._all(_PACE)}

    def _all(self, kind: str) -> "Iterator[Mapping[str, AttributeValueTypeDef]]":
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "kind = :kind",
            "ExpressionAttributeValues": {":kind": {"S": kind}},
        }
        with neighbour(_TABLE):
            while True:
                answer = self._client.query(**query)
                yield from answer["Items"]
                if "LastEvaluatedKey" not in answer:
                    return
                query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def read_pace(self, name: str) -> Pace:
        with neighbour(_TABLE):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(_PACE, name), ConsistentRead=True
            )
        item = answer.get("Item")
        return Pace() if item is None else _pace(item)

    def write_pace(self, name: str, pace: Pace) -> bool:
        values = asdict(pace) | {"version": pace.version + 1}
        with neighbour(_TABLE):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_key(_PACE, name)
                    | {field: {"N": repr(value)} for field, value in values.items()},
                    ConditionExpression="attribute_not_exists(kind) OR version = :seen",
                    ExpressionAttributeValues={":seen": {"N": str(pace.version)}},
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True


def _name(beat: Beat) -> str:
    return f"{beat.service} {beat.instance}"


def _key(kind: str, name: str) -> "dict[str, AttributeValueTypeDef]":
    return {"kind": {"S": kind}, "name": {"S": name}}


def _pace(item: "Mapping[str, AttributeValueTypeDef]") -> Pace:
    values = {field: item[field]["N"] for field in asdict(Pace())}
    return Pace(
        **{  # type: ignore[arg-type]  # whole numbers are int, the others float
            field: int(value) if field in _WHOLE else float(value)
            for field, value in values.items()
        }
    )


def _beat(item: "Mapping[str, AttributeValueTypeDef]") -> Beat:
    return Beat(
        service=item["service"]["S"],
        instance=item["instance"]["S"],
        version=item["version"]["S"],
        started=int(item["started"]["N"]),
        seen_at=int(item["seen_at"]["N"]),
        detail={name: int(value["N"]) for name, value in item["detail"]["M"].items()},
    )
