"""Creates or updates a CloudFormation stack, shows how it goes, and says plainly what failed.

    python -m deploy.deploy_stack NAME --template deploy/service.yaml -p PublicUrl=https://... \\
        --code-bucket BUCKET --code notify=build/lambdas/notify-0123.zip

Against AWS and against the embedded cloud alike (`AWS_ENDPOINT_URL`). Nothing is sent when the
template and the parameters are those of the deployed stack.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deploy.change_set import ChangeSetError, propose
from deploy.lambda_code import ensure_bucket, template_store, upload_code
from deploy.template import Template, TemplateError

LONGEST_INLINE = 51_200  # bytes; a longer template goes through S3 (CloudFormation quota)
_DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
_FIRST_PAUSE = 0.05
_BROKEN = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
_EMPTY = "REVIEW_IN_PROGRESS"
"""Of a stack that only a change set was made for."""
Say = Callable[[str], None]
Approve = Callable[[str, Sequence[str]], bool]
"""Is given the stack's name and what would change, in lines; whether it may."""


class DeployError(Exception):
    """The stack could not be brought to the wanted state; the text says which resource and why."""


class Declined(DeployError):
    """A person said no to a change set; nothing was changed."""


@dataclass(frozen=True)
class Deployed:
    """A stack after deployment."""

    stack_id: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    changed: bool
    """Whether this deployment changed anything."""


def deploy(
    cloudformation: Any,
    name: str,
    template: Template,
    parameters: Mapping[str, str],
    say: Say = lambda line: None,
    *,
    template_url: Callable[[str], str] | None = None,
    seconds: float = 900.0,
    approve: Approve | None = None,
) -> Deployed:
    """Bring a stack to what the template and the parameters say.

    Args:
        cloudformation: the boto3 client.
        say: is given a line for each thing worth telling.
        template_url: stores a template that is too long to send and returns its S3 address.
        seconds: how long to wait for the stack.
        approve: is shown the change set before anything is done; None: nobody is asked.

    Raises:
        Declined: `approve` said no.
        DeployError: a resource failed, or the stack is in a state that only a person can resolve.
        TemplateError: the parameters do not fit the template.
    """
    wanted = template.complete(parameters)
    stack = _describe(cloudformation, name)
    if stack is not None and stack["StackStatus"] == _EMPTY:
        _delete(cloudformation, name, seconds)
        stack = None
    if stack is not None and stack["StackStatus"].endswith("_IN_PROGRESS"):
        say("A deployment of this stack is under way; waiting for it.")
        stack = _wait(cloudformation, name, None, say, seconds)
    if stack is not None and stack["StackStatus"] in _BROKEN:
        say(f"The stack is {stack['StackStatus']} from an earlier attempt and is made anew.")
        _delete(cloudformation, name, seconds)
        stack = None
    if stack is not None and _is_current(cloudformation, name, stack, template, wanted):
        return _deployed(stack, wanted, changed=False)
    request: dict[str, Any] = {
        "StackName": name,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in wanted.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        **_body(template, template_url),
    }
    seen = _newest_event(cloudformation, name) if stack is not None else None
    if approve is None:
        stack_id = _change(cloudformation, request, exists=stack is not None)
    else:
        stack_id = _change_as_approved(cloudformation, request, approve, exists=stack is not None)
    if stack_id is None:
        assert stack is not None
        return _deployed(stack, wanted, changed=False)
    # By its id from here on: a stack that failed and was deleted has no name any more.
    stack = _wait(cloudformation, stack_id, seen, say, seconds)
    if stack is None or stack["StackStatus"] not in _DONE:
        raise DeployError(_why(cloudformation, name, stack_id, seen))
    return _deployed(stack, wanted, changed=True)


def _change(cloudformation: Any, request: Mapping[str, Any], *, exists: bool) -> str | None:
    """Begin the change; the stack's id. None: there is nothing to change."""
    try:
        if exists:
            return str(cloudformation.update_stack(**request)["StackId"])
        return str(
            cloudformation.create_stack(**request, OnFailure="DELETE", RetainExceptOnCreate=True)[
                "StackId"
            ]
        )
    except ClientError as fault:
        message = fault.response["Error"]["Message"]
        if exists and "No updates are to be performed" in message:
            return None
        raise DeployError(f"CloudFormation refuses the template: {message}") from fault


def _change_as_approved(
    cloudformation: Any, request: Mapping[str, Any], approve: Approve, *, exists: bool
) -> str | None:
    """Like `_change`, once a person has seen what would change."""
    name = request["StackName"]
    try:
        proposal = propose(cloudformation, request, creates=not exists)
    except ChangeSetError as fault:
        raise DeployError(f"CloudFormation refuses the template of {name}: {fault}") from fault
    if proposal is None:
        return None
    if not approve(name, proposal.lines):
        proposal.discard()
        raise Declined(f"{name} stays as it is.")
    proposal.execute()
    return proposal.stack_id


def _describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        stacks: list[dict[str, Any]] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as fault:
        if "does not exist" in fault.response["Error"]["Message"]:
            return None
        raise
    return next((s for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"), None)


def _is_current(
    cloudformation: Any,
    name: str,
    stack: Mapping[str, Any],
    template: Template,
    wanted: Mapping[str, str],
) -> bool:
    if stack["StackStatus"] not in _DONE or _parameters(stack) != dict(wanted):
        return False
    deployed = cloudformation.get_template(StackName=name)["TemplateBody"]
    return isinstance(deployed, str) and deployed.strip() == template.body.strip()


def _parameters(stack: Mapping[str, Any]) -> dict[str, str]:
    return {p["ParameterKey"]: p.get("ParameterValue", "") for p in stack.get("Parameters", [])}


def _body(template: Template, template_url: Callable[[str], str] | None) -> dict[str, str]:
    if len(template.body.encode()) <= LONGEST_INLINE:
        return {"TemplateBody": template.body}
    if template_url is None:
        raise DeployError(
            "The template is too long to be sent; name a bucket for it (--code-bucket)."
        )
    return {"TemplateURL": template_url(template.body)}


def _wait(
    cloudformation: Any, name: str, seen: str | None, say: Say, seconds: float
) -> dict[str, Any] | None:
    """Wait until nothing is in progress; None when the stack has gone (a failed creation)."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    told = time.monotonic()
    while True:
        stack = _describe(cloudformation, name)
        if stack is None or not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        if time.monotonic() > deadline:
            raise DeployError(
                f"The stack {name} is still {stack['StackStatus']} after {seconds} s."
            )
        if time.monotonic() - told > 5:
            told = time.monotonic()
            ready = {
                e["LogicalResourceId"]
                for e in _events(cloudformation, stack["StackId"], seen)
                if e["ResourceStatus"] in _DONE
            }
            say(f"{len(ready)} resources are ready.")
        time.sleep(pause)
        pause = min(pause * 1.5, 3.0)


def _delete(cloudformation: Any, name: str, seconds: float) -> None:
    cloudformation.delete_stack(StackName=name)
    deadline = time.monotonic() + seconds
    while (stack := _describe(cloudformation, name)) is not None:
        if time.monotonic() > deadline or stack["StackStatus"] == "DELETE_FAILED":
            raise DeployError(f"The broken stack {name} cannot be deleted; delete it by hand.")
        time.sleep(0.5)


def _events(cloudformation: Any, name: str, seen: str | None) -> list[dict[str, Any]]:
    """The stack's events after the event `seen`, newest first."""
    events: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = cloudformation.describe_stack_events(StackName=name, **token)
        for event in page["StackEvents"]:
            if event["EventId"] == seen:
                return events
            events.append(event)
        if not page.get("NextToken"):
            return events
        token = {"NextToken": page["NextToken"]}


def _newest_event(cloudformation: Any, name: str) -> str | None:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return events[0]["EventId"] if events else None


def _why(cloudformation: Any, name: str, stack_id: str, seen: str | None) -> str:
    """The failures of a deployment, the first one first, in words."""
    try:
        events = _events(cloudformation, stack_id, seen)
    except ClientError:
        events = []
    failures = [
        event
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED")
        and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    if not failures:
        stack = _describe(cloudformation, stack_id)
        reason = (stack or {}).get("StackStatusReason", "CloudFormation gives no reason")
        return f"The stack {name} could not be deployed: {reason}"
    lines = [
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): "
        f"{event.get('ResourceStatusReason', 'no reason given')}"
        for event in failures
    ]
    lines += _validation_faults(cloudformation, stack_id)
    return f"The stack {name} could not be deployed:\n" + "\n".join(lines)


def _validation_faults(cloudformation: Any, stack_id: str) -> list[str]:
    """What CloudFormation found before it touched a resource; stack events do not tell."""
    try:
        events = cloudformation.describe_events(StackName=stack_id, Filters={"FailedEvents": True})[
            "OperationEvents"
        ]
    except ClientError:
        return []
    if not events:
        return []
    newest = events[0].get("OperationId")
    return [
        f"  {event.get('LogicalResourceId', 'the stack')}: {event['ValidationStatusReason']}"
        for event in events
        if event.get("OperationId") == newest and event.get("ValidationStatusReason")
    ]


def _deployed(stack: Mapping[str, Any], parameters: Mapping[str, str], changed: bool) -> Deployed:
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
    return Deployed(stack["StackId"], outputs, parameters, changed)


def main(arguments: list[str] | None = None) -> int:
    import boto3

    parser = argparse.ArgumentParser(description="Create or update a CloudFormation stack.")
    parser.add_argument("name", help="name of the stack")
    parser.add_argument("--template", type=Path, required=True)
    parser.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--code", action="append", default=[], metavar="NAME=ZIP", help="a zipped function"
    )
    parser.add_argument("--code-bucket", help="bucket for them; made if it is not there")
    options = parser.parse_args(arguments)
    parameters = dict(pair.split("=", 1) for pair in options.parameter)
    template_url = None
    if options.code_bucket:
        s3 = boto3.client("s3")
        ensure_bucket(s3, options.code_bucket)
        parameters["CodeBucket"] = options.code_bucket
        zips = {name: Path(path) for name, path in (pair.split("=", 1) for pair in options.code)}
        parameters.update(upload_code(s3, options.code_bucket, zips))
        template_url = template_store(s3, options.code_bucket)
    try:
        deployed = deploy(
            boto3.client("cloudformation"),
            options.name,
            Template.read(options.template),
            parameters,
            lambda line: print(line, flush=True),  # noqa: T201
            template_url=template_url,
        )
    except (DeployError, TemplateError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    for name, value in sorted(deployed.outputs.items()):
        sys.stdout.write(f"{name}={value}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
