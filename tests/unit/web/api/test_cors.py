"""Who may read the answers in a page of another origin."""

from collections.abc import Callable

import pytest

from tests.unit.web.api.conftest import caller, issue
from tests.unit.web.conftest import World

LAB = "https://lab.example.org"


@pytest.mark.parametrize(
    ("setting", "origin", "allowed"),
    [
        ("", LAB, None),
        (LAB, LAB, LAB),
        (f"https://a.example {LAB}", LAB, LAB),
        (LAB, "https://evil.example", None),
        (LAB, f"{LAB}.evil.example", None),
        (LAB, "null", None),
        ("*", "https://anybody.example", "*"),
    ],
)
def test_pages_of_named_origins_may_ask_with_a_token_only(
    make_world: Callable[..., World], setting: str, origin: str, allowed: str | None
) -> None:
    world = make_world(api_origins=setting)
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    before = world.client().options("/api/v1/uploads", headers=asked)
    assert before.status_code == 200
    answers = [
        before,
        caller(world, issue(world))("GET", "/jobs", headers={"Origin": origin}),
        world.client().get("/api/v1/jobs", headers={"Origin": origin}),  # 401, and readable
    ]
    for answer in answers:
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Access-Control-Allow-Credentials" not in answer.headers
    if allowed:
        assert "Authorization" in before.headers["Access-Control-Allow-Headers"]
        assert "Retry-After" in answers[1].headers["Access-Control-Expose-Headers"]
        assert "Origin" in answers[1].headers["Vary"]


def test_pages_that_are_no_api_are_for_no_other_origin(make_world: Callable[..., World]) -> None:
    answer = make_world(api_origins="*").client().get("/status", headers={"Origin": LAB})
    assert "Access-Control-Allow-Origin" not in answer.headers
