"""Estimates are no more exact than they are, and the queue is told in sentences."""

import pytest

from gas.standing import Standing
from web.annotations.standing import about, queue_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few seconds"),
        (9.9, "a few seconds"),
        (30, "less than a minute"),
        (61, "about a minute"),
        (89, "about a minute"),
        (125, "about 2 minutes"),
        (13 * 60, "about 15 minutes"),
        (54 * 60, "about 55 minutes"),
        (59 * 60, "about an hour"),
        (7300, "about 2 hours"),
        (50 * 3600, "about 2 days"),
    ],
)
def test_a_time_in_words(seconds: float, words: str) -> None:
    assert about(seconds) == words


@pytest.mark.parametrize(
    ("own", "limit", "others", "counted", "words"),
    [
        (0, 1, 0, True, "It is the next to start."),
        (2, 1, 0, True, "2 of your own jobs are before it; Free runs one at a time."),
        (1, 1, 0, True, "1 of your own jobs is before it; Free runs one at a time."),
        (3, 8, 1, True, "1 job of somebody else is before it."),
        (0, 1, 1200, True, "1,200 jobs of others are before it."),
        (0, 1, 999, False, "More than 1,000 jobs wait before it."),
    ],
)
def test_the_queue_in_words(own: int, limit: int, others: int, counted: bool, words: str) -> None:
    found = Standing(own, limit, others, counted, workers=1)
    assert queue_words(found, "Free") == words
