"""What Free and Premium may do: one table, read by every service."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MIB = 1024 * 1024
GIB = 1024 * MIB


class Plan(StrEnum):
    """A user's plan; the value is what the accounts database stores."""

    FREE = "free"
    PREMIUM = "premium"


@dataclass(frozen=True)
class PlanTerms:
    """The limits of a plan."""

    name: str
    max_upload_bytes: int
    """Largest input, in bytes. A single signed POST cannot exceed 5 GiB (S3's own limit)."""


PLAN_TERMS: Mapping[Plan, PlanTerms] = {
    Plan.FREE: PlanTerms(name="Free", max_upload_bytes=10 * MIB),
    Plan.PREMIUM: PlanTerms(name="Premium", max_upload_bytes=5 * GIB),
}


def terms_of(plan: Plan) -> PlanTerms:
    """The terms of `plan`."""
    return PLAN_TERMS[plan]
