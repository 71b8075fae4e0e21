"""Brings back a stack whose buckets are there before it.

ministack finds the objects of a bucket on disk when it starts, and with them the bucket. The
repeated CreateStack then stumbles over its own bucket. CloudFormation's own way out is taken:
import the buckets into a stack of their own, then update that stack to the whole template.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from urllib.parse import urlencode
from xml.etree import ElementTree

from local.cloud.upstream import Reply, Upstream

VERSION = "2010-05-15"
CHANGE = "bring-back"
BUCKET = "AWS::S3::Bucket"
TAKEN = re.compile(r"Resource of type 'AWS::S3::Bucket' with identifier '([^']+)' already exists")
CREATE_ONLY = (
    "OnFailure",
    "RetainExceptOnCreate",
    "EnableTerminationProtection",
    "TimeoutInMinutes",
)

Settled = Callable[[str], Awaitable[str]]
"""Waits until a stack is not in progress; its status."""


async def bring_back(upstream: Upstream, settled: Settled, form: Mapping[str, str]) -> Reply | None:
    """Make a stack whose creation failed because its buckets exist.

    ``form`` are the parameters of its CreateStack. Returns the answer to the update that made
    it, or None if something else was wrong with the creation.
    """
    stack = form["StackName"]
    buckets = await _buckets_in_the_way(upstream, stack)
    if not buckets:
        return None
    await upstream.query("cloudformation", "DeleteStack", VERSION, {"StackName": stack})
    await settled(stack)
    await _import(upstream, stack, buckets)
    await settled(stack)
    update = {name: value for name, value in form.items() if name not in CREATE_ONLY}
    reply = await upstream.as_root(
        "cloudformation",
        "POST",
        "/",
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        urlencode({**update, "Action": "UpdateStack", "Version": VERSION}).encode(),
    )
    return reply if reply.ok else None


async def _buckets_in_the_way(upstream: Upstream, stack: str) -> dict[str, str]:
    """Logical id and name of each bucket that exists already."""
    answer = await upstream.query("cloudformation", "DescribeEvents", VERSION, {"StackName": stack})
    found = {}
    for event in _members(answer):
        taken = TAKEN.search(event.get("ValidationStatusReason", ""))
        if taken and "LogicalResourceId" in event:
            found[event["LogicalResourceId"]] = taken[1]
    return found


async def _import(upstream: Upstream, stack: str, buckets: Mapping[str, str]) -> None:
    resources = {
        logical_id: {
            "Type": BUCKET,
            "DeletionPolicy": "Retain",
            "Properties": {"BucketName": name},
        }
        for logical_id, name in buckets.items()
    }
    parameters = {
        "StackName": stack,
        "ChangeSetName": CHANGE,
        "ChangeSetType": "IMPORT",
        "TemplateBody": json.dumps({"Resources": resources}),
    }
    for number, (logical_id, name) in enumerate(buckets.items(), start=1):
        member = f"ResourcesToImport.member.{number}"
        parameters |= {
            f"{member}.ResourceType": BUCKET,
            f"{member}.LogicalResourceId": logical_id,
            f"{member}.ResourceIdentifier.entry.1.key": "BucketName",
            f"{member}.ResourceIdentifier.entry.1.value": name,
        }
    await upstream.query("cloudformation", "CreateChangeSet", VERSION, parameters)
    change = {"StackName": stack, "ChangeSetName": CHANGE}
    for _ in range(200):
        answer = await upstream.query("cloudformation", "DescribeChangeSet", VERSION, change)
        status = next((e.text or "" for e in answer.iter() if e.tag.endswith("}Status")), "")
        if status not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        await asyncio.sleep(0.01)
    await upstream.query("cloudformation", "ExecuteChangeSet", VERSION, change)


def _members(answer: ElementTree.Element) -> Iterator[dict[str, str]]:
    for member in answer.iter():
        if member.tag.endswith("}member"):
            yield {child.tag.rpartition("}")[2]: child.text or "" for child in member}
