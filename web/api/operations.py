"""Operations: a route of the API with everything that there is to say of it.

An operation is declared once, with its models, its scope and its errors; from that come the route,
the checks before it, and its place in the OpenAPI document (`web.api.openapi`).
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any, get_type_hints

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from gas.errors import InvalidRequest, NotFound
from gas.scopes import Scope
from web.api.once import once
from web.payload import parse_json

JSON = "application/json"

_ONLY_READING = frozenset({Scope.JOBS_READ, Scope.VARIANTS_READ, Scope.ACCOUNT_READ})
"""Scopes of operations that change nothing: they may be repeated as they are."""
_PLACES = re.compile(r"<(?:\w+:)?(\w+)>")


class ApiModel(BaseModel):
    """What requests and answers are made of. An unknown field is an error, not a surprise."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class NoQuery(ApiModel):
    """The query of an operation that takes none."""


@dataclass(frozen=True)
class Answer:
    """What a view gives when there is more to say than a body."""

    body: BaseModel | None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: HTTPStatus | None = None
    """None: the operation's own."""


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    id: str
    """`operationId`, such as `list_jobs`; the view's name."""
    method: str
    rule: str
    """As Flask writes it, below the API's prefix."""
    tag: str
    scope: Scope
    summary: str
    description: str
    query: type[BaseModel]
    body: type[BaseModel] | None
    answer: type[BaseModel] | None
    status: HTTPStatus
    also: Mapping[HTTPStatus, str]
    """Other good answers without a body of their own, and what they mean."""
    errors: Sequence[HTTPStatus]
    """Those that only this operation has; those of all are in `web.api.openapi`."""
    path: Mapping[str, TypeAdapter[Any]]
    """The path's places and their types."""
    stream: Sequence[str] = ()
    """The media types, if the answer is a file."""

    @property
    def changes(self) -> bool:
        """Whether doing it twice would be more than doing it once."""
        return self.method == "POST" and self.scope not in _ONLY_READING


class Api:
    """The operations of a blueprint."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.operations: list[Operation] = []

    def operation(
        self,
        method: str,
        rule: str,
        *,
        tag: str,
        scope: Scope,
        query: type[BaseModel] = NoQuery,
        body: type[BaseModel] | None = None,
        answer: type[BaseModel] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        also: Mapping[HTTPStatus, str] | None = None,
        errors: Sequence[HTTPStatus] = (),
        stream: Sequence[str] = (),
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Declare a view. It is called with the path's values, `query` and `body`, as declared.

        Its docstring is the operation's description: the first line its summary.
        """

        def declare(view: Callable[..., Any]) -> Callable[..., Response]:
            summary, _, description = (view.__doc__ or "").strip().partition("\n")
            hints = get_type_hints(view)
            path = {name: TypeAdapter(hints[name]) for name in _PLACES.findall(rule)}
            operation = Operation(
                view.__name__,
                method,
                rule,
                tag,
                scope,
                summary.rstrip("."),
                " ".join(description.split()),
                query,
                body,
                answer,
                status,
                also or {},
                errors,
                path,
                stream,
            )
            self.operations.append(operation)

            @wraps(view)
            def handle(**places: Any) -> Response:
                def work() -> Response:
                    given = _read_path(operation, places)
                    if operation.query is not NoQuery or request.args:
                        asked = parse_query(operation.query)
                        given |= {"query": asked} if operation.query is not NoQuery else {}
                    if operation.body is not None:
                        given["body"] = parse_json(operation.body)
                    return _respond(operation, view(**given))

                return once(work) if operation.changes else work()

            handle.scope = scope  # type: ignore[attr-defined]  # read by web.api.guard
            self.blueprint.add_url_rule(rule, view.__name__, handle, methods=[method])
            return handle

        return declare


def _read_path(operation: Operation, places: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {name: operation.path[name].validate_python(v) for name, v in places.items()}
    except ValidationError as error:
        raise NotFound(
            "This address does not lead anywhere.", remedy="Check the address."
        ) from error


def parse_query(model: type[BaseModel]) -> BaseModel:
    """The query's parameters as `model`; a parameter that is a list may be repeated.

    Raises:
        InvalidRequest: one is wrong or unknown; the text says which.
    """
    lists = {
        name
        for name, info in model.model_fields.items()
        if getattr(info.annotation, "__origin__", None) in (list, tuple)
    }
    values: dict[str, Any] = {}
    for name, found in request.args.lists():
        if name not in lists and len(found) > 1:
            raise InvalidRequest(f"{name}: given more than once.", remedy="Give it once.")
        values[name] = found if name in lists else found[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(
            f"{where}: {first['msg']}", remedy="Use the documented parameters."
        ) from error


def _respond(operation: Operation, given: Any) -> Response:
    if isinstance(given, Response):
        return given
    answer = given if isinstance(given, Answer) else Answer(given)
    status = answer.status or operation.status
    if answer.body is None:
        return Response(status=status, headers=dict(answer.headers))
    text = answer.body.model_dump_json()
    response = Response(text, status=status, mimetype=JSON, headers=dict(answer.headers))
    if request.method == "GET" and status == HTTPStatus.OK:
        response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
        response.make_conditional(request)
    return response
