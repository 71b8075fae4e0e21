"""Spans as the collector keeps them, read from what OTLP/HTTP brings, as protobuf or as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

JOB_ID = "gas.job_id"
_LONGEST = 2000
"""Characters kept of any text."""
_MOST = 64
"""Attributes, links and events kept of a span."""
_FAILED = 2
_KINDS = {1: "", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


class NotOtlp(Exception):
    """The body is not what OTLP/HTTP brings."""


@dataclass(frozen=True)
class Span:
    """One piece of work. Times are nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    kind: str
    began: int
    ended: int
    failed: bool
    fault: str = ""
    """What was wrong, in words."""
    job_id: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    """Ids of traces that this one has to do with."""

    @property
    def seconds(self) -> float:
        return (self.ended - self.began) / 1e9


def from_protobuf(body: bytes) -> list[Span]:
    """The spans of an `ExportTraceServiceRequest`.

    Raises
    ------
    NotOtlp
        It is none.
    """
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as fault:
        raise NotOtlp(str(fault)) from fault
    return list(_spans(MessageToDict(request, use_integers_for_enums=True), _hex_of_base64))


def from_json(body: bytes) -> list[Span]:
    """The spans of such a request in OTLP's JSON.

    Raises
    ------
    NotOtlp
        It is none.
    """
    try:
        return list(_spans(json.loads(body), str))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as fault:
        raise NotOtlp(repr(fault)) from fault


def _spans(request: Mapping[str, Any], identity: Any) -> Iterator[Span]:
    for group in request.get("resourceSpans", []):
        service = _values(group.get("resource", {}).get("attributes", [])).get("service.name", "?")
        for scope in group.get("scopeSpans", []):
            for found in scope.get("spans", []):
                yield _span(found, str(service), identity)


def _span(found: Mapping[str, Any], service: str, identity: Any) -> Span:
    attributes = _values(found.get("attributes", []))
    status = found.get("status", {})
    said = [_values(event.get("attributes", [])) for event in found.get("events", [])[:_MOST]]
    faults = [
        f"{each.get('exception.type', '')}: {each['exception.message']}"
        for each in said
        if "exception.message" in each
    ]
    return Span(
        trace_id=identity(found["traceId"]),
        span_id=identity(found["spanId"]),
        parent_id=identity(found.get("parentSpanId") or ""),
        service=service[:100],
        name=str(found.get("name", ""))[:200],
        kind=_KINDS.get(int(found.get("kind", 1)), ""),
        began=int(found["startTimeUnixNano"]),
        ended=int(found["endTimeUnixNano"]),
        failed=int(status.get("code", 0)) == _FAILED,
        fault=(faults[0] if faults else str(status.get("message", "")))[:_LONGEST],
        job_id=str(attributes.get(JOB_ID, ""))[:100],
        attributes=attributes,
        links=tuple(identity(link["traceId"]) for link in found.get("links", [])[:_MOST]),
    )


def _values(pairs: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {str(pair["key"])[:200]: _value(pair.get("value", {})) for pair in pairs[:_MOST]}


def _value(tagged: Mapping[str, Any]) -> Any:
    """OTLP tags each value with its type, and writes integers as texts."""
    for tag, value in tagged.items():
        if tag == "intValue":
            return int(value)
        if tag in ("boolValue", "doubleValue"):
            return value
        if tag == "arrayValue":
            return [_value(each) for each in value.get("values", [])[:_MOST]]
        return str(value)[:_LONGEST]
    return ""


def _hex_of_base64(text: str) -> str:
    return base64.b64decode(text).hex()
