"""The client asks for what the service offers, and reads what it says."""

from dataclasses import fields
from typing import Any

import pytest

from gas_client import models
from tests.unit.client.service import ROUTES
from web.api.api import api
from web.api.openapi import document
from web.api.routes import MODULES

DOCUMENT = document(api.operations, server="https://gas.example.org/api/v1")
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]

NAMES = {
    models.Account: "AccountDocument",
    models.Failure: "JobFailure",
    models.FileLink: "FileLink",
    models.Job: "JobDocument",
    models.JobPage: "JobList",
    models.Options: "Options",
    models.Pack: "PackSummary",
    models.PartsUpload: "PartsUpload",
    models.Progress: "JobProgress",
    models.Queue: "Queue",
    models.Receipt: "ReceiptCounts",
    models.ResultFile: "ResultFileInfo",
    models.Results: "JobResults",
    models.SignedUpload: "SignedUploadDocument",
    models.Uploaded: "Uploaded",
    models.VariantAnswers: "VariantsDocument",
    models.Webhook: "EndpointWithSecret",
    models.Delivery: "DeliveryDocument",
    models.Attempt: "AttemptInfo",
}


@pytest.mark.parametrize("model", NAMES, ids=lambda model: model.__name__)
def test_every_field_is_one_that_the_service_tells(model: type) -> None:
    told = _properties(NAMES[model])
    assert {each.name for each in fields(model)} <= told


def test_every_call_is_an_operation_of_the_service() -> None:
    assert MODULES
    offered = {
        (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods
    }
    asked = {
        (
            method,
            rule.replace("webhooks/([0-9a-f-]{36})", "webhooks/{endpoint_id}")
            .replace("([0-9a-f-]{36})", "{job_id}")
            .replace("([a-z]+)", "{kind}"),
        )
        for method, rule, _ in ROUTES
    }
    assert asked <= offered


def _properties(name: str) -> set[str]:
    found = SCHEMAS.get(name) or SCHEMAS[f"{name}-Output"]
    return set(found["properties"])
