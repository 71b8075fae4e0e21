"""What every template may know of Premium, for the macro `upgrade_offer` and the frame."""

from flask import Flask

from gas.plans import Plan, terms_of
from web.billing.words import money
from web.services import Services


def install(app: Flask, services: Services) -> None:
    """Make known to macros too what Premium allows, whether it can be bought here, and how long a
    Free user's results can be downloaded."""
    app.add_template_filter(money)
    app.jinja_env.globals["premium_terms"] = terms_of(Plan.PREMIUM)
    app.jinja_env.globals["premium_is_sold"] = services.billing.sells
    app.jinja_env.globals["free_window"] = services.settings.free_window_seconds
