"""`/annotate/imports`: files that are fetched from web addresses."""

from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gas.errors import GasError, InvalidRequest, InvalidUpload
from gas.imports.desk import Wishes
from gas.imports.models import Import, ImportState
from gas.logs import get_logger
from gas.outbound.addresses import LONGEST_URL, AddressRefused
from gas.plans import terms_of
from gas.scopes import Scope
from web.annotate.choice import asked_for, options_of
from web.annotations.words import FORMATS, TRANSCRIPTS, pack_name
from web.auth.session import protect, require_account, uploader
from web.context import services
from web.imports.words import shown

log = get_logger()

blueprint = protect(
    Blueprint("imports", __name__, url_prefix="/annotate/imports"),
    read=Scope.JOBS_READ,
    write=Scope.JOBS_WRITE,
)


@blueprint.get("")
def page() -> str:
    """A form for an address, and the imports of the last week."""
    return _page()


@blueprint.post("")
def create() -> BaseResponse:
    """Form `url`, `file_name`, `request` and options → the page of the import.

    `request` is the form's own: sent twice, it is one import.
    """
    url = request.form.get("url", "").strip()
    try:
        if not url:
            raise InvalidRequest("There is no address.", remedy="Give the address of the file.")
        wishes = Wishes(
            url=url[: LONGEST_URL + 1],
            options=options_of(asked_for(request.form), services().engine),
            file_name=request.form.get("file_name", ""),
        )
        made = services().imports.create(uploader(), _import_id(), wishes)
    except (InvalidRequest, InvalidUpload, AddressRefused) as error:
        return make_response(_page(problem=error), 400)
    log.info("import_asked_for", job_id=made.import_id, host=made.host)
    return _to(made)


@blueprint.get("/<uuid:import_id>")
def one(import_id: UUID) -> BaseResponse | Response:
    """How far it is; once it is here, its job."""
    found = services().imports.get(require_account().user_id, str(import_id))
    if found.state is ImportState.DONE:
        return redirect(url_for("annotations.details", job_id=import_id), code=303)
    return make_response(
        render_template("imports/one.html", found=shown(found, services().clock.now()))
    )


@blueprint.post("/<uuid:import_id>/cancel")
def cancel(import_id: UUID) -> BaseResponse:
    """End it → its page."""
    return _to(services().imports.cancel(require_account().user_id, str(import_id)))


@blueprint.post("/<uuid:import_id>/retry")
def retry(import_id: UUID) -> BaseResponse:
    """Begin it once more → its page."""
    return _to(services().imports.retry(uploader(), str(import_id)))


def _page(problem: GasError | None = None) -> str:
    account, now = require_account(), services().clock.now()
    found = services().imports.list(account.user_id)
    return render_template(
        "imports/page.html",
        terms=terms_of(account.plan),
        found=[shown(each, now) for each in found],
        packs=[(pack.name, pack_name(pack.name)) for pack in services().engine.packs()],
        formats=FORMATS,
        transcripts=TRANSCRIPTS,
        request_id=str(uuid4()),
        given=request.form,
        problem=problem,
    )


def _import_id() -> str:
    """Of the form that was sent: the same however often it is."""
    own = request.form.get("request", "")[:64] or str(uuid4())
    return str(uuid5(NAMESPACE_URL, f"{require_account().user_id} {own}"))


def _to(found: Import) -> BaseResponse:
    return redirect(url_for("imports.one", import_id=found.import_id), code=303)
