"""`/help`: what people ask, answered in plain words."""

from flask import Blueprint, render_template

from gas.plans import Plan, terms_of

blueprint = Blueprint("help", __name__)


@blueprint.get("/help")
def page() -> str:
    """The questions and their answers, for strangers too."""
    return render_template(
        "help/page.html", free=terms_of(Plan.FREE), premium=terms_of(Plan.PREMIUM)
    )
