"""The first page and the answers to what people ask."""

from flask import Blueprint, render_template

from gas.plans import Plan, terms_of

blueprint = Blueprint("home", __name__)

#: Variant, gene, what it does, protein change, impact, ClinVar's class: as the engine annotates
#: them with the demo pack (a test compares).
SAMPLE = (
    ("20:4680251 A>G", "PRNP", "missense", "p.Met129Val", "MODERATE", ""),
    ("20:4680464 G>A", "PRNP", "missense", "p.Glu200Lys", "MODERATE", "Pathogenic"),
    ("20:35563508 G>A", "SAMHD1", "stop gained", "p.Arg145Ter", "HIGH", "Pathogenic"),
    ("X:31196868 G>A", "DMD", "stop gained", "p.Arg3381Ter", "HIGH", "Pathogenic"),
    ("MT:8356 T>C", "MT-TK", "in a non-coding exon", "", "MODIFIER", "Likely_pathogenic"),
)


@blueprint.get("/")
def index() -> str:
    """What the service does, and the way in."""
    return render_template(
        "home/index.html",
        free=terms_of(Plan.FREE),
        premium=terms_of(Plan.PREMIUM),
        sample=SAMPLE,
    )
