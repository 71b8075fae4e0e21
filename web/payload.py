"""JSON request bodies, checked against a model."""

from typing import TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from gas.errors import InvalidRequest

Model = TypeVar("Model", bound=BaseModel)


def parse_json(model: type[Model]) -> Model:
    """The request's body as `model`.

    Raises:
        InvalidRequest: the body is no JSON, or a field is missing or wrong; the text says which.
    """
    try:
        return model.model_validate_json(request.get_data(cache=True))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = f"{where}: {first['msg']}" if where else "The body is not the JSON that is expected."
        raise InvalidRequest(what, remedy="Send JSON with the documented fields.") from error
