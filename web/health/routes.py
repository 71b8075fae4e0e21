"""`/healthz`: the process answers. `/readyz`: its neighbours do, too."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from web.context import services

log = get_logger()

blueprint = Blueprint("health", __name__)

_NO_JOB = "00000000-0000-0000-0000-000000000000"


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 as long as the process serves requests."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """200 when database, table and buckets can be reached, else 503; says which cannot."""
    checks: Mapping[str, Callable[[], object]] = {
        "accounts": services().accounts.ping,
        "jobs": lambda: services().jobs.get(_NO_JOB),
        "inputs": lambda: services().inputs.list("readyz", limit=1),
        "results": lambda: services().results.list("readyz", limit=1),
    }
    found = {name: _answers(name, check) for name, check in checks.items()}
    ready = all(found.values())
    return jsonify(ready=ready, checks=found), 200 if ready else 503


def _answers(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except ServiceUnavailable as error:
        log.warning("not_ready", check=name, reason=str(error.__cause__ or error))
        return False
    return True
