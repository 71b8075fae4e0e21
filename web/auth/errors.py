"""What can go wrong with a login."""

from gas.errors import GasError


class LoginRequired(GasError):
    """Nobody is logged in."""

    code = "login_required"


class LoginFailed(GasError):
    """The login was cancelled, is too old, or what came back does not fit what was asked."""

    code = "login_failed"
