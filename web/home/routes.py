"""The first page."""

from flask import Blueprint, render_template

from gas.plans import Plan, terms_of

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def index() -> str:
    """What the service does, and the way in."""
    return render_template("home/index.html", free=terms_of(Plan.FREE))
