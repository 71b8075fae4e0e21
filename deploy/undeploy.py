"""Takes a stage down. Data stays, unless told otherwise.

    python -m deploy.undeploy STAGE [--erase STAGE] [--yes]

Buckets, tables, the KMS key and a snapshot of the database stay; a later deployment of the same
stage finds buckets and tables again. `--erase STAGE` (the name once more) empties and deletes
buckets and tables too; only the key and the database's snapshot are left. Protected stages are
refused: set `"protected": false` in the stage's file, and deploy that first.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from deploy.deploy_stack import DeployError, Say
from deploy.rollout import Clients, real_clients
from deploy.stages import FLEETS, Stage, StageError, read_stage

_AT_ONCE = 1000
"""Objects that one request deletes."""


def stacks(stage: str) -> list[str]:
    """All stacks of a stage, those that need others first."""
    fleets = [f"gas-{stage}-{fleet}" for fleet in reversed(FLEETS)]
    watch = f"gas-{stage}-watch"
    rest = ("front", "", "database", "network", "base")
    return [watch, *fleets, *(f"gas-{stage}-{name}".rstrip("-") for name in rest)]


def undeploy(clients: Clients, stage: Stage, say: Say, *, erase: bool) -> None:
    """Delete the stacks of a stage; with `erase`, what they leave behind as well.

    Raises:
        DeployError: the stage is protected, or a stack cannot be deleted.
    """
    if stage.protected:
        raise DeployError(
            f'{stage.name} is protected. Set "protected": false in its file, deploy, try again.'
        )
    cloudformation = clients("cloudformation")
    left = _data(cloudformation, stage.name) if erase else []
    for name in stacks(stage.name):
        if not _exists(cloudformation, name):
            continue
        say(f"{name}: being deleted …")
        cloudformation.delete_stack(StackName=name)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=name, WaiterConfig={"Delay": 10, "MaxAttempts": 360}
            )
        except WaiterError as fault:
            raise DeployError(
                f"{name} could not be deleted: {_why(cloudformation, name)}"
            ) from fault
    for kind, physical_id in left:
        say(f"{physical_id}: erased with all that was in it.")
        if kind == "AWS::S3::Bucket":
            _erase_bucket(clients("s3"), physical_id)
        else:
            clients("dynamodb").delete_table(TableName=physical_id)


def _exists(cloudformation: Any, name: str) -> bool:
    try:
        cloudformation.describe_stacks(StackName=name)
    except ClientError as fault:
        if "does not exist" not in fault.response["Error"]["Message"]:
            raise
        return False
    return True


def _data(cloudformation: Any, stage: str) -> list[tuple[str, str]]:
    """Buckets and tables that outlive their stacks: kind and physical id."""
    kept = []
    for name in (f"gas-{stage}", f"gas-{stage}-base"):
        if not _exists(cloudformation, name):
            continue
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        for page in pages:
            for each in page["StackResourceSummaries"]:
                kind = each["ResourceType"]
                if kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table"):
                    kept.append((kind, each["PhysicalResourceId"]))
    return kept


def _erase_bucket(s3: Any, bucket: str) -> None:
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": _AT_ONCE}
    )
    for page in pages:
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if keys:
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            for fault in answer.get("Errors", [])[:1]:
                raise DeployError(f"{bucket}/{fault['Key']} stays: {fault['Message']}")
    s3.delete_bucket(Bucket=bucket)


def _why(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    for event in events:
        if event["ResourceStatus"] == "DELETE_FAILED":
            return f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
    return "CloudFormation gives no reason"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage")
    parser.add_argument(
        "--erase", default="", metavar="STAGE", help="erase the data: name it again"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args(arguments)
    try:
        stage = read_stage(options.stage)
        if options.erase and options.erase != stage.name:
            raise StageError(f"--erase must say {stage.name}; nothing was done.")
        what = "AND ERASE ALL ITS DATA" if options.erase else "(its data stays)"
        if not options.yes and input(f"Take {stage.name} down {what}? [y/N] ").lower() != "y":
            return 1
        undeploy(
            real_clients(stage.region),
            stage,
            lambda line: print(line, flush=True),  # noqa: T201
            erase=bool(options.erase),
        )
    except (StageError, DeployError, ClientError, BotoCoreError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
