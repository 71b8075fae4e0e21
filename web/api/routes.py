"""The API's blueprint with all operations, its OpenAPI document and the page that shows it."""

from functools import lru_cache

from flask import Response, jsonify, render_template

from web.api import (
    account,
    imports,
    jobs,
    projects,
    results,
    shares,
    table,
    uploads,
    variants,
    webhooks,
)
from web.api.api import PREFIX, api
from web.api.openapi import Document, document
from web.context import services

blueprint = api.blueprint

MODULES = (uploads, imports, jobs, results, table, shares, projects, variants, webhooks, account)
"""Importing them declared their operations."""


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI document, for everybody."""
    return jsonify(_document(services().settings.public_url + PREFIX))


@blueprint.get("/docs")
def docs() -> str:
    """The API, to read and to try."""
    return render_template("api/page.html", document=_document(PREFIX))


@lru_cache(maxsize=4)
def _document(server: str) -> Document:
    return document(api.operations, server=server)
