"""What Free and Premium may do: one table, read by every service."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MIB = 1024 * 1024
GIB = 1024 * MIB
TIB = 1024 * GIB
MAX_POST_BYTES = 5 * GIB
"""The largest file that one signed POST can carry (S3's own limit); larger ones go in parts."""


class Plan(StrEnum):
    """A user's plan; the value is what the accounts database stores."""

    FREE = "free"
    PREMIUM = "premium"


@dataclass(frozen=True)
class PlanTerms:
    """The limits of a plan."""

    name: str
    max_upload_bytes: int
    """Largest input, in bytes: 5 TiB is what one S3 object may have."""
    max_running_jobs: int
    """Jobs of one user that run at once; the others wait their turn."""
    keeps_results: bool
    """Whether results stay available. If not, they are archived when their time is over."""


PLAN_TERMS: Mapping[Plan, PlanTerms] = {
    Plan.FREE: PlanTerms(
        name="Free", max_upload_bytes=10 * MIB, max_running_jobs=1, keeps_results=False
    ),
    Plan.PREMIUM: PlanTerms(
        name="Premium", max_upload_bytes=5 * TIB, max_running_jobs=8, keeps_results=True
    ),
}


def terms_of(plan: Plan) -> PlanTerms:
    """The terms of `plan`."""
    return PLAN_TERMS[plan]
