"""Indexes of tables change one at a time."""

from typing import Any

import pytest

from deploy.index_steps import index_steps


def index(name: str, key: str) -> dict[str, Any]:
    schema = [{"AttributeName": key, "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}


def template(*indexes: dict[str, Any], **others: Any) -> dict[str, Any]:
    keys = sorted({"id", *(each["KeySchema"][0]["AttributeName"] for each in indexes)})
    properties: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": k, "AttributeType": "S"} for k in keys],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    if indexes:
        properties["GlobalSecondaryIndexes"] = list(indexes)
    table = {"Type": "AWS::DynamoDB::Table", "Properties": properties}
    return {"Resources": {"Jobs": table, **others}}


A, B, C = index("a", "one"), index("b", "two"), index("c", "three")
CHANGED = index("a", "four")


def names(document: dict[str, Any]) -> list[str]:
    found = document["Resources"]["Jobs"]["Properties"].get("GlobalSecondaryIndexes", [])
    return [each["IndexName"] for each in found]


@pytest.mark.parametrize(
    ("deployed", "wanted", "between"),
    [
        ([], [], []),
        ([A], [A], []),
        ([A], [A, B], []),
        ([A, B], [A], []),
        ([A], [A, B, C], [["a", "b"]]),
        ([A], [B], [["a", "b"]]),  # added before the other one goes
        ([A, B, C], [], [["b", "c"], ["c"]]),
        ([A, B], [CHANGED, B], [["b"]]),
        ([A], [CHANGED, B, C], [["a", "b"], ["a", "b", "c"], ["b", "c"]]),
    ],
)
def test_the_templates_between(
    deployed: list[Any], wanted: list[Any], between: list[list[str]]
) -> None:
    steps = index_steps(template(*deployed), template(*wanted))
    assert [names(step) for step in steps] == between
    last = set(names(template(*deployed)))
    for step in [*steps, template(*wanted)]:
        properties = step["Resources"]["Jobs"]["Properties"]
        keys = {k["AttributeName"] for k in properties["KeySchema"]} | {
            key["AttributeName"]
            for each in properties.get("GlobalSecondaryIndexes", [])
            for key in each["KeySchema"]
        }
        # DynamoDB refuses definitions of attributes that are in no key.
        assert {each["AttributeName"] for each in properties["AttributeDefinitions"]} == keys
        assert len(last ^ set(names(step))) <= 1 or step == template(*wanted) == template(*deployed)
        last = set(names(step))


def test_what_is_not_there_yet_needs_no_steps() -> None:
    assert index_steps({}, template(A, B, C)) == []


def test_the_rest_of_the_deployed_template_stays_until_the_end() -> None:
    deployed = template(A, Old={"Type": "AWS::SQS::Queue"})
    (step,) = index_steps(deployed, template(A, B, C, New={"Type": "AWS::SQS::Queue"}))
    assert set(step["Resources"]) == {"Jobs", "Old"}
    assert names(deployed) == ["a"]
