"""The app's services inside a request."""

from typing import cast

from flask import current_app

from web.services import Services

EXTENSION = "gas"


def services() -> Services:
    """The services of the app that handles this request."""
    return cast(Services, current_app.extensions[EXTENSION])
