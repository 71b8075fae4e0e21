"""The first page and the help: what they promise is true."""

import re
from pathlib import Path

import pytest

import anntools
from tests.unit.web.conftest import ADA, World
from web.home.routes import SAMPLE

_FILE = Path(__file__).parents[3] / "samples" / "famous_variants.vcf"


def test_the_sample_result_is_what_the_engine_says(tmp_path: Path) -> None:
    table = tmp_path / "famous.parquet"
    outputs = anntools.outputs_in(tmp_path, "famous")
    anntools.annotate(_FILE, outputs, "demo", anntools.Options(table=table))
    rows = anntools.read_table(table).to_pylist()
    found = {f"{r['chrom']}:{r['pos']} {r['ref']}>{r['alt']}": r for r in rows}
    for variant, gene, _, change, impact, known in SAMPLE:
        row = found[variant]
        said = (row["symbol"], row["impact"], row["CLINVAR_SIG"] or "")
        assert said == (gene, impact, known), variant
        assert (row["hgvsp"] or ":").split(":")[1] == change, variant


@pytest.mark.parametrize("user", [None, ADA])
def test_the_first_page_leads_on(world: World, user: str | None) -> None:
    client = world.log_in(user) if user else world.client()
    page = client.get("/").text
    assert ('href="/annotate"' if user else 'href="/login"') in page
    assert "10 MiB" in page


def test_the_questions_of_the_help_lead_to_their_answers(world: World) -> None:
    page = world.client().get("/help").text
    anchors = re.findall(r'href="#([\w-]+)"', page)
    assert len(anchors) > 10
    for anchor in anchors:
        if anchor != "main":
            assert f'<section id="{anchor}"' in page
