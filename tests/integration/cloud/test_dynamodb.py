"""Items: conditions, transactions, indexes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.conftest import Endpoint, everywhere


def job(number: int, status: str = "PENDING", user: str = "u") -> dict[str, Any]:
    return {
        "job_id": {"S": f"job-{number:03}"},
        "user_id": {"S": user},
        "submit_time": {"N": str(1000 + number)},
        "job_status": {"S": status},
    }


def move(cloud: Endpoint, table: str, before: str, after: str) -> None:
    """Our own conditional transition."""
    cloud.dynamodb.update_item(
        TableName=table,
        Key={"job_id": {"S": "job-001"}},
        UpdateExpression="SET job_status = :after",
        ConditionExpression="job_status = :before",
        ExpressionAttributeValues={":before": {"S": before}, ":after": {"S": after}},
    )


@everywhere
def test_an_item_is_created_once(cloud: Endpoint) -> None:
    table = cloud.table()
    condition = "attribute_not_exists(job_id)"
    cloud.dynamodb.put_item(TableName=table, Item=job(1), ConditionExpression=condition)
    with pytest.raises(ClientError) as fault:
        cloud.dynamodb.put_item(TableName=table, Item=job(1), ConditionExpression=condition)
    assert fault.value.response["Error"]["Code"] == "ConditionalCheckFailedException"


@everywhere
def test_a_lost_race_changes_nothing(cloud: Endpoint) -> None:
    table = cloud.table()
    cloud.dynamodb.put_item(TableName=table, Item=job(1))
    move(cloud, table, "PENDING", "RUNNING")
    with pytest.raises(ClientError) as fault:
        move(cloud, table, "PENDING", "CANCELLED")
    assert fault.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    found = cloud.dynamodb.get_item(
        TableName=table, Key={"job_id": {"S": "job-001"}}, ConsistentRead=True
    )
    assert found["Item"]["job_status"]["S"] == "RUNNING"


@everywhere
def test_a_transaction_happens_whole_or_not_at_all(cloud: Endpoint) -> None:
    table = cloud.table()
    cloud.dynamodb.put_item(TableName=table, Item=job(1))
    absent = "attribute_not_exists(job_id)"
    puts = [
        {"Put": {"TableName": table, "Item": job(n), "ConditionExpression": absent}} for n in (2, 1)
    ]
    with pytest.raises(ClientError) as fault:
        cloud.dynamodb.transact_write_items(TransactItems=puts)
    assert fault.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons = [r["Code"] for r in fault.value.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed"]
    assert "Item" not in cloud.dynamodb.get_item(TableName=table, Key={"job_id": {"S": "job-002"}})


@everywhere
def test_the_index_is_paged_newest_first(cloud: Endpoint) -> None:
    table = cloud.table()
    for number in range(5):
        cloud.dynamodb.put_item(TableName=table, Item=job(number))
    cloud.dynamodb.put_item(TableName=table, Item=job(9, user="somebody else"))
    query: dict[str, Any] = {
        "TableName": table,
        "IndexName": "by_user",
        "KeyConditionExpression": "user_id = :u",
        "ExpressionAttributeValues": {":u": {"S": "u"}},
        "ScanIndexForward": False,
        "Limit": 2,
    }
    pages = []
    while True:
        page = cloud.dynamodb.query(**query)
        pages.append([item["job_id"]["S"] for item in page["Items"]])
        if "LastEvaluatedKey" not in page:
            break
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    assert [job_id for page in pages for job_id in page] == [f"job-00{n}" for n in (4, 3, 2, 1, 0)]
    assert all(len(page) <= 2 for page in pages)


@everywhere
def test_the_index_is_sparse(cloud: Endpoint) -> None:
    table = cloud.table()
    cloud.dynamodb.put_item(TableName=table, Item={"job_id": {"S": "no-user"}})
    found = cloud.dynamodb.scan(TableName=table, IndexName="by_user")
    assert found["Count"] == 0


@everywhere
def test_batches(cloud: Endpoint) -> None:
    table = cloud.table()
    puts = [{"PutRequest": {"Item": job(n)}} for n in range(10)]
    assert not cloud.dynamodb.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]
    drops = [{"DeleteRequest": {"Key": {"job_id": {"S": f"job-{n:03}"}}}} for n in range(4)]
    cloud.dynamodb.batch_write_item(RequestItems={table: drops})
    assert cloud.dynamodb.scan(TableName=table, ConsistentRead=True)["Count"] == 6
