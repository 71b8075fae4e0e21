"""What the API refuses, as Stripe's error objects."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is an error.

    Parameters
    ----------
    keep
        What the request changed stays changed (a declined payment leaves its mark on the
        invoice), and the answer is repeated for the same idempotency key.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        keep: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.keep = keep
        self._fields = {
            "code": code,
            "decline_code": decline_code,
            "message": message,
            "param": param,
            "type": kind,
        }

    @property
    def code(self) -> str | None:
        return self._fields["code"]

    def body(self) -> dict[str, Any]:
        return {"error": {name: value for name, value in self._fields.items() if value is not None}}


def missing(param: str) -> ApiError:
    return ApiError(400, f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown_parameter(param: str) -> ApiError:
    return ApiError(
        400, f"Received unknown parameter: {param}", code="parameter_unknown", param=param
    )


def invalid(param: str, message: str, code: str | None = None) -> ApiError:
    return ApiError(400, message, code=code, param=param)


def no_such(kind: str, object_id: str, param: str | None = None) -> ApiError:
    """Nothing of this kind has this id; 404 for the object of the path, 400 for a parameter."""
    name = kind.rpartition(".")[2].replace("_", " ")
    return ApiError(
        404 if param is None else 400,
        f"No such {name}: '{object_id}'",
        code="resource_missing",
        param=param or "id",
    )


def card_error(message: str, code: str, decline_code: str | None, param: str | None) -> ApiError:
    return ApiError(
        402,
        message,
        kind="card_error",
        code=code,
        decline_code=decline_code,
        param=param,
        keep=True,
    )
