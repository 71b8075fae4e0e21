"""What the docs say is what the files give; the arithmetic, by hand."""

from pathlib import Path

import pytest

from deploy.capacity import pages
from deploy.capacity.cost import fleet, monthly
from deploy.capacity.model import Workload, units_per_job
from deploy.capacity.reach import reaches

DOCS = Path(__file__).parents[4] / "docs"
LOAD = Workload.load()


@pytest.mark.parametrize(
    ("page", "name", "made"),
    [
        ("cost.md", "bill", pages.bill(LOAD)),
        ("cost.md", "per-job", pages.per_job(LOAD)),
        ("scale.md", "quotas", pages.what_gives_way(LOAD)),
    ],
)
def test_the_docs_are_what_the_figures_give(page: str, name: str, made: str) -> None:
    assert pages.block_of(DOCS / page, name) == made, "run: make capacity ARGS=--write"


def test_a_line_is_quantity_times_price() -> None:
    bill = {line.item: line for line in monthly(LOAD, 1000)}
    mails = bill["SES"]
    assert mails.quantity == pytest.approx(1000 * 30.4 * 1.02)
    assert mails.dollars == pytest.approx(1000 * 30.4 * 1.02 * 0.0001)


def test_nothing_but_what_stands_there_is_paid_at_rest() -> None:
    at_rest, busy = monthly(LOAD, 0), monthly(LOAD, 1000)
    assert sum(line.dollars for line in at_rest) < sum(line.dollars for line in busy)
    assert {line.dollars for line in at_rest if line.item.startswith("DynamoDB")} == {0.0}


def test_a_fleet_follows_the_work_but_never_falls_below_its_least() -> None:
    assert fleet(LOAD, 0) == {"web": 2, "annotator": 1, "utility": 1}
    seconds = units_per_job(LOAD)["annotator_vcpu_seconds"]
    wanted = 1e6 * seconds / 86_400 / 2 / 0.7
    assert wanted <= fleet(LOAD, 1e6)["annotator"] <= wanted + 0.1


def test_the_first_quota_to_give_way_stands_first() -> None:
    found = reaches(LOAD)
    assert [r.jobs_per_day for r in found] == sorted(r.jobs_per_day for r in found)
    per_second = next(r for r in found if "mails a second" in r.name)
    assert per_second.jobs_per_day == pytest.approx(14 / 1.02 * 86_400 / 4)


def test_blocks_are_replaced_and_a_missing_place_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x -->\nold\n<!-- end x -->\nb\n")
    pages.write_blocks(page, {"x": r"new \1 text"})
    assert page.read_text() == "a\n<!-- x -->\nnew \\1 text\n<!-- end x -->\nb\n"
    with pytest.raises(SystemExit, match="no place"):
        pages.write_blocks(page, {"y": "z"})
