"""Links in words."""

from collections.abc import Mapping, Sequence

from gas.sharing.shares import DAY, HOUR
from gas.sharing.tables import Share
from web.explorer import panel
from web.explorer.filters import parse_query

LIVES: Mapping[int, str] = {
    HOUR: "1 hour",
    DAY: "1 day",
    3 * DAY: "3 days",
    7 * DAY: "7 days",
    14 * DAY: "14 days",
    30 * DAY: "30 days",
}
"""Lives that the pages offer."""


def pieces(query: str | None) -> Sequence[str]:
    """The filters of a view, each in a few words; none: it shows everything."""
    if query is None:
        return ()
    return [chip.label for chip in panel.chips(parse_query(query))]


def standing(share: Share, now: int) -> str:
    """`live`, `ended` (by its owner) or `over`."""
    if share.revoked_at is not None:
        return "ended"
    return "live" if share.is_live(now) else "over"
