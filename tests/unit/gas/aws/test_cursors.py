"""Cursors that nobody was given."""

import base64

import pytest

from gas.aws.items import Index
from gas.errors import InvalidRequest

INDEX = Index("user_jobs", "user_id", "submit_time")
JOB = '"11111111-1111-4111-8111-111111111111"'


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def test_a_cursor_names_a_place_in_the_owners_own_list() -> None:
    key = INDEX.start_key(encoded(f"[{JOB}, 1800000000]"), "me")
    assert key["user_id"] == {"S": "me"}
    assert key["submit_time"] == {"N": "1800000000"}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        f"[{JOB}, true]",
        f"[{JOB}, 1.5]",
        f"[{JOB}, -1]",
        f"[{JOB}, 1{'0' * 50}]",
        '["", 1800000000]',
        '["\\ud800", 1800000000]',
        "[5, 1800000000]",
        f"[{JOB}]",
    ],
)
def test_what_the_database_would_choke_on_is_refused_as_a_bad_address(text: str) -> None:
    with pytest.raises(InvalidRequest):
        INDEX.start_key(encoded(text), "me")
