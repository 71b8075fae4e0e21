"""What the command ends with: scripts look at nothing else."""

from __future__ import annotations

from gas_client.errors import (
    ApiError,
    GasError,
    Mistake,
    NotLoggedIn,
    TimedOut,
    Unavailable,
    Unexpected,
    Unreachable,
)

DONE = 0
FAILED = 1
"""A job failed or was cancelled, or a file arrived damaged."""
USAGE = 2
NOT_LOGGED_IN = 3
REFUSED = 4
"""By the service: not there, not yours, not in this plan, not now."""
UNAVAILABLE = 5
"""No network, no answer, or too slow."""
INTERRUPTED = 130

_CODES: tuple[tuple[type[GasError], int], ...] = (
    (NotLoggedIn, NOT_LOGGED_IN),
    (Unavailable, UNAVAILABLE),
    (Unreachable, UNAVAILABLE),
    (TimedOut, UNAVAILABLE),
    (Unexpected, UNAVAILABLE),
    (ApiError, REFUSED),
    (Mistake, USAGE),
)


def exit_code(error: GasError) -> int:
    """The exit code that stands for an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)
