"""How far the return of a user's archived results is."""

from dataclasses import dataclass

from gas.accounts.models import Account
from gas.jobs import ResultsState
from gas.plans import terms_of
from web.services import Services

MOST_COUNTED = 1000
"""As many jobs as are counted for a page."""

_PAGE = 250


@dataclass(frozen=True)
class ThawProgress:
    """Jobs whose results are still away from a Premium user."""

    away: int
    total: int
    """As many as were away when the thaw began."""
    expected_at: int | None
    """When the last of those that were counted should be back; None: nothing is known yet."""

    @property
    def back(self) -> int:
        """Jobs whose results are back."""
        return self.total - self.away

    @property
    def complete(self) -> bool:
        """Whether all of them were counted."""
        return self.away < MOST_COUNTED


def thaw_progress(services: Services, account: Account) -> ThawProgress | None:
    """What is still cold of a user whose plan keeps results; None: nothing is, or may be."""
    if not terms_of(account.plan).keeps_results:
        return None
    away, expected, cursor = 0, 0, None
    while away < MOST_COUNTED:
        page = services.ledger.list_cold(account.user_id, limit=_PAGE, cursor=cursor)
        for job in page.jobs:
            if job.results_state is ResultsState.ARCHIVING and not job.archives:
                continue
            away += 1
            retrievals = [file.retrieval for file in job.archives.values() if file.retrieval]
            expected = max(expected, *(r.expected_at for r in retrievals), 0)
        cursor = page.next_cursor
        if cursor is None:
            break
    if not away:
        return None
    total = max(services.thaws.size(account.user_id) or 0, away)
    return ThawProgress(away=away, total=total, expected_at=expected or None)
