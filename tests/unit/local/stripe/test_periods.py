"""Periods are counted on the calendar, from the anchor."""

import calendar
import time

import pytest

from local.stripe.billing.periods import add, next_end


def moment(text: str) -> int:
    return calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M"))


@pytest.mark.parametrize(
    ("start", "interval", "count", "end"),
    [
        ("2026-11-21 10:30", "month", 1, "2026-12-21 10:30"),
        ("2026-12-31 10:30", "month", 1, "2027-01-31 10:30"),
        ("2027-01-31 10:30", "month", 1, "2027-02-28 10:30"),
        ("2028-01-31 10:30", "month", 1, "2028-02-29 10:30"),
        ("2028-02-29 10:30", "year", 1, "2029-02-28 10:30"),
        ("2026-11-21 10:30", "month", 14, "2028-01-21 10:30"),
        ("2026-11-21 10:30", "week", 2, "2026-12-05 10:30"),
        ("2026-11-21 10:30", "day", 10, "2026-12-01 10:30"),
    ],
)
def test_adding(start: str, interval: str, count: int, end: str) -> None:
    assert add(moment(start), interval, count) == moment(end)


def test_the_31st_comes_back() -> None:
    anchor = moment("2026-12-31 08:00")
    ends = [anchor]
    for _ in range(4):
        ends.append(next_end(anchor, "month", 1, ends[-1]))
    assert [time.gmtime(end).tm_mday for end in ends] == [31, 31, 28, 31, 30]


def test_an_anchor_to_come_is_the_first_end_after_it() -> None:
    anchor = moment("2026-12-01 08:00")
    assert next_end(anchor, "month", 1, anchor - 5) == moment("2027-01-01 08:00")
