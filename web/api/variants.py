"""Single variants, answered at once."""

from http import HTTPStatus
from typing import Any

from flask import request

from gas.scopes import Scope
from web.api.api import api
from web.api.operations import Answer, ApiModel
from web.auth.session import require_account
from web.context import services
from web.variants.asking import VariantsRequest, ask, document

MAX_BODY = 2 * 1024 * 1024
"""A thousand variants, some of them with long alleles."""


class VariantsDocument(ApiModel):
    """The answers, in the order of the questions."""

    pack: str
    pack_id: str
    assembly: str
    variants: list[dict[str, Any]]
    """For each: `site` as it was understood; `alleles`, a row for each with the columns of the
    results table (docs/engine/table.md); `problem`, if it could not be annotated."""


@api.blueprint.url_value_preprocessor
def _allow_large_body(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # This early, because the check of the CSRF token reads the body.
    if endpoint == "api.annotate_variants":
        request.max_content_length = MAX_BODY
        request.max_form_memory_size = MAX_BODY


@api.operation(
    "POST",
    "/variants",
    tag="variants",
    scope=Scope.VARIANTS_READ,
    body=VariantsRequest,
    answer=VariantsDocument,
    errors=(HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
def annotate_variants(body: VariantsRequest) -> Answer:
    """Annotate up to 1,000 variants at once.

    Each as `{chrom, pos, ref, alt}` or as a text: a line of a VCF, `20:4680251:A:G`, SPDI, HGVS on
    a contig or a transcript. What is wrong with one is told with that one.
    """
    with services().engine_turns.turn(require_account().user_id):
        found = document(*ask(services().engine, body))
    return Answer(VariantsDocument.model_validate(found))
