"""The page of one variant of a job."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from gas.errors import GasError, NotFound
from gas.jobs import Job
from gas.logs import get_logger
from gas.scopes import Scope
from web.auth.session import protect
from web.context import services
from web.explorer import documents, variant_shown
from web.explorer.cutting import lengths
from web.explorer.nearby import window
from web.explorer.one_row import neighbours, read_row
from web.explorer.pages import row_of
from web.explorer.preparing import Preparation
from web.explorer.routes import around, asked_view, new_deadline, open_for, suffix, turn
from web.negotiation import wants_json
from web.ports import Engine

log = get_logger()

blueprint = protect(
    Blueprint("explorer_variant", __name__, url_prefix="/annotations/<uuid:job_id>"),
    read=Scope.JOBS_READ,
)


@blueprint.get("/variants/<int:record>-<int:alt_index>")
def page(job_id: UUID, record: int, alt_index: int) -> BaseResponse:
    """One allele. The parameters are those of the view it is looked at in; as JSON: its row."""
    view = asked_view()
    opened = open_for(job_id)
    table, point = opened.table, opened.point
    if isinstance(table, Preparation):
        if wants_json():
            return documents.preparing(table)
        return redirect(f"{point.base}/explore{suffix(view)}", code=303)
    with turn(point):
        row_number = row_of(table, record, alt_index)
        if row_number is None:
            raise NotFound("There is no such variant in this job.", remedy="Look for it there.")
        row = read_row(table, row_number)
        before, behind = neighbours(table, view, row_number, new_deadline())
    if wants_json():
        return jsonify(
            code=200,
            status="success",
            previous=before,
            next=behind,
            variant=documents.plain(row),
            cut=lengths(row),
        )
    place = surroundings(services().engine, opened.job, table.dictionary.pack, row)
    explorer, variants = f"{point.base}/explore", f"{point.base}/variants/"
    return make_response(
        render_template(
            "explore/variant.html",
            **around(point),
            back=explorer + suffix(view),
            back_path=explorer,
            previous=variants + before + suffix(view) if before else None,
            next=variants + behind + suffix(view) if behind else None,
            reference_url=f"{url_for('reference.packs')}/{place.pack}",
            rows_url=f"{explorer}/rows",
            **variant_shown.context(row, table.dictionary, place),
        )
    )


def surroundings(
    engine: Engine, job: Job, pack_id: str, row: Mapping[str, Any]
) -> variant_shown.Surroundings:
    """What the job's pack has at the place; little, if that very pack is not here any more."""
    written = row.get("chrom") or ""
    contig = job.options.contig_names.get(written, written)
    try:
        pack = engine.pack(pack_id or job.options.pack)
    except GasError as error:
        log.info("pack_not_at_hand", job_id=job.job_id, pack=pack_id, reason=str(error))
        return variant_shown.Surroundings()
    known = next((c.name for c in pack.contigs if contig in (c.name, *c.aliases)), "")
    if not known or not row.get("pos"):
        return variant_shown.Surroundings(assembly=pack.assembly)
    asked, pos = window(row), row["pos"]
    return variant_shown.Surroundings(
        assembly=pack.assembly,
        pack=pack.pack_id,
        contig=known,
        bases=engine.sequence(pack.pack_id, known, *asked) if asked else "",
        transcripts=engine.genes(pack.pack_id, known, pos - 1, pos) if row.get("feature") else (),
    )
