"""`POST /annotate/preflight`: what is found, in which words, with which repair."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.plans import MIB, Plan
from gas.testing import FakeClock
from gas.throughput import Pace, name_of
from tests.unit.web.conftest import ADA, World
from tests.unit.web.fake_engine import PACK
from tests.unit.web.test_uploads import post_json
from web.ports import PackAtHand, SiteProblem

LENGTH_37, LENGTH_38 = 63_025_520, 64_444_167


def base(pos: int) -> str:
    """What the fake packs have at a 1-based position."""
    return "ACGT"[(pos - 1) % 4]


def site(pos: int = 1001, chrom: str = "20", **changes: Any) -> dict[str, Any]:
    ref = changes.pop("ref", base(pos))
    return {"chrom": chrom, "pos": pos, "ref": ref, "alt": "T", "line": pos - 900, **changes}


def sites(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [site(1001 + n, **changes) for n in range(count)]


def look(client: FlaskClient, **body: Any) -> dict[str, Any]:
    answer = post_json(client, "/annotate/preflight", {"size": 1000, **body})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json
    return document


def codes(document: dict[str, Any]) -> dict[str, str]:
    return {finding["code"]: finding["severity"] for finding in document["findings"]}


def finding(document: dict[str, Any], code: str) -> dict[str, Any]:
    return next(each for each in document["findings"] if each["code"] == code)


@pytest.fixture
def more_packs(world: World, monkeypatch: pytest.MonkeyPatch) -> PackAtHand:
    """A second pack at hand, of another assembly."""
    other = replace(
        PACK,
        name="human38",
        pack_id="human38-1",
        assembly="GRCh38",
        contigs=(replace(PACK.contigs[0], length=LENGTH_38, aliases=("chr20",)),),
    )
    engine = world.services.engine
    at_hand = {PACK.name: PACK, PACK.pack_id: PACK, other.name: other, other.pack_id: other}
    monkeypatch.setattr(engine, "packs", lambda: (PACK, other))
    monkeypatch.setattr(engine, "pack", lambda name: at_hand[name])
    return other


def test_a_file_in_order_is_told_so_and_previewed(ada: FlaskClient) -> None:
    document = look(ada, contigs=[{"name": "20", "length": LENGTH_37}], sites=sites(12))
    assert document["assembly"]["guess"] == "GRCh37"
    assert document["assembly"]["certainty"] == "certain"
    assert "63,025,520 bases" in document["assembly"]["why"]
    assert document["pack"] == "demo"
    assert document["packs"][0]["fits"] is True
    assert document["contigs"] == [{"name": "20", "as": "20", "known": True}]
    assert codes(document) == {"reference_agrees": "ok"}
    assert len(document["preview"]) == 10
    assert document["preview"][0]["line"] == 101
    assert document["preview"][0]["hgvsp"].endswith("Met129Val")
    assert "transcripts" not in document["preview"][0]
    assert document["size_ok"] is True


def test_other_names_are_repaired_by_one_click(ada: FlaskClient) -> None:
    document = look(ada, sites=sites(6, chrom="Chr_20"))
    names = {"Chr_20": "20"}
    assert document["suggested_names"] == names
    assert document["preview"][0]["problem"]["code"] == "unknown_contig"
    assert finding(document, "contig_names")["repair"] == {"contig_names": names}
    assert finding(document, "contig_names")["label"]
    assert finding(document, "contig_names")["severity"] == "error"
    repaired = look(ada, sites=sites(6, chrom="Chr_20"), contig_names=names)
    assert codes(repaired) == {"reference_agrees": "ok"}
    assert repaired["preview"][0]["symbol"] == "PRNP"


def test_a_file_of_another_assembly_is_told_by_its_lengths(
    ada: FlaskClient, more_packs: PackAtHand
) -> None:
    body = {"contigs": [{"name": "chr20", "length": LENGTH_38}], "sites": sites(2, chrom="chr20")}
    document = look(ada, pack="demo", **body)
    wrong = finding(document, "other_assembly")
    assert (wrong["severity"], wrong["repair"]) == ("error", {"pack": more_packs.name})
    assert [pack["fits"] for pack in document["packs"]] == [False, True]
    assert look(ada, **body)["pack"] == more_packs.name


def test_without_another_pack_the_sentence_says_what_helps(ada: FlaskClient) -> None:
    document = look(ada, contigs=[{"name": "chr20", "length": LENGTH_38}])
    wrong = finding(document, "other_assembly")
    assert wrong["repair"] is None
    assert "lift" in wrong["sentence"]


def test_ref_tells_a_file_without_header(ada: FlaskClient) -> None:
    assert look(ada, sites=sites(12))["assembly"] == {
        "guess": "GRCh37",
        "why": "The header does not tell, but 12 of 12 REF alleles agree with GRCh37.",
        "certainty": "certain",
    }
    assert look(ada, sites=sites(5))["assembly"]["certainty"] == "likely"
    assert look(ada, sites=sites(3))["assembly"]["certainty"] == "unknown"
    hinted = look(ada, sites=sites(3), reference="file:///refs/hs37d5.fa")["assembly"]
    assert (hinted["guess"], hinted["certainty"]) == ("GRCh37", "likely")


def test_ref_that_mostly_differs_is_another_build(ada: FlaskClient) -> None:
    wrong = [site(1001 + n, ref=base(1002 + n)) for n in range(8)]
    document = look(ada, sites=wrong)
    assert codes(document)["reference_differs"] == "error"
    assert document["assembly"]["certainty"] == "unsure"
    assert document["packs"][0]["fits"] is False
    first = document["ref_mismatches"][0]
    assert (first["line"], first["found"], first["expected"]) == (101, base(1002), base(1001))
    assert len(document["ref_mismatches"]) == 8


def test_lengths_and_ref_that_contradict_each_other_are_unsure(ada: FlaskClient) -> None:
    wrong = [site(1001 + n, ref=base(1002 + n)) for n in range(8)]
    document = look(ada, contigs=[{"name": "20", "length": LENGTH_37}], sites=wrong)
    assert document["assembly"]["guess"] == "GRCh37"
    assert document["assembly"]["certainty"] == "unsure"
    assert codes(document)["reference_differs"] == "error"


def test_a_few_ref_that_differ_are_counted_and_shown(ada: FlaskClient) -> None:
    document = look(ada, sites=[*sites(30), site(2000, ref=base(2001))])
    assert codes(document)["reference_mismatch"] == "warning"
    assert "line 1100" in finding(document, "reference_mismatch")["sentence"]


def test_lengths_of_several_builds_are_not_decided(ada: FlaskClient) -> None:
    contigs = [{"name": "chr20", "length": LENGTH_38}, {"name": "20", "length": LENGTH_37}]
    assert look(ada, contigs=contigs)["assembly"]["certainty"] == "unsure"


def test_contigs_that_the_pack_has_not(ada: FlaskClient) -> None:
    some = look(ada, sites=[*sites(2), site(chrom="7")])
    assert codes(some)["unknown_contigs"] == "warning"
    assert "Records on 7" in finding(some, "unknown_contigs")["sentence"]
    none = look(ada, sites=[site(chrom="7")])
    assert codes(none) == {"no_contig_known": "error"}
    declared = look(ada, contigs=[{"name": "20"}, {"name": "GL000192.1"}], sites=sites(4))
    assert codes(declared)["unknown_contigs"] == "info"


def test_a_contig_of_the_header_is_not_said_to_have_records(ada: FlaskClient) -> None:
    another = {"name": "NC_000020.11"}
    document = look(ada, contigs=[{"name": "20"}, another], sites=sites(4))
    sentence = finding(document, "unknown_contigs")["sentence"]
    assert "The header names NC_000020.11 too" in sentence
    document = look(ada, contigs=[another], sites=[site(chrom="7")])
    assert "the file has 7:" in finding(document, "no_contig_known")["sentence"]


def test_a_file_beyond_the_plan_is_told_before_it_is_sent(world: World, ada: FlaskClient) -> None:
    document = look(ada, size=11 * MIB)
    assert document["size_ok"] is False
    assert finding(document, "too_large")["repair"] == {"upgrade": True}
    assert "11 MiB" in finding(document, "too_large")["sentence"]
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    assert look(ada, size=11 * MIB)["size_ok"] is True


def test_the_time_is_measured_where_jobs_were(world: World, ada: FlaskClient) -> None:
    first = look(ada, size=10 * MIB, file_name="a.vcf.gz")
    assert first["expected_measured"] is False
    assert (
        first["expected_seconds"] > look(ada, size=10 * MIB, file_name="a.vcf")["expected_seconds"]
    )
    pace = Pace()
    for _ in range(3):
        pace = pace.with_job(size=10 * MIB, seconds=77.0, records=9, waited=0, at=FakeClock().now())
    world.services.vitals.write_pace(name_of("demo", "a.vcf.gz"), pace)
    again = look(ada, size=10 * MIB, file_name="a.vcf.gz")
    assert (again["expected_measured"], again["expected_seconds"]) == (True, 77.0)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"size": -1}, 400),
        ({"sites": [{"chrom": "20"}]}, 400),
        ({"sites": sites(201)}, 400),
        ({"contigs": [{"name": ""}]}, 400),
        ({"contig_names": {str(n): "20" for n in range(65)}}, 400),
        ({"pack": "nowhere"}, 404),
    ],
)
def test_what_is_not_understood_is_refused(
    ada: FlaskClient, body: dict[str, Any], status: int
) -> None:
    answer = post_json(ada, "/annotate/preflight", {"size": 1, **body})
    assert (answer.status_code, answer.json["status"]) == (status, status)
    assert answer.json["detail"]


def test_a_header_with_thousands_of_contigs_is_taken(ada: FlaskClient) -> None:
    contigs = [{"name": f"HLA-A*{n:05}:01:01:01", "length": 3500 + n} for n in range(3366)]
    assert look(ada, contigs=contigs)["contigs_total"] == 3366


def test_strangers_and_forged_posts_are_refused(world: World, ada: FlaskClient) -> None:
    assert post_json(world.client(), "/annotate/preflight", {"size": 1}).status_code == 401
    assert ada.post("/annotate/preflight", json={"size": 1}).status_code == 400


@pytest.mark.parametrize("code", ["allele_too_long", "too_many_alleles", "too_many_transcripts"])
def test_what_only_the_quick_look_does_not_take_is_no_fault_of_the_file(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    answered = world.services.engine.annotate

    def first_is_too_much(pack: str, asked: Any, names: Any = None) -> Any:
        first, *others = answered(pack, asked, names)
        return [replace(first, alleles=[], problem=SiteProblem(code, "Too much.")), *others]

    monkeypatch.setattr(world.services.engine, "annotate", first_is_too_much)
    assert "bad_records" not in codes(look(ada, sites=sites(12)))
