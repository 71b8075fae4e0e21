"""The OpenAPI document is valid, and says of every operation what holds for it."""

import re

from openapi_spec_validator import OpenAPIV31SpecValidator

from gas.scopes import Scope
from tests.unit.web.conftest import PUBLIC_URL, World


def test_the_document_is_valid_and_served_to_everybody(world: World) -> None:
    answer = world.client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert list(OpenAPIV31SpecValidator(answer.json).iter_errors()) == []
    assert answer.json["openapi"].startswith("3.1")
    assert answer.json["servers"] == [{"url": f"{PUBLIC_URL}/api/v1"}]


def test_every_route_of_the_api_is_in_the_document_and_the_other_way_round(world: World) -> None:
    paths = world.client().get("/api/v1/openapi.json").json["paths"]
    told = {(m.upper(), path) for path, methods in paths.items() for m in methods}
    there = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert there - told == {("GET", "/openapi.json"), ("GET", "/docs")}
    assert told - there == set()


def test_every_operation_says_which_scope_it_needs_and_what_it_does(world: World) -> None:
    paths = world.client().get("/api/v1/openapi.json").json["paths"]
    operations = [each for methods in paths.values() for each in methods.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    for each in operations:
        assert each["summary"], each["operationId"]
        assert any(f"`{scope.value}`" in each["description"] for scope in Scope)
        assert {"401", "403", "429"} <= set(each["responses"])


def test_the_page_loads_only_our_own_files(world: World) -> None:
    page = world.client().get("/api/v1/docs")
    assert page.status_code == 200
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
