"""Scopes: what a token may be used for. A token never allows more than its user may do."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Scope(StrEnum):
    """The scopes; the values are what tokens and the OpenAPI document say."""

    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    VARIANTS_READ = "variants:read"
    ACCOUNT_READ = "account:read"
    WEBHOOKS_WRITE = "webhooks:write"
    SHARING_WRITE = "sharing:write"


WORDS: Mapping[Scope, str] = {
    Scope.JOBS_READ: "See jobs and their logs, download results",
    Scope.JOBS_WRITE: "Upload files; start, cancel, repeat and delete jobs",
    Scope.VARIANTS_READ: "Annotate single variants",
    Scope.ACCOUNT_READ: "See plan and usage",
    Scope.WEBHOOKS_WRITE: "See and change where events are sent",
    Scope.SHARING_WRITE: "Show jobs to others: links, projects, invitations",
}

USUAL = frozenset({Scope.JOBS_READ, Scope.JOBS_WRITE, Scope.VARIANTS_READ, Scope.ACCOUNT_READ})
"""What the command line needs."""


def parse_scopes(texts: Iterable[str]) -> frozenset[Scope]:
    """The scopes of these names; names that are none are left out."""
    known = {scope.value: scope for scope in Scope}
    return frozenset(known[text] for text in texts if text in known)
