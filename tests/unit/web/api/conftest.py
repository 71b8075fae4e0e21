"""A program with a token."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gas.scopes import Scope
from tests.unit.web.conftest import ADA, World

Call = Callable[..., TestResponse]


def issue(world: World, user: str = ADA, scopes: frozenset[Scope] = frozenset(Scope)) -> str:
    """A token of the user's, who has logged in once."""
    world.log_in(user)
    now = world.clock.now()
    return world.services.tokens.issue(user, name="t", scopes=scopes, days=1, now=now)[1]


def caller(world: World, token: str) -> Call:
    """Asks the API with the token: `call("GET", "/jobs")`."""

    def call(method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
        given = {"Authorization": f"Bearer {token}", **(headers or {})}
        return world.client().open(f"/api/v1{path}", method=method, headers=given, **more)

    return call


@pytest.fixture
def call(world: World) -> Call:
    return caller(world, issue(world))
