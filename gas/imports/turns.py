"""Whose turn it is: who holds an import, who has lost it, and who has to wait."""

from gas.imports.models import KEPT_SECONDS, LEASE_SECONDS, MOST_AT_ONCE, Import, ImportState
from gas.imports.ports import ImportStore


def leased(now: int) -> dict[str, int]:
    """The fields that say that somebody is at it."""
    return {
        "changed_at": now,
        "lease_until": now + LEASE_SECONDS,
        "expires_at": now + KEPT_SECONDS,
    }


def fetcher_died(found: Import) -> bool:
    """Whether the last one at it neither ended its try nor handed it on: it was stopped, or fell
    over something that no server should send. That counts as a try, or it would go on for ever."""
    return found.state is ImportState.FETCHING and found.lease_until > found.changed_at


def enough_run(store: ImportStore, user_id: str) -> bool:
    """Whether the user has so many fetched that another one has to wait."""
    running = [each for each in store.of_user(user_id) if each.state is ImportState.FETCHING]
    return len(running) >= MOST_AT_ONCE
