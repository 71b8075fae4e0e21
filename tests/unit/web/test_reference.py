"""The reference packs as a genome browser asks for them."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.unit.web.conftest import JSON, World
from tests.unit.web.fake_engine import GENE, PACK
from web.reference.routes import feature

YEAR = 365 * 24 * 3600


def get(client: FlaskClient, path: str) -> Any:
    return client.get(f"/reference{path}", headers=JSON)


def test_packs_are_listed_with_their_sources(ada: FlaskClient) -> None:
    (pack,) = get(ada, "").json["packs"]
    assert (pack["name"], pack["pack_id"], pack["assembly"]) == ("demo", PACK.pack_id, "GRCh37")
    assert pack["contigs"] == 2
    assert pack["sources"][0]["what"] == "genes"


def test_contigs_come_with_all_their_names(ada: FlaskClient) -> None:
    contigs = get(ada, "/demo/contigs").json["contigs"]
    assert contigs[0] == {
        "name": "20",
        "length": 63_025_520,
        "aliases": ["chr20", "NC_000020.10"],
    }


@pytest.mark.parametrize(
    ("region", "start", "bases"),
    [
        ("20:1-4", 0, "ACGT"),
        ("20:0-4", 0, "ACGT"),
        ("chr20:1,001-1,003", 1000, "ACG"),
        ("NC_000020.10:6-6", 5, "C"),
    ],
)
def test_a_region_is_counted_from_one_with_both_ends(
    ada: FlaskClient, region: str, start: int, bases: str
) -> None:
    answer = get(ada, f"/demo/sequence?region={region}").json
    assert (answer["start"], answer["end"], answer["sequence"]) == (
        start,
        start + len(bases),
        bases,
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/demo/sequence", 400),
        ("/demo/sequence?region=20", 400),
        ("/demo/sequence?region=20:9-2", 400),
        ("/demo/sequence?region=20:1-1000001", 400),
        ("/demo/sequence?region=7:1-10", 404),
        ("/demo/genes?region=7:1-10", 404),
        ("/other/contigs", 404),
        ("/other/sequence?region=20:1-4", 404),
    ],
)
def test_what_is_not_there_is_said_and_not_cached(ada: FlaskClient, path: str, status: int) -> None:
    answer = get(ada, path)
    assert answer.status_code == status
    assert answer.json["message"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_genes_are_as_igv_draws_them(ada: FlaskClient) -> None:
    answer = get(ada, "/demo/genes?region=chr20:4680000-4680100").json
    (gene,) = answer["features"]
    assert (gene["chr"], gene["start"], gene["strand"], gene["name"]) == (
        "chr20",
        GENE.start,
        "+",
        "PRNP",
    )
    assert (gene["cdStart"], gene["cdEnd"]) == (4_679_867, 4_680_629)
    assert gene["exons"][0] == {"start": 4_666_796, "end": 4_667_158, "utr": True}
    assert gene["exons"][1]["cdStart"] == 4_679_867
    assert get(ada, "/demo/genes?region=20:1-100").json["features"] == []


def test_a_gene_that_makes_no_protein_has_no_utr() -> None:
    from dataclasses import replace

    from web.ports import Exon

    made = feature(replace(GENE, exons=(Exon(10, 20),), strand=-1), "20")
    assert made["exons"] == [{"start": 10, "end": 20}]
    assert made["strand"] == "-"
    assert "cdStart" not in made


def test_what_is_asked_for_by_id_is_kept_for_a_year(ada: FlaskClient) -> None:
    by_id = get(ada, f"/{PACK.pack_id}/sequence?region=20:1-4").headers["Cache-Control"]
    by_name = get(ada, "/demo/sequence?region=20:1-4").headers["Cache-Control"]
    assert f"max-age={YEAR}" in by_id
    assert "immutable" in by_id
    assert "private" in by_id
    assert "immutable" not in by_name


def test_strangers_are_sent_to_log_in(world: World) -> None:
    assert get(world.client(), "/demo/contigs").status_code == 401
