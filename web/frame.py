"""What stands around every page: the ways through the service, the footer, the version."""

from collections.abc import Sequence
from importlib.metadata import version

from flask import Flask, current_app, request

from gas.accounts.models import Account

#: Endpoint, label, and the blueprints whose pages belong to it.
_FOR_USERS = (
    ("annotate.page", "Annotate", {"annotate", "parts"}),
    ("annotations.dashboard", "Jobs", {"annotations", "explorer", "explore"}),
    ("variants.page", "Variants", {"variants"}),
)
_FOR_VISITORS = (("help.page", "Help", {"help"}),)
_FOOTER = (("help.page", "Help"), ("status.page", "Status"))


def navigation(account: Account | None) -> Sequence[tuple[str, str, bool]]:
    """(endpoint, label, whether the present page belongs to it)."""
    return [
        (endpoint, label, request.blueprint in blueprints)
        for endpoint, label, blueprints in (_FOR_USERS if account else _FOR_VISITORS)
        if endpoint in current_app.view_functions
    ]


def footer_links() -> Sequence[tuple[str, str]]:
    """(endpoint, label)."""
    return [link for link in _FOOTER if link[0] in current_app.view_functions]


def install(app: Flask) -> None:
    """Make the frame's parts known to the templates."""
    app.context_processor(
        lambda: {
            "navigation": navigation,
            "footer_links": footer_links,
            "version": version("gas"),
        }
    )
