"""The OpenAPI 3.1 document, made from the operations and their models."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gas.scopes import WORDS
from web.api.operations import NoQuery, Operation

Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")

TAGS: Mapping[str, str] = {
    "uploads": "Send a file straight to the file store, in one piece or in parts.",
    "jobs": "Have it annotated; find, follow, cancel, repeat and delete jobs.",
    "results": "Get what came out.",
    "variants": "Annotate single variants, answered at once.",
    "packs": "The reference packs: gene models, sequences, known variants.",
    "sharing": "Links that show a job, or a filtered view of it, to people without an account.",
    "projects": "Jobs that several people see, and who they are.",
    "webhooks": "Have your own systems told when something has happened (signed HTTP requests).",
    "account": "Plan, usage and tokens.",
}

_EVERYWHERE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_WITH_A_KEY = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)

_DESCRIPTION = """\
Upload VCF files, have them annotated, get the results.

**Come in** with `Authorization: Bearer TOKEN`: a personal access token (profile page), or a Globus
access token where the installation takes them. Every operation names the scope it needs.

**Errors** are problem details (RFC 9457) with a stable `code` and a `remedy`.

**Repeat safely:** send an `Idempotency-Key` (a UUID) with a POST; for a day the same key gives the
same answer, marked `Idempotency-Replayed: true`.

**Limits:** `RateLimit-*` say how many requests are left; after a 429 wait for `Retry-After`.
"""


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable: what programs should look at.")
    remedy: str = Field(description="What to do about it.")
    retryable: bool = Field(description="Whether the same request may succeed later.")
    request_id: str
    upgrade: str | None = Field(default=None, description="Where Premium is had, if it helps.")


def document(operations: Sequence[Operation], *, server: str) -> Document:
    """The whole document; `server` is the address of the API."""
    names, definitions = _schemas(operations)
    paths: dict[str, Document] = {}
    for operation in operations:
        path = _PLACE.sub(r"{\1}", operation.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "GAS, the Genomics Annotation Service",
            "version": version("gas"),
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Scopes: "
                    + "; ".join(f"`{scope.value}`: {words}" for scope, words in WORDS.items()),
                }
            },
            "headers": _HEADERS,
        },
    }


def _operation(operation: Operation, names: Mapping[Any, str]) -> Document:
    found: Document = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"{operation.description}\n\nScope: `{operation.scope.value}`.".strip(),
        "security": [{"token": []}],
        "parameters": [*_path(operation), *_query(operation), *_headers(operation)],
        "responses": _responses(operation, names),
    }
    if operation.body is not None:
        schema = {"$ref": names[operation.body, "validation"]}
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return found


def _path(operation: Operation) -> Sequence[Document]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _inlined(adapter.json_schema())}
        for name, adapter in operation.path.items()
    ]


def _query(operation: Operation) -> Sequence[Document]:
    if operation.query is NoQuery:
        return []
    schema = operation.query.model_json_schema()
    definitions = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": _inlined(_present(each), definitions),
            **({"description": each["description"]} if "description" in each else {}),
        }
        for name, each in schema["properties"].items()
    ]


def _headers(operation: Operation) -> Sequence[Document]:
    if not operation.changes:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}]


def _responses(operation: Operation, names: Mapping[Any, str]) -> Document:
    good: Document = {"description": operation.status.phrase, "headers": _LIMITS}
    if operation.stream:
        text = {"schema": {"type": "string"}}
        good["content"] = {each.partition(";")[0]: text for each in operation.stream}
    elif operation.answer is not None:
        schema = {"$ref": names[operation.answer, "serialization"]}
        good["content"] = {"application/json": {"schema": schema}}
    responses: Document = {str(int(operation.status)): good}
    if operation.method == "GET" and not operation.stream:
        responses["304"] = {"description": "Not modified: what `If-None-Match` names is still so."}
    for status, words in operation.also.items():
        responses[str(int(status))] = {"description": words}
    errors = {*_EVERYWHERE, *operation.errors, *(_WITH_A_KEY if operation.changes else ())}
    problem = {"application/problem+json": {"schema": {"$ref": names[Problem, "serialization"]}}}
    for status in sorted(errors):
        responses[str(int(status))] = {"description": status.phrase, "content": problem}
    return responses


def _schemas(operations: Sequence[Operation]) -> tuple[Mapping[Any, str], Document]:
    """The address of every model's schema, and all schemas by name."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for operation in operations:
        if operation.body is not None:
            wanted[operation.body, "validation"] = None
        if operation.answer is not None:
            wanted[operation.answer, "serialization"] = None
    found, definitions = models_json_schema(list(wanted), ref_template=_REF)
    names = {key: schema["$ref"] for key, schema in found.items()}
    return names, definitions["$defs"]


def _present(schema: Document) -> Document:
    """A parameter that is there is never null."""
    options = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "title")}
    if kept.get("default", 0) is None:
        del kept["default"]
    return {**kept, **options[0]} if len(options) == 1 else {**kept, **schema}


def _inlined(schema: Document, definitions: Mapping[str, Document] | None = None) -> Document:
    """The schema without references, as parameters need it."""
    definitions = definitions or schema.get("$defs", {})
    kept = {name: value for name, value in schema.items() if name not in ("$defs", "title")}
    if "$ref" in kept:
        target = definitions[kept.pop("$ref").rsplit("/", 1)[-1]]
        kept = {**_inlined(target, definitions), **kept}
    if "items" in kept:
        kept["items"] = _inlined(kept["items"], definitions)
    return kept


def _number(words: str) -> Document:
    return {"description": words, "schema": {"type": "integer"}}


_HEADERS: Mapping[str, Document] = {
    "RateLimit-Limit": _number("Requests a minute."),
    "RateLimit-Remaining": _number("As many may follow at once."),
    "RateLimit-Reset": _number("Seconds until all of them may."),
}
_LIMITS = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
