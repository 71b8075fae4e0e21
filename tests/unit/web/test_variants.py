"""Single variants by `POST /api/v1/variants` and on the page `/variants`."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.errors import ServiceUnavailable
from tests.unit.web.conftest import ADA, PUBLIC_URL, World
from tests.unit.web.fake_engine import PACK
from tests.unit.web.test_access import _token
from tests.unit.web.test_uploads import post_json
from web.explorer.gate import Gate
from web.ports import MOST_SITES, SiteAnnotation
from web.variants.asking import Answered
from web.variants.shown import show

API = "/api/v1/variants"
SITE = {"chrom": "20", "pos": 1001, "ref": "A", "alt": "G"}


def submit(client: FlaskClient, text: str, **form: str) -> Any:
    """The page's form, sent without scripts."""
    return client.post(
        "/variants",
        data={"csrf_token": _token(client), "v": text, **form},
        headers={"Referer": PUBLIC_URL + "/"},
    )


def test_answers_come_in_the_order_of_the_questions(ada: FlaskClient) -> None:
    answer = post_json(ada, API, {"variants": ["20:1001:A:G", SITE, "rubbish", "20:1001:C:G"]})
    assert answer.status_code == 200
    assert (answer.json["pack"], answer.json["assembly"]) == ("demo", "GRCh37")
    first, second, third, fourth = answer.json["variants"]
    assert first["site"] == {**SITE, "info": ""}
    assert first["alleles"][0]["consequence"] == "missense_variant"
    assert first["alleles"][0]["transcripts"][0]["pick"] is True
    assert first["problem"] is None
    assert second == first
    assert (third["site"], third["problem"]["code"]) == (None, "not_understood")
    assert fourth["problem"] == {
        "code": "reference_mismatch",
        "message": "REF differs.",
        "remedy": "",
        "found": "C",
        "expected": "A",
    }


def test_contigs_may_have_other_names(ada: FlaskClient) -> None:
    asked = {**SITE, "chrom": "k"}
    plain, renamed = (
        post_json(ada, API, {"variants": [asked], **names}).json["variants"][0]
        for names in ({}, {"contig_names": {"k": "20"}})
    )
    assert plain["problem"]["code"] == "unknown_contig"
    assert renamed["alleles"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"variants": []}, 400),
        ({"variants": ["20:1:A:G"] * (MOST_SITES + 1)}, 400),
        ({"variants": [{"chrom": "20"}]}, 400),
        ({"variants": [{**SITE, "pos": -1}]}, 400),
        ({"variants": [7]}, 400),
        ({"variants": ["20:1:A:G"], "pack": "nowhere"}, 404),
    ],
)
def test_what_is_not_a_question_is_refused_as_a_problem(
    ada: FlaskClient, body: Any, status: int
) -> None:
    answer = post_json(ada, API, body)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["detail"]
    assert answer.json["remedy"]


def test_a_thousand_variants_with_long_alleles_are_taken(ada: FlaskClient) -> None:
    asked = [{**SITE, "alt": "G" * 1000}] * MOST_SITES
    assert len(post_json(ada, API, {"variants": asked}).json["variants"]) == MOST_SITES
    too_large = post_json(ada, API, {"variants": ["x" * 2**21]})
    assert (too_large.status_code, too_large.json["code"]) == (413, "request_too_large")


def test_while_the_engine_is_made_ready_programs_are_told_to_come_again(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_yet(*_: Any) -> Any:
        raise ServiceUnavailable("The engine is being made ready.", remedy="Try again.")

    monkeypatch.setattr(world.services.engine, "annotate", not_yet)
    answer = post_json(ada, API, {"variants": ["20:1:A:G"]})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


@pytest.mark.parametrize(
    ("address", "body"),
    [
        (API, {"variants": ["20:1:A:G"]}),
        ("/annotate/preflight", {"size": 1000, "sites": [{**SITE, "line": 1}]}),
    ],
)
def test_who_asks_too_much_at_once_is_told_to_come_again(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str, body: Any
) -> None:
    turns = Gate(longest_wait=0.01)
    monkeypatch.setitem(world.services.__dict__, "engine_turns", turns)
    with turns.turn(ADA):
        answer = post_json(ada, address, body)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert ada.get("/variants?v=20:1:A:G").status_code == 503
        assert ada.get("/variants").status_code == 200
    assert post_json(ada, address, body).status_code == 200


def test_strangers_and_forged_posts_are_refused(world: World, ada: FlaskClient) -> None:
    assert post_json(world.client(), API, {"variants": ["20:1:A:G"]}).status_code == 401
    assert ada.post(API, json={"variants": ["20:1:A:G"]}).status_code == 400
    assert world.client().get("/variants").status_code == 302


def test_the_page_teaches_its_forms_by_examples(ada: FlaskClient) -> None:
    page = ada.get("/variants").text
    assert "NM_000311.5:c.385A&gt;G" in page
    assert "1,000 variants" in page
    assert "answers" not in page.split('id="forms"')[1]


def test_variants_are_read_from_the_form_without_scripts(ada: FlaskClient) -> None:
    page = submit(ada, "#CHROM\tPOS\n\n20:1001:A:G\r\nrubbish\n").text
    assert "2 answers, 1 of them with a problem" in page
    assert "Missense variant" in page
    assert "ENSP00000368752.4:p.Met129Val" in page
    assert 'class="impact impact-moderate"' in page
    assert "This is not a variant." in page


def test_a_link_leads_to_answers(ada: FlaskClient) -> None:
    page = ada.get("/variants?v=20:1001:A:G&v=20:1005:A:G").text
    assert "2 answers" in page
    assert "20:1001:A:G\n20:1005:A:G</textarea>" in page


def test_too_many_lines_are_sent_to_the_upload_page(ada: FlaskClient) -> None:
    page = submit(ada, "20:1001:A:G\n" * (MOST_SITES + 1)).text
    assert "1,001 variants" in page
    assert "Upload them as a VCF file" in page


def test_an_unknown_pack_is_told_on_the_page(ada: FlaskClient) -> None:
    page = ada.get("/variants?v=20:1001:A:G&pack=nowhere").text
    assert "There is no such pack." in page


def test_what_is_typed_is_never_markup(ada: FlaskClient) -> None:
    page = submit(ada, "<script>alert(1)</script>\n</textarea><b>").text
    assert "<script>alert" not in page
    assert "</textarea><b>" not in page


def test_what_stores_know_is_shown_in_words(world: World) -> None:
    pack = replace(PACK, store_columns=("CLINVAR_SIG", "CLINVAR_DISEASE", "cytoBand"))
    (row,) = world.services.engine.annotate("demo", ["20:1001:A:G"])[0].alleles
    known = {
        **row,
        "alt": "T" * 99,
        "CLINVAR_SIG": "Likely_pathogenic|other",
        "CLINVAR_DISEASE": "Cystic_fibrosis|Other",
        "cytoBand": None,
    }
    transcripts = [{**row["transcripts"][0], "pick": False, "feature": "x"}, *row["transcripts"]]
    answer = SiteAnnotation(None, [{**known, "transcripts": transcripts}])
    (shown,) = show([Answered("asked", answer)], pack)
    allele = shown.alleles[0]
    assert allele.clinvar == "Likely_pathogenic"
    assert allele.known == [("ClinVar disease", "Cystic fibrosis, Other")]
    assert [t["pick"] for t in allele.transcripts] == [True, False]
    assert "(99 characters)" in allele.title
    many = show([Answered("asked", answer)] * 51, pack)
    assert not many[0].alleles[0].transcripts
