"""Billing periods: calendar arithmetic from the anchor, so that the 31st stays the 31st."""

from __future__ import annotations

import calendar
import datetime

DAY = 86_400
HOUR = 3_600


def add(moment: int, interval: str, count: int) -> int:
    """A moment some days, weeks, months or years later.

    A day that the month does not have becomes the month's last one, as Stripe counts.
    """
    if interval in ("day", "week"):
        return moment + count * (DAY if interval == "day" else 7 * DAY)
    start = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    months = start.month - 1 + count * (12 if interval == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def next_end(anchor: int, interval: str, count: int, after: int) -> int:
    """The first period's end later than ``after``, counted from the anchor."""
    periods = 1
    while (end := add(anchor, interval, periods * count)) <= after:
        periods += 1
    return end
