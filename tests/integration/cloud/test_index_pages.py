"""Pages of secondary indexes: the gateway's own answers are those of DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.conftest import Endpoint, everywhere, with_rules

NAMES = ["b", "ä", "a", "a\"'é😀", "ab", "B", "a_", "a%"]


def table_of(cloud: Endpoint, projection: dict[str, Any]) -> str:
    """A table with eight items of one owner, one of another and one outside of the indexes."""
    name = cloud.name("pages")
    cloud.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "job_id", "AttributeType": "S"},
            {"AttributeName": "owner", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
            {"AttributeName": "name", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": f"by_{sort}",
                "KeySchema": [
                    {"AttributeName": "owner", "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
                "Projection": projection,
            }
            for sort in ("at", "name")
        ],
    )
    cloud.dynamodb.get_waiter("table_exists").wait(TableName=name)
    cloud.later(lambda: cloud.dynamodb.delete_table(TableName=name))
    for number, text in enumerate(NAMES):
        cloud.dynamodb.put_item(TableName=name, Item=item(number, text))
    cloud.dynamodb.put_item(TableName=name, Item=item(90, "a", owner="other"))
    cloud.dynamodb.put_item(TableName=name, Item={"job_id": {"S": "alone"}, "owner": {"S": "me"}})
    return name


def item(number: int, name: str, owner: str = "me") -> dict[str, Any]:
    return {
        "job_id": {"S": f"job-{number}"},
        "owner": {"S": owner},
        "at": {"N": str(number // 2)},  # two of each moment
        "name": {"S": name},
        "note": {"S": "n" * 50},
    }


def ids(cloud: Endpoint, table: str, index: str, condition: str = "", **asked: Any) -> list[str]:
    """The ids of all pages, two at a time."""
    request: dict[str, Any] = {
        "TableName": table,
        "IndexName": index,
        "KeyConditionExpression": "#owner = :owner" + condition,
        "ExpressionAttributeNames": {"#owner": "owner", **asked.pop("names", {})},
        "ExpressionAttributeValues": {":owner": {"S": "me"}, **asked.pop("values", {})},
        "Limit": 2,
        **asked,
    }
    found: list[str] = []
    while True:
        answer = cloud.dynamodb.query(**request)
        assert answer["Count"] == len(answer["Items"]) <= request["Limit"]
        found += [each["job_id"]["S"] for each in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            return found
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


@everywhere
def test_pages_come_in_order_both_ways(cloud: Endpoint) -> None:
    table = table_of(cloud, {"ProjectionType": "ALL"})
    there = ids(cloud, table, "by_at")
    assert sorted(there) == [f"job-{n}" for n in range(8)]
    assert [int(each[4:]) // 2 for each in there] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert ids(cloud, table, "by_at", ScanIndexForward=False) == there[::-1]
    by_name = [int(each[4:]) for each in ids(cloud, table, "by_name")]
    assert [NAMES[n] for n in by_name] == sorted(NAMES, key=str.encode)


@everywhere
@pytest.mark.parametrize(
    ("condition", "values", "moments"),
    [
        (" AND #at BETWEEN :a AND :b", {":a": 1, ":b": 2}, [1, 1, 2, 2]),
        (" AND #at <= :a", {":a": 1}, [0, 0, 1, 1]),
        (" AND #at > :a", {":a": 2}, [3, 3]),
        (" AND #at = :a", {":a": 2}, [2, 2]),
    ],
)
def test_moments_are_compared_as_numbers(
    cloud: Endpoint, condition: str, values: dict[str, int], moments: list[int]
) -> None:
    table = table_of(cloud, {"ProjectionType": "KEYS_ONLY"})
    given = {name: {"N": str(number)} for name, number in values.items()}
    found = ids(cloud, table, "by_at", condition, names={"#at": "at"}, values=given)
    assert [int(each[4:]) // 2 for each in found] == moments


@everywhere
def test_names_are_found_by_their_beginning(cloud: Endpoint) -> None:
    table = table_of(cloud, {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]})
    for prefix in ("a", 'a"', "B", "ä", "a%", "z"):
        found = ids(
            cloud,
            table,
            "by_name",
            " AND begins_with(#name, :prefix)",
            names={"#name": "name"},
            values={":prefix": {"S": prefix}},
        )
        assert {NAMES[int(each[4:])] for each in found} == {
            name for name in NAMES if name.startswith(prefix)
        }


@everywhere
@pytest.mark.parametrize(
    ("projection", "held"),
    [
        ({"ProjectionType": "ALL"}, {"job_id", "owner", "at", "name", "note"}),
        ({"ProjectionType": "KEYS_ONLY"}, {"job_id", "owner", "at"}),
        (
            {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note", "absent"]},
            {"job_id", "owner", "at", "note"},
        ),
    ],
    ids=["all", "keys", "include"],
)
def test_an_index_holds_what_it_was_told_to(
    cloud: Endpoint, projection: dict[str, Any], held: set[str]
) -> None:
    table = table_of(cloud, projection)
    found = cloud.dynamodb.query(
        TableName=table,
        IndexName="by_at",
        KeyConditionExpression="#owner = :owner",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":owner": {"S": "me"}},
    )["Items"]
    assert len(found) == 8
    assert all(set(each) == held for each in found)


@everywhere
def test_a_page_shows_what_was_just_written(cloud: Endpoint) -> None:
    table = table_of(cloud, {"ProjectionType": "ALL"})
    cloud.dynamodb.delete_item(TableName=table, Key={"job_id": {"S": "job-7"}})
    cloud.dynamodb.update_item(
        TableName=table,
        Key={"job_id": {"S": "job-0"}},
        UpdateExpression="SET #at = :at",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues={":at": {"N": "100"}},
    )
    assert ids(cloud, table, "by_at", ScanIndexForward=False)[:2] == ["job-0", "job-6"]


@with_rules
@pytest.mark.parametrize(
    "wrong",
    [
        {"IndexName": "none"},
        {"KeyConditionExpression": "#owner = :other"},
        {"ExclusiveStartKey": {"job_id": {"S": "job-1"}}},
        {"ExpressionAttributeValues": {":owner": {"N": "1"}}},
    ],
    ids=["index", "value", "start", "type"],
)
def test_a_wrong_question_is_refused(cloud: Endpoint, wrong: dict[str, Any]) -> None:
    request: dict[str, Any] = {
        "TableName": table_of(cloud, {"ProjectionType": "ALL"}),
        "IndexName": "by_at",
        "KeyConditionExpression": "#owner = :owner",
        "ExpressionAttributeNames": {"#owner": "owner"},
        "ExpressionAttributeValues": {":owner": {"S": "me"}},
        **wrong,
    }
    with pytest.raises(ClientError):
        cloud.dynamodb.query(**request)
