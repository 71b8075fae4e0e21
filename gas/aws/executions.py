"""Timers as runs of a state machine of Step Functions."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gas import tracing
from gas.aws.faults import code_of, neighbour

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StateMachineTimer:
    """`gas.ports.Timer` on a state machine that waits for `$.archive_at` (`step_functions/`)."""

    def __init__(self, client: "SFNClient", machine_arn: str) -> None:
        self._client = client
        self._machine_arn = machine_arn

    def start(self, name: str, *, at: int, payload: Mapping[str, object]) -> None:
        due = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        traceparent = tracing.here()
        traced = {tracing.TRACEPARENT: traceparent} if traceparent else {}
        with neighbour("The timer"):
            try:
                self._client.start_execution(
                    stateMachineArn=self._machine_arn,
                    name=name,
                    input=json.dumps({**payload, **traced, "archive_at": due}),
                )
            except ClientError as error:
                if code_of(error) != "ExecutionAlreadyExists":
                    raise
