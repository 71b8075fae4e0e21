"""What stands around every page: the ways through the service, the footer, the version."""

from collections.abc import Sequence
from importlib.metadata import version

from flask import Flask, request

from gas.accounts.models import Account

_JOBS = {"annotations", "many", "explorer", "explorer_variant", "report", "sharing", "shares"}

#: Endpoint, label, and the blueprints whose pages belong to it.
_FOR_USERS = (
    ("annotate.page", "Annotate", {"annotate", "imports"}),
    ("annotations.dashboard", "Jobs", _JOBS),
    ("projects.page", "Projects", {"projects"}),
    ("variants.page", "Variants", {"variants"}),
)
_FOR_VISITORS = (("help.page", "Help", {"help"}),)

#: Endpoint and label.
FOOTER = (("help.page", "Help"), ("api.docs", "API"), ("status.page", "Status"))


def navigation(account: Account | None) -> Sequence[tuple[str, str, bool]]:
    """(endpoint, label, whether the present page belongs to it)."""
    return [
        (endpoint, label, request.blueprint in blueprints)
        for endpoint, label, blueprints in (_FOR_USERS if account else _FOR_VISITORS)
    ]


def install(app: Flask) -> None:
    """Make the frame's parts known to the templates."""
    app.context_processor(
        lambda: {
            "navigation": navigation,
            "footer_links": FOOTER,
            "version": version("gas"),
        }
    )
