"""Change sets: what an update would do, said before it is done."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": ">", "Dynamic": "?"}
_NOTHING = ("didn't contain changes", "No updates are to be performed")


class ChangeSetError(Exception):
    """CloudFormation cannot say what would change; the text says why."""


@dataclass(frozen=True)
class ChangeSet:
    """A change set that waits to be carried out, or to be thrown away."""

    cloudformation: Any
    arn: str
    stack: str
    stack_id: str
    lines: Sequence[str]
    """What it would do, one line for each resource."""
    creates: bool

    def execute(self) -> None:
        self.cloudformation.execute_change_set(ChangeSetName=self.arn)

    def discard(self) -> None:
        """Throw it away, and the empty stack that was made for it."""
        self.cloudformation.delete_change_set(ChangeSetName=self.arn)
        if self.creates:
            self.cloudformation.delete_stack(StackName=self.stack)


def propose(
    cloudformation: Any, request: Mapping[str, Any], *, creates: bool, seconds: float = 300
) -> ChangeSet | None:
    """Have CloudFormation work out what `request` (of create_stack) would do; None: nothing.

    A new stack takes over what an earlier one of its name left behind (retained tables and
    buckets), and removes what it made if it fails.

    Raises:
        ChangeSetError: the template or a parameter is refused.
    """
    name = request["StackName"]
    kind: dict[str, Any] = {"ChangeSetType": "UPDATE"}
    if creates:
        kind = {
            "ChangeSetType": "CREATE",
            "OnStackFailure": "DELETE",
            "ImportExistingResources": True,
        }
    try:
        made = cloudformation.create_change_set(
            **request, **kind, ChangeSetName=f"gas-{uuid.uuid4().hex[:12]}"
        )
    except ClientError as fault:
        raise ChangeSetError(fault.response["Error"]["Message"]) from fault
    arn = made["Id"]
    described = _wait(cloudformation, arn, seconds)
    lines = [line for change in described["Changes"] for line in _lines(change)]
    proposal = ChangeSet(cloudformation, arn, name, made["StackId"], lines, creates)
    if described["Status"] == "FAILED":
        reason = described.get("StatusReason", "no reason given")
        proposal.discard()
        if any(text in reason for text in _NOTHING):
            return None
        raise ChangeSetError(reason)
    return proposal


def _wait(cloudformation: Any, arn: str, seconds: float) -> dict[str, Any]:
    """The complete description, once there is one."""
    deadline = time.monotonic() + seconds
    pause = 0.2
    while True:
        found: dict[str, Any] = cloudformation.describe_change_set(ChangeSetName=arn)
        if found["Status"] in ("CREATE_COMPLETE", "FAILED"):
            break
        if time.monotonic() > deadline:
            raise ChangeSetError(f"still {found['Status']} after {seconds:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 3.0)
    changes = list(found.get("Changes", []))
    token = found.get("NextToken")
    while token:
        page = cloudformation.describe_change_set(ChangeSetName=arn, NextToken=token)
        changes += page.get("Changes", [])
        token = page.get("NextToken")
    return {**found, "Changes": changes}


def _lines(change: Mapping[str, Any]) -> list[str]:
    """A change in words: sign, logical id, type, and what of it; replacements cry out."""
    made = change.get("ResourceChange")
    if made is None:
        return []
    words = [_SIGNS.get(made["Action"], "?"), made["LogicalResourceId"], made["ResourceType"]]
    if made["Action"] == "Modify":
        names = sorted(
            {
                detail["Target"].get("Name") or detail["Target"]["Attribute"]
                for detail in made.get("Details", [])
            }
        )
        words.append(", ".join(names))
        if made.get("Replacement") == "True":
            words.append("REPLACED: what is in it is gone")
        elif made.get("Replacement") == "Conditional":
            words.append("perhaps replaced")
    return ["  " + " ".join(word for word in words if word)]
