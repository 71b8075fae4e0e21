"""What a request asks for: which service, which operation, in whose name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from multidict import CIMultiDict

from local.cloud.settings import REGION
from local.cloud.sigv4 import Signed, parse_signature

TARGET_SERVICES = {
    "DynamoDB_20120810": "dynamodb",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "AmazonSQS": "sqs",
    "AmazonSNS": "sns",
    "AWSStepFunctions": "states",
    "secretsmanager": "secretsmanager",
    "Logs_20140328": "logs",
    "AWSEvents": "events",
    "AmazonSSM": "ssm",
    "TrentService": "kms",
    "GraniteServiceVersion20100801": "monitoring",
}
READING = re.compile(
    r"(Get|List|Describe|Batch(Get|Check)|Query|Scan|Head|Search|Lookup|Filter|Test|Simulate|"
    r"Validate|Preview|Estimate|Detect|Decode|Verify(?!Email|Domain)|Decrypt|Encrypt|ReEncrypt|"
    r"Generate|Sign(?!al)|Start(Query|LiveTail))"
)
SES_V2 = "/v2/email/"
LAMBDA_INVOKE = re.compile(r"/(invocations|invoke-async|response-streaming-invocations)$")


@dataclass(frozen=True)
class Call:
    """One request of a client, read completely."""

    method: str
    raw_path: str
    """Path and query as they were sent."""
    headers: CIMultiDict[str]
    body: bytes
    service: str
    action: str
    """The operation of JSON and query services; ``METHOD /path`` of the others."""
    signed: Signed | None

    @property
    def path(self) -> str:
        return self.raw_path.partition("?")[0]

    @property
    def region(self) -> str:
        return self.signed.scope.region if self.signed else REGION

    def json(self) -> dict[str, Any]:
        """The body of a JSON request; empty when it is something else."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def form(self) -> dict[str, str]:
        """The parameters of a query request, from its body and its address."""
        text = self.body.decode("utf-8", errors="replace") if _is_form(self.headers) else ""
        return dict(
            parse_qsl(self.raw_path.partition("?")[2], keep_blank_values=True)
            + parse_qsl(text, keep_blank_values=True)
        )


def read_call(
    method: str, raw_path: str, headers: Mapping[str, str], body: bytes, service: str = ""
) -> Call:
    """Tell what a request asks for; ``service`` is that of a request that is not signed (yet)."""
    kept: CIMultiDict[str] = CIMultiDict(headers)
    signed = parse_signature(raw_path, kept)
    service = signed.scope.service if signed else service
    path, _, query = raw_path.partition("?")
    action = f"{method} {path}"
    target = kept.get("X-Amz-Target", "")
    if "." in target:
        prefix, _, action = target.rpartition(".")
        service = TARGET_SERVICES.get(prefix, service)
    else:
        parameters = dict(parse_qsl(query))
        if "Action" not in parameters and method == "POST" and _is_form(kept):
            parameters = dict(parse_qsl(body.decode("utf-8", errors="replace")))
        action = parameters.get("Action", action)
    return Call(method, raw_path, kept, body, service, action, signed)


def _is_form(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")


def changes_something(call: Call) -> bool:
    """Whether a request to a service other than S3 may have changed the shape of the cloud."""
    if " " not in call.action:
        return not READING.match(call.action)
    return call.method not in ("GET", "HEAD", "OPTIONS") and not LAMBDA_INVOKE.search(call.path)
