"""What stands around every page leads somewhere and says where one is."""

import re

import pytest

from tests.unit.web.conftest import ADA, World, make_job
from web.frame import FOOTER, navigation


def _marked(page: str) -> list[str]:
    return re.findall(r'aria-current="page">([^<]+)</a>', page)


def test_the_ways_through_the_service_say_where_one_is(world: World) -> None:
    ada = world.log_in(ADA)
    ways = re.findall(r'class="nav-item" href="([^"]+)"[^>]*>([^<]+)<', ada.get("/help").text)
    assert len(ways) == 4
    for address, label in ways:
        assert _marked(ada.get(address).text) == [label]


def test_the_pages_of_a_job_belong_to_jobs(world: World) -> None:
    ada = world.log_in(ADA)
    assert _marked(ada.get(f"/annotations/{make_job(world).job_id}").text) == ["Jobs"]


def test_strangers_find_help_and_the_way_in(world: World) -> None:
    page = world.client().get("/").text
    assert 'href="/help"' in page
    assert 'href="/login"' in page
    with world.app.test_request_context("/"):
        assert [label for _, label, _ in navigation(None)] == ["Help"]


@pytest.mark.parametrize("label", [label for _, label in FOOTER])
def test_the_footer_leads_somewhere(world: World, label: str) -> None:
    page = world.client().get("/").text
    address = re.findall(rf'<a href="([^"]+)">{label}</a>', page.split("<footer")[1])
    assert world.client().get(address[0]).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [("/nowhere", 404, "Your jobs"), ("/annotate/files", 405, "Help")],
)
def test_an_error_page_leads_on(world: World, path: str, status: int, words: str) -> None:
    ada = world.log_in(ADA)
    answer = ada.delete(path) if status == 405 else ada.get(path)
    assert answer.status_code == status
    assert words in answer.text.split("<main")[1].split("</main>")[0]
