"""Deployment of a stack against a CloudFormation that does what a test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploy.deploy_stack import DeployError, deploy
from deploy.lambda_code import template_store, upload_code
from deploy.template import Template

BODY = "Parameters: { Stage: { Type: String } }\nResources: {}\n"
STACK_ID = "arn:aws:cloudformation:us-east-1:1:stack/gas/1"


def error(message: str, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": "ValidationError", "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "Operation")


@dataclass
class FakeCloudFormation:
    """One stack. `ends_as` is what the next change leads to; None is: gone."""

    status: str | None = None
    template: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    ends_as: str | None = "CREATE_COMPLETE"
    events: list[dict[str, str]] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)
    refuses: str = ""
    calls: list[str] = field(default_factory=list)

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        if self.status is None:
            raise error(f"Stack with id {StackName} does not exist")
        shown = self.status
        if shown.endswith("_IN_PROGRESS"):
            self.status = self.ends_as
        stack = {
            "StackId": STACK_ID,
            "StackStatus": shown,
            "Parameters": [
                {"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()
            ],
            "Outputs": [{"OutputKey": "Table", "OutputValue": "jobs"}],
        }
        return {"Stacks": [stack]}

    def get_template(self, StackName: str) -> dict[str, str]:  # noqa: N803
        return {"TemplateBody": self.template}

    def create_stack(self, **request: Any) -> dict[str, str]:
        return self._change("create", "CREATE_IN_PROGRESS", request)

    def update_stack(self, **request: Any) -> dict[str, str]:
        return self._change("update", "UPDATE_IN_PROGRESS", request)

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        self.calls.append("delete")
        self.status = None

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        return {"StackEvents": self.events}

    def describe_events(self, **request: Any) -> dict[str, Any]:
        return {"OperationEvents": self.faults}

    def _change(self, kind: str, status: str, request: dict[str, Any]) -> dict[str, str]:
        if self.refuses:
            raise error(self.refuses)
        self.calls.append(kind)
        self.status = status
        self.template = request["TemplateBody"]
        self.parameters = {p["ParameterKey"]: p["ParameterValue"] for p in request["Parameters"]}
        return {"StackId": STACK_ID}


@pytest.fixture
def template(tmp_path: Path) -> Template:
    path = tmp_path / "template.yaml"
    path.write_text(BODY)
    return Template.read(path)


CURRENT: dict[str, Any] = {
    "status": "CREATE_COMPLETE",
    "template": BODY,
    "parameters": {"Stage": "a"},
}


@pytest.mark.parametrize(
    ("before", "calls", "changed"),
    [
        ({}, ["create"], True),
        (CURRENT, [], False),
        (CURRENT | {"parameters": {"Stage": "b"}}, ["update"], True),
        (CURRENT | {"template": "Resources: {}"}, ["update"], True),
        (CURRENT | {"status": "UPDATE_ROLLBACK_COMPLETE"}, ["update"], True),
        (CURRENT | {"status": "ROLLBACK_COMPLETE"}, ["delete", "create"], True),
        (CURRENT | {"status": "CREATE_IN_PROGRESS"}, [], False),
    ],
)
def test_only_what_differs_is_sent(
    template: Template, before: dict[str, Any], calls: list[str], changed: bool
) -> None:
    cloudformation = FakeCloudFormation(**before)
    deployed = deploy(cloudformation, "gas", template, {"Stage": "a"})
    assert cloudformation.calls == calls
    assert deployed.changed is changed
    assert deployed.outputs == {"Table": "jobs"}


def test_no_update_to_perform_is_no_fault(template: Template) -> None:
    cloudformation = FakeCloudFormation(
        **CURRENT | {"template": "other"}, refuses="No updates are to be performed."
    )
    assert not deploy(cloudformation, "gas", template, {"Stage": "a"}).changed


def test_the_failing_resource_is_named_with_its_reason(template: Template) -> None:
    cloudformation = FakeCloudFormation(
        ends_as=None,
        events=[
            _event("Role", "CREATE_FAILED", "Resource creation cancelled"),
            _event("Table", "CREATE_FAILED", "jobs is taken"),
        ],
        faults=[
            {"OperationId": "2", "LogicalResourceId": "Bucket", "ValidationStatusReason": "exists"},
            {"OperationId": "1", "LogicalResourceId": "Old", "ValidationStatusReason": "old news"},
        ],
    )
    with pytest.raises(DeployError) as failed:
        deploy(cloudformation, "gas", template, {"Stage": "a"})
    assert str(failed.value).splitlines() == [
        "The stack gas could not be deployed:",
        "  Table (AWS::Some::Thing): jobs is taken",
        "  Bucket: exists",
    ]


def test_a_template_that_is_refused(template: Template) -> None:
    with pytest.raises(DeployError, match="refuses the template: bad indentation"):
        deploy(FakeCloudFormation(refuses="bad indentation"), "gas", template, {"Stage": "a"})


def test_a_stack_that_never_ends_is_given_up(template: Template) -> None:
    cloudformation = FakeCloudFormation(ends_as="CREATE_IN_PROGRESS")
    with pytest.raises(DeployError, match="still CREATE_IN_PROGRESS"):
        deploy(cloudformation, "gas", template, {"Stage": "a"}, seconds=0.1)


def _event(name: str, status: str, reason: str) -> dict[str, str]:
    return {
        "EventId": name,
        "LogicalResourceId": name,
        "ResourceType": "AWS::Some::Thing",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


class FakeS3:
    def __init__(self, *there: str) -> None:
        self.objects = dict.fromkeys(there, b"")

    def head_object(self, Bucket: str, Key: str) -> None:  # noqa: N803
        if Key not in self.objects:
            raise error("Not Found", 404)

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.objects[Key] = Body


def test_code_is_uploaded_once_and_named_by_parameters(tmp_path: Path) -> None:
    zips = {"notify": tmp_path / "notify-1.zip", "register_upload": tmp_path / "register-2.zip"}
    for path in zips.values():
        path.write_bytes(b"zip")
    s3 = FakeS3("lambdas/notify-1.zip")
    assert upload_code(s3, "code", zips) == {
        "NotifyCodeKey": "lambdas/notify-1.zip",
        "RegisterUploadCodeKey": "lambdas/register-2.zip",
    }
    assert s3.objects == {"lambdas/notify-1.zip": b"", "lambdas/register-2.zip": b"zip"}


def test_a_template_too_long_to_send_goes_through_a_bucket(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(BODY + "# " + "x" * 60_000 + "\n")
    stored: dict[str, bytes] = {}

    class Bucket:
        class meta:  # noqa: N801
            endpoint_url = "https://s3.example.org"

        def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
            stored[f"https://s3.example.org/{Bucket}/{Key}"] = Body

    class Cloud(FakeCloudFormation):
        def _change(self, kind: str, status: str, request: dict[str, Any]) -> dict[str, str]:
            assert "TemplateBody" not in request
            body = stored[request.pop("TemplateURL")].decode()
            return super()._change(kind, status, {**request, "TemplateBody": body})

    cloud, template = Cloud(), Template.read(path)
    deployed = deploy(
        cloud, "gas", template, {"Stage": "a"}, template_url=template_store(Bucket(), "code")
    )
    assert deployed.changed
    assert cloud.template == template.body
    with pytest.raises(DeployError, match="too long"):
        deploy(Cloud(), "gas", template, {"Stage": "a"})
