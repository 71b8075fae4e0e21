"""`/variants`, a page to type variants into."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from flask import Blueprint, render_template, request

from gas.errors import InvalidRequest, NotFound
from gas.jobs import JobOptions
from web.auth.session import protect, require_account
from web.context import services
from web.ports import MOST_SITES
from web.variants.asking import ask_text
from web.variants.shown import MOST_WITH_TRANSCRIPTS, show

blueprint = protect(Blueprint("variants", __name__, url_prefix="/variants"))

MAX_BODY = 2 * 1024 * 1024
"""A thousand variants, some of them with long alleles."""

EXAMPLES = (
    ("a line of a VCF", "20\t4680251\trs1799990\tA\tG"),
    ("place and alleles", "20:4680251:A:G"),
    ("HGVS on the genome", "NC_000020.10:g.4680251A>G"),
    ("HGVS on a transcript", "NM_000311.5:c.385A>G"),
    ("SPDI", "NC_000020.10:4680250:A:G"),
)
"""The same variant, codon 129 of PRNP, in every form that is read."""


@blueprint.url_value_preprocessor
def _allow_large_body(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # This early, because the check of the CSRF token reads the body.
    request.max_content_length = MAX_BODY
    request.max_form_memory_size = MAX_BODY


@blueprint.route("", methods=["GET", "POST"])
def page() -> str:
    """Type or paste variants, read their consequences. `?v=` (repeatable) is a link to answers."""
    given = request.form if request.method == "POST" else request.args
    engine, text = services().engine, "\n".join(given.getlist("v"))
    wanted, problem = given.get("pack") or JobOptions().pack, None
    try:
        with _turn() if text else nullcontext():
            pack, answered = ask_text(engine, wanted, text)
    except (InvalidRequest, NotFound) as error:
        pack, answered, problem = engine.pack(JobOptions().pack), (), error
    return render_template(
        "variants/page.html",
        text=text,
        pack=pack,
        packs=engine.packs(),
        shown=show(answered, pack),
        with_transcripts=MOST_WITH_TRANSCRIPTS,
        problem=problem,
        examples=EXAMPLES,
        most=MOST_SITES,
    )


def _turn() -> AbstractContextManager[None]:
    return services().engine_turns.turn(require_account().user_id)
