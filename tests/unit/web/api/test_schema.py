"""Whatever is sent to the API, it answers as its document says, and never with our fault."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode

from tests.unit.web.api.conftest import issue
from tests.unit.web.conftest import World, complete, make_job
from web.api.openapi import document
from web.api.routes import api

PLENTY = 10**9
MEANING = schemathesis.checks.positive_data_acceptance
"""Not held: a cursor, a key, a sealed upload have a form that the document cannot tell."""
OPERATIONS = [
    (method, path)
    for path, methods in document(api.operations, server="/api/v1")["paths"].items()
    for method in methods
]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=str)
def test_every_answer_is_one_that_the_document_knows(
    make_world: Callable[..., World],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    mode: GenerationMode,
) -> None:
    monkeypatch.setattr("web.api.jobs._wait", lambda job, _seconds: job)
    world = make_world(free_requests_per_minute=PLENTY)
    headers = {"Authorization": f"Bearer {issue(world)}", "Accept-Encoding": "identity"}
    jobs = [complete(world, make_job(world)), make_job(world)]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", world.app)
    operation: Any = schema[path][method.upper()]

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        case.call_and_validate(headers=headers, excluded_checks=[MEANING])
        if "job_id" in case.path_parameters and mode is GenerationMode.POSITIVE:
            for job in jobs:
                case.path_parameters["job_id"] = job.job_id
                case.call_and_validate(headers=headers, excluded_checks=[MEANING])

    ask()
