"""The table by the API: the explorer's answers, page by page, as files, for its owner."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from gas.jobs import Job
from tests.unit.web.api.conftest import Call
from tests.unit.web.conftest import World
from tests.unit.web.explorer.conftest import Made, complete_with
from tests.unit.web.explorer.conftest import made as made  # a fixture
from web.api.table import TableFilters
from web.explorer.filters import Filters


@pytest.fixture
def make_world(make_world: Callable[..., World], tmp_path: Any) -> Callable[..., World]:
    return lambda **changes: make_world(**{"explorer_dir": tmp_path / "tables", **changes})


@pytest.fixture
def job(world: World, made: Made) -> Job:
    return complete_with(world, made)


@pytest.fixture
def path(call: Call, job: Job) -> str:
    """The job's address; its table is ready."""
    while call("GET", f"/jobs/{job.job_id}/facets").status_code == 202:
        pass
    return f"/jobs/{job.job_id}"


def test_every_filter_of_the_explorer_can_be_asked_for() -> None:
    assert set(TableFilters.model_fields) == set(Filters.__dataclass_fields__)


def test_rows_come_page_by_page_with_the_exact_number(call: Call, path: str, made: Made) -> None:
    question = f"{path}/variants?gene=PRNP&gene=ACTA2&sort=-pos&limit=2&columns=symbol"
    expected = [row["pos"] for row in made.rows if row["symbol"] in ("PRNP", "ACTA2")]
    seen, cursor = [], ""
    while cursor is not None:
        page = call("GET", question + cursor).json
        assert page["total"] == len(expected) > 3
        assert [each["name"] for each in page["columns"]] == ["symbol"]
        seen += [row["pos"] for row in page["rows"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == sorted(expected, reverse=True)


def test_a_cursor_is_of_one_question(call: Call, path: str) -> None:
    cursor = call("GET", f"{path}/variants?limit=2").json["next_cursor"]
    assert call("GET", f"{path}/variants?limit=2&cursor={cursor}").status_code == 200
    for other in (f"limit=3&cursor={cursor}", f"limit=2&gene=PRNP&cursor={cursor}", "cursor=2-x"):
        answer = call("GET", f"{path}/variants?{other}")
        assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("region=20:9-1", "region"),
        ("af_min=0.5&af_max=0.1", "af_min"),
        ("genotype=het", "genotype"),
        ("sort=nonesuch", "sort"),
        ("columns=nonesuch", "columns"),
        ("impact=LOUD", "impact"),
        ("limit=201", "limit"),
        ("genes=PRNP", "genes"),
    ],
)
def test_a_wrong_filter_is_named(call: Call, path: str, query: str, named: str) -> None:
    answer = call("GET", f"{path}/variants?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert named in answer.json["detail"]


def test_facets_count_what_could_be_chosen(call: Call, path: str) -> None:
    found = call("GET", f"{path}/facets?impact=HIGH").json
    impacts = {each["value"]: each for each in found["facets"]["impact"]["values"]}
    assert impacts["HIGH"] == {"value": "HIGH", "count": found["total"], "chosen": True}
    rows = call("GET", f"{path}/variants?impact=MODERATE").json
    assert rows["total"] == impacts["MODERATE"]["count"] > 0


def test_an_export_holds_what_is_filtered(call: Call, path: str) -> None:
    total = call("GET", f"{path}/variants?gene=PRNP").json["total"]
    answer = call("GET", f"{path}/export?format=json&gene=PRNP")
    assert (len(json.loads(answer.data)), int(answer.headers["X-GAS-Rows"])) == (total, total)
    answer.close()
    vcf = call("GET", f"{path}/export?gene=PRNP")
    assert "##gas_filter=gene=PRNP" in gzip.decompress(vcf.data).decode()
    vcf.close()


def test_it_is_said_that_the_table_is_being_made_ready(
    call: Call, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.explorer.cache.TableCache.open.__defaults__", (0.0,))
    answer = call("GET", f"/jobs/{job.job_id}/variants")
    assert (answer.status_code, answer.headers["Retry-After"], answer.data) == (202, "1", b"")


def test_when_the_free_time_is_over_nothing_of_it_is_told(
    world: World, call: Call, path: str, job: Job
) -> None:
    assert job.archive_at is not None
    world.clock.advance(job.archive_at - world.clock.now())
    for what in ("variants", "facets", "export"):
        answer = call("GET", f"{path}/{what}")
        assert (answer.status_code, answer.json["code"]) == (403, "free_window_over")
