"""The explorer over HTTP: its answers, who gets them, and what hostile addresses get."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from gas.jobs import Job
from tests.unit.web.conftest import ADA, BEN, JSON, PROBLEM, World, complete, make_job
from tests.unit.web.explorer.conftest import Made, complete_with
from web.explorer.filters import PARAMETERS


def test_rows_as_json(ada: FlaskClient, explorer: str, made: Made) -> None:
    answer = ada.get(f"{explorer}/rows?gene=PRNP&sort=-pos&columns=pos,symbol", headers=JSON)
    assert answer.status_code == 200
    document = answer.json
    assert document is not None
    expected = [row["pos"] for row in made.rows if row["symbol"] == "PRNP"]
    assert document["total"] == len(expected) > 3
    assert [row["pos"] for row in document["rows"]] == sorted(expected, reverse=True)
    assert {row["symbol"] for row in document["rows"]} == {"PRNP"}
    assert [column["name"] for column in document["columns"]] == ["pos", "symbol"]
    assert document["columns"][0]["unit"] == "1-based base"
    assert document["query"] == "gene=PRNP&sort=-pos&columns=pos%2Csymbol"
    assert (document["page"], document["pages"], document["first"]) == (1, 1, 1)


def test_facets_as_json(ada: FlaskClient, explorer: str) -> None:
    document = ada.get(f"{explorer}/facets?impact=HIGH", headers=JSON).json
    assert document is not None
    impacts = {v["value"]: v for v in document["facets"]["impact"]["values"]}
    assert impacts["HIGH"] == {"value": "HIGH", "count": document["total"], "chosen": True}
    assert impacts["MODERATE"]["count"] > 0
    assert not impacts["MODERATE"]["chosen"]


def test_the_page_works_without_scripts(ada: FlaskClient, explorer: str) -> None:
    answer = ada.get(f"{explorer}?gene=PRNP")
    assert answer.status_code == 200
    assert 'name="gene" value="PRNP"' in answer.text
    assert "4,680,251" in answer.text


def test_a_form_with_empty_fields_becomes_the_short_link(ada: FlaskClient, explorer: str) -> None:
    answer = ada.get(f"{explorer}?gene=PRNP&q=&af_max=&sort=pos&page=1")
    assert answer.status_code == 303
    assert answer.location.endswith(f"{explorer}?gene=PRNP&sort=pos")


def test_a_page_says_that_the_table_is_being_prepared(
    world: World, ada: FlaskClient, explored: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.explorer.cache.TableCache.open.__defaults__", (0.0,))
    address = f"/annotations/{explored.job_id}/explore"
    page = ada.get(address)
    assert page.status_code == 202
    assert page.headers["Refresh"] == "1"
    document = ada.get(f"{address}/rows", headers=JSON)
    if document.status_code == 202:
        assert document.json is not None
        assert document.json["status"] == "preparing"
    assert _when_ready(ada, address).status_code == 200


def _when_ready(client: FlaskClient, address: str) -> TestResponse:
    while (answer := client.get(address)).status_code == 202:
        pass
    return answer


@pytest.mark.parametrize(
    "end",
    [
        "explore",
        "explore/rows",
        "explore/facets",
        "explore/export?format=tsv",
        "variants/1-1",
        "summary",
    ],
)
def test_somebody_elses_job_does_not_exist(
    world: World, explored: Job, ada: FlaskClient, explorer: str, end: str
) -> None:
    ben = world.log_in(BEN)
    address = f"/annotations/{explored.job_id}/{end}"
    assert ada.get(address).status_code == 200
    assert ben.get(address).status_code == 404
    assert world.client().get(address).status_code in (302, 401)


@pytest.mark.parametrize(
    "end", ["explore", "explore/rows", "explore/facets", "explore/export?format=vcf"]
)
def test_after_the_free_window_it_says_so_whatever_is_on_the_disk(
    world: World, ada: FlaskClient, explorer: str, explored: Job, end: str
) -> None:
    world.clock.advance(301)
    answer = ada.get(f"/annotations/{explored.job_id}/{end}", headers=PROBLEM)
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["code"] == "free_window_over"
    assert "upgrade" in answer.json
    page = ada.get(f"/annotations/{explored.job_id}/{end}")
    assert page.status_code == 403
    assert "Premium" in page.text


def test_what_cannot_be_explored_says_why(world: World, ada: FlaskClient) -> None:
    pending = make_job(world)
    answer = ada.get(f"/annotations/{pending.job_id}/explore")
    assert answer.status_code == 409
    assert "not finished" in answer.text
    older = complete(world, make_job(world), before_tables=True)
    answer = ada.get(f"/annotations/{older.job_id}/explore")
    assert answer.status_code == 409
    assert "before there were tables" in answer.text


def test_a_table_larger_than_the_cache_says_what_to_do(
    make_world: Callable[..., World], made: Made
) -> None:
    world = make_world(explorer_bytes=1000)
    job = complete_with(world, made)
    answer = world.log_in(ADA).get(f"/annotations/{job.job_id}/explore/rows", headers=PROBLEM)
    assert answer.status_code == 400
    assert answer.json is not None
    assert "too large" in answer.json["detail"]
    assert "Download" in answer.json["remedy"]


def test_the_summary_is_the_engines(ada: FlaskClient, explored: Job, made: Made) -> None:
    answer = ada.get(f"/annotations/{explored.job_id}/summary")
    assert answer.json == json.loads(made.summary.read_bytes())


def test_a_variant_as_json(ada: FlaskClient, explored: Job, explorer: str, made: Made) -> None:
    row = next(r for r in made.rows if r["symbol"] == "PRNP")
    name = f"{row['record']}-{row['alt_index']}"
    answer = ada.get(f"/annotations/{explored.job_id}/variants/{name}?gene=PRNP", headers=JSON)
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["variant"] == row
    assert answer.json["previous"] is None
    assert answer.json["next"] is not None
    gone = ada.get(f"/annotations/{explored.job_id}/variants/99999-1")
    assert gone.status_code == 404


_TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "",
        "20",
        "20:1-2",
        "HIGH",
        "any",
        "-qual",
        "' OR 1=1 --",
        "1e999",
        "NaN",
        "%",
        "\x00",
        "é",
        ".",
    ]
)
_QUERIES = st.lists(
    st.tuples(st.sampled_from([*PARAMETERS, "format", "part", "x"]), _TEXTS), max_size=6
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pairs=_QUERIES, end=st.sampled_from(["", "/rows", "/facets", "/export"]))
def test_no_address_breaks_it(
    ada: FlaskClient, explorer: str, pairs: list[tuple[str, str]], end: str
) -> None:
    query = urlencode([(name, text.encode("utf-8", "surrogatepass")) for name, text in pairs])
    answer = ada.get(f"{explorer}{end}?{query}", headers=PROBLEM if end else {})
    assert answer.status_code in (200, 303, 400), answer.text
    if answer.status_code == 400 and end:
        assert answer.json is not None
        assert ": " in answer.json["detail"]
    answer.close()
