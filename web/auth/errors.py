"""What can go wrong with a login or a token."""

from gas.errors import GasError
from gas.scopes import Scope


class LoginRequired(GasError):
    """Nobody is logged in."""

    code = "login_required"


class LoginFailed(GasError):
    """The login was cancelled, is too old, or what came back does not fit what was asked."""

    code = "login_failed"


class InvalidToken(GasError):
    """The token is none of ours, was revoked, or has expired."""

    code = "invalid_token"


class InsufficientScope(GasError):
    """The token is good, but not for this."""

    code = "insufficient_scope"

    def __init__(self, message: str, *, remedy: str = "", scope: Scope | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.scope = scope


class TooManyRequests(GasError):
    """The person's programs ask more often than the plan allows."""

    code = "too_many_requests"
    retryable = True
    upgrade_helps = True
