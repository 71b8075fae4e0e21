"""Change sets, against a CloudFormation that says what a test wants."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploy.change_set import ChangeSetError, propose
from deploy.deploy_stack import Declined, DeployError, deploy
from deploy.template import Template
from tests.unit.deploy.test_deploy_stack import BODY, STACK_ID, FakeCloudFormation

TEMPLATE = Template.parse(BODY)


def change(action: str, name: str, kind: str, **more: Any) -> dict[str, Any]:
    made = {"Action": action, "LogicalResourceId": name, "ResourceType": kind, **more}
    return {"Type": "Resource", "ResourceChange": made}


PAGES = [
    [change("Add", "Queue", "AWS::SQS::Queue"), change("Remove", "Old", "AWS::SNS::Topic")],
    [
        change(
            "Modify",
            "Table",
            "AWS::DynamoDB::Table",
            Replacement="True",
            Details=[
                {"Target": {"Attribute": "Properties", "Name": "KeySchema"}},
                {"Target": {"Attribute": "Tags"}},
            ],
        )
    ],
]
LINES = [
    "  + Queue AWS::SQS::Queue",
    "  - Old AWS::SNS::Topic",
    "  ~ Table AWS::DynamoDB::Table KeySchema, Tags REPLACED: what is in it is gone",
]


@dataclass
class Cloud(FakeCloudFormation):
    """One stack, and its change sets."""

    pages: list[list[dict[str, Any]]] = field(default_factory=lambda: PAGES)
    change_sets: list[dict[str, Any]] = field(default_factory=list)
    fails: str = ""

    def create_change_set(self, **request: Any) -> dict[str, str]:
        if self.refuses:
            response: Any = {"Error": {"Code": "ValidationError", "Message": self.refuses}}
            raise ClientError(response, "CreateChangeSet")
        self.change_sets.append(request)
        return {"Id": "arn:change-set", "StackId": STACK_ID}

    def describe_change_set(self, ChangeSetName: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803
        if self.fails:
            return {"Status": "FAILED", "StatusReason": self.fails, "Changes": []}
        page = int(NextToken)
        more = {"NextToken": str(page + 1)} if page + 1 < len(self.pages) else {}
        return {"Status": "CREATE_COMPLETE", "Changes": self.pages[page], **more}

    def execute_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        self.calls.append("execute")
        self.status = self.ends_as
        self.template = self.change_sets[-1]["TemplateBody"]

    def delete_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        self.calls.append("discard")


def test_what_would_change_is_said_page_after_page() -> None:
    proposal = propose(Cloud(), {"StackName": "gas"}, creates=False)
    assert proposal is not None
    assert list(proposal.lines) == LINES


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information.",
        "No updates are to be performed.",
    ],
)
def test_nothing_to_change_is_no_fault(reason: str) -> None:
    cloud = Cloud(fails=reason)
    assert propose(cloud, {"StackName": "gas"}, creates=False) is None
    assert cloud.calls == ["discard"]


def test_a_change_that_cannot_be_made_is_told() -> None:
    cloud = Cloud(fails="Transform AWS::Nothing failed")
    with pytest.raises(ChangeSetError, match="AWS::Nothing"):
        propose(cloud, {"StackName": "gas"}, creates=True)
    assert cloud.calls == ["discard", "delete"]  # also the empty stack


@pytest.mark.parametrize(("there", "kind"), [(None, "CREATE"), ("UPDATE_COMPLETE", "UPDATE")])
def test_nothing_happens_before_a_person_said_yes(there: str | None, kind: str) -> None:
    seen: list[Any] = []

    def no(name: str, lines: Any) -> bool:
        seen.append((name, list(lines)))
        return False

    cloud = Cloud(status=there)
    with pytest.raises(Declined):
        deploy(cloud, "gas", TEMPLATE, {"Stage": "x"}, approve=no)
    assert seen == [("gas", LINES)]
    assert "execute" not in cloud.calls
    cloud = Cloud(status=there)
    deployed = deploy(cloud, "gas", TEMPLATE, {"Stage": "x"}, approve=lambda *_: True)
    assert deployed.changed
    assert cloud.calls == ["execute"]
    assert cloud.change_sets[0]["ChangeSetType"] == kind


def test_a_stack_that_a_change_set_left_behind_is_made_anew() -> None:
    cloud = Cloud(status="REVIEW_IN_PROGRESS", ends_as="REVIEW_IN_PROGRESS")
    cloud.status = "REVIEW_IN_PROGRESS"

    def yes(*_: Any) -> bool:
        cloud.ends_as = "CREATE_COMPLETE"
        return True

    assert deploy(cloud, "gas", TEMPLATE, {"Stage": "x"}, approve=yes).changed
    assert cloud.calls == ["delete", "execute"]
    assert cloud.change_sets[0]["ChangeSetType"] == "CREATE"


def test_a_template_that_is_refused_is_a_fault_of_the_deployment() -> None:
    with pytest.raises(DeployError, match="Template error"):
        deploy(
            Cloud(refuses="Template error: x"),
            "gas",
            TEMPLATE,
            {"Stage": "x"},
            approve=lambda *_: True,
        )
