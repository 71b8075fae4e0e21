"""Whether the web app's neighbours answer."""

from collections.abc import Callable, Mapping

from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from web.services import Services

log = get_logger()

_NO_JOB = "00000000-0000-0000-0000-000000000000"


def check_stores(services: Services) -> Mapping[str, bool]:
    """Whether database, table and buckets can be reached, by name."""
    checks: Mapping[str, Callable[[], object]] = {
        "accounts": services.accounts.ping,
        "jobs": lambda: services.jobs.get(_NO_JOB),
        "inputs": lambda: services.inputs.list("readyz", limit=1),
        "results": lambda: services.results.list("readyz", limit=1),
    }
    return {name: _answers(name, check) for name, check in checks.items()}


def _answers(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except ServiceUnavailable as error:
        log.warning("not_ready", check=name, reason=str(error.__cause__ or error))
        return False
    return True
