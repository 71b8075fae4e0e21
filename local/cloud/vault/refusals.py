"""Glacier's errors."""

from __future__ import annotations

from aiohttp import web

from local.cloud.settings import ACCOUNT, REGION


class Refusal(Exception):
    """A request that is not fulfilled: status, code and message as Glacier answers."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def answer(self) -> web.Response:
        """The error in the form that SDKs read."""
        kind = "Client" if self.status < 500 else "Server"
        return web.json_response(
            {"code": self.code, "message": self.message, "type": kind},
            status=self.status,
            headers={"x-amzn-ErrorType": self.code},
        )


def invalid(message: str) -> Refusal:
    return Refusal(400, "InvalidParameterValueException", message)


def missing(name: str) -> Refusal:
    return Refusal(400, "MissingParameterValueException", f"Required parameter missing: {name}")


def not_found(message: str) -> Refusal:
    return Refusal(404, "ResourceNotFoundException", message)


def no_vault(vault: str) -> Refusal:
    return not_found(f"Vault not found for ARN: {arn_of(vault)}")


def arn_of(vault: str) -> str:
    return f"arn:aws:glacier:{REGION}:{ACCOUNT}:vaults/{vault}"
