"""Exports of a filtered view, streamed: `GET /annotations/<id>/explore/export?format=…`."""

from collections.abc import Iterator
from itertools import chain
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from gas import keys
from gas.access import Right
from gas.errors import NotAllowed
from gas.jobs import Job
from gas.logs import get_logger
from gas.scopes import Scope
from web.auth.session import protect
from web.context import services
from web.engine import stream_table
from web.explorer import documents
from web.explorer.exports import CONTENT_TYPES, SUFFIXES, Format, Selection, records_of
from web.explorer.filters import View, refused
from web.explorer.masks import selected
from web.explorer.opening import ANNOTATED, Opened, check_open
from web.explorer.preparing import Preparation
from web.explorer.routes import asked_view, new_deadline, open_for, turn
from web.explorer.table import OpenTable, Rows
from web.explorer.vcf import chosen_lines
from web.explorer.viewpoint import Viewpoint, viewpoint

log = get_logger()

blueprint = protect(
    Blueprint("explorer_export", __name__, url_prefix="/annotations/<uuid:job_id>"),
    read=Scope.JOBS_READ,
)


@blueprint.get("/explore/export")
def export(job_id: UUID) -> Response:
    """All rows that pass the filters, as `format`: a file that is made while it is sent.

    202 while the table is made ready; 503 while another export of the same person is under way.
    """
    view, form = asked_view("format"), _format()
    opened = open_for(job_id)
    if isinstance(opened.table, Preparation):
        return documents.preparing(opened.table)
    return send(opened, opened.table, view, form)


def send(opened: Opened, table: OpenTable, view: View, form: Format) -> Response:
    """The filtered rows of an open table as a file.

    Raises:
        NotAllowed: they may look only; or the file would show more than they may see.
        ServiceUnavailable: another export of the same person is under way.
        FreeWindowOver, ResultsArchived, …: the annotated file cannot be had now (`vcf` only).
    """
    job = opened.job
    point = viewpoint(UUID(job.job_id), Right.DOWNLOAD)
    if form is Format.VCF:
        if point.filters is not None:
            raise NotAllowed(
                "A line of a VCF may hold alleles that are not shared with you.",
                remedy="Take another format: they have the same values.",
            )
        check_open(services(), point, ANNOTATED)
    with turn(point):
        rows = selected(table, view.filters, new_deadline())
    return _sent(_pieces(job, table, rows, view, form), point, form, len(rows))


def _format() -> Format:
    given = request.args.get("format", "")
    if given not in set(Format):
        raise refused("format", f"one of {', '.join(Format)}, not {given!r}.")
    return Format(given)


def _pieces(job: Job, table: OpenTable, rows: Rows, view: View, form: Format) -> Iterator[bytes]:
    if form is not Format.VCF:
        return stream_table(Selection(table, rows), SUFFIXES[form])
    assert job.results is not None
    note = View(filters=view.filters).query() or "none"
    address = services().settings.public_url + url_for("explorer.page", job_id=job.job_id)
    stored = services().results.stream(job.results.annotated.key)
    return chosen_lines(stored, records_of(table, rows), f"{note} ({address})")


def _sent(pieces: Iterator[bytes], point: Viewpoint, form: Format, rows: int) -> Response:
    """The answer; its first bytes are made here, so that what goes wrong then is told properly."""
    job, user_id, places = point.job, point.asker, services().explorer_exports
    places.enter(user_id)
    try:
        first = next(pieces, b"")
    except BaseException:
        places.leave(user_id)
        raise
    log.info("view_exported", job_id=job.job_id, format=form.value, rows=rows)
    answer = Response(
        chain([first], pieces),
        content_type=CONTENT_TYPES[form],
        headers={"X-GAS-Rows": str(rows), "Cache-Control": "no-store"},
    )
    name = keys.own_stem(point.title) + ".filtered" + SUFFIXES[form]
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.call_on_close(lambda: places.leave(user_id))
    return answer
