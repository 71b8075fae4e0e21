"""A file from a web address: the form, the page of the import, and the API."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.imports.models import Import, ImportState, Problem
from gas.testing.imports import MemoryImportQueue, MemoryImports
from tests.unit.web.api.conftest import caller, issue
from tests.unit.web.conftest import ADA, BEN, PUBLIC_URL, World

URL = "https://data.example.org/trio.vcf.gz?signature=secret"


REFERER = {"Referer": PUBLIC_URL + "/annotate/imports"}


def form(client: FlaskClient) -> dict[str, str]:
    text = client.get("/annotate/imports").text
    return {
        name: re.search(rf'name="{name}" value="([^"]+)"', text)[1]  # type: ignore[index]
        for name in ("csrf_token", "request")
    }


def change(world: World, import_id: str, **fields: Any) -> Import:
    store = world.services.imports._store
    assert isinstance(store, MemoryImports)
    known = store.get(ADA, import_id)
    assert known is not None
    written = store.replace(known.model_copy(update=fields))
    assert written is not None
    return written


def sent(world: World) -> int:
    queue = world.services.imports._queue
    assert isinstance(queue, MemoryImportQueue)
    return len(queue.sent)


def test_the_upload_page_leads_to_the_form(world: World) -> None:
    assert "/annotate/imports" in world.log_in(ADA).get("/annotate").text


def test_an_address_becomes_an_import_once(world: World) -> None:
    client = world.log_in(ADA)
    filled = {**form(client), "url": URL, "strict": "1", "file_name": "mine.vcf.gz"}
    first = client.post("/annotate/imports", data=filled, headers=REFERER)
    assert first.status_code == 303
    assert client.post("/annotate/imports", data=filled, headers=REFERER).location == first.location
    found = world.services.imports.list(ADA)
    assert [(each.url, each.options.strict, each.file_name) for each in found] == [
        (URL, True, "mine.vcf.gz")
    ]
    assert sent(world) == 2, "again does no harm"
    page = client.get(first.location).text
    assert "Waiting for its turn." in page
    assert "signature" not in page
    listed = client.get("/annotate/imports").text
    assert "mine.vcf.gz" in listed
    assert "secret" not in listed


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "There is no address."),
        ("http://data.example.org/a.vcf", "must begin with https://"),
        ("https://127.0.0.1/a.vcf", "private network"),
        ("https://10.1.2.3/a.vcf", "private network"),
        ("https://me:word@data.example.org/a.vcf", "neither a user"),
        ("s3://bucket/a.vcf", "must begin with https://"),
    ],
)
def test_an_address_that_cannot_be_is_said_beside_the_form(
    world: World, url: str, words: str
) -> None:
    client = world.log_in(ADA)
    answer = client.post("/annotate/imports", data={**form(client), "url": url}, headers=REFERER)
    assert answer.status_code == 400
    assert words in answer.text
    assert world.services.imports.list(ADA) == []


def test_the_page_tells_how_far_it_is_and_leads_to_the_job(world: World) -> None:
    client = world.log_in(ADA)
    page = client.post(
        "/annotate/imports", data={**form(client), "url": URL}, headers=REFERER
    ).location
    import_id = page.rsplit("/", 1)[-1]
    change(
        world,
        import_id,
        state=ImportState.FETCHING,
        received=25 * 2**20,
        total=100 * 2**20,
        speed=5 * 2**20,
    )
    text = client.get(page).text
    assert "25 MiB of 100 MiB · 5 MiB a second · 15 s left" in text
    assert 'value="25.0"' in text
    change(world, import_id, state=ImportState.DONE)
    assert client.get(page).location.endswith(f"/annotations/{import_id}")


def test_what_failed_says_why_and_can_be_tried_again(world: World) -> None:
    client = world.log_in(ADA)
    fields = form(client)
    page = client.post("/annotate/imports", data={**fields, "url": URL}, headers=REFERER).location
    import_id = page.rsplit("/", 1)[-1]
    problem = Problem(code="source_refused", message="There is no file.", remedy="Look again.")
    change(world, import_id, state=ImportState.FAILED, problem=problem)
    text = client.get(page).text
    assert "There is no file. Look again." in text
    token = {"csrf_token": fields["csrf_token"]}
    assert client.post(f"{page}/retry", data=token, headers=REFERER).status_code == 303
    assert world.services.imports.get(ADA, import_id).state is ImportState.WAITING
    assert client.post(f"{page}/cancel", data=token, headers=REFERER).status_code == 303
    assert world.services.imports.get(ADA, import_id).state is ImportState.CANCELLED


def test_nobody_sees_the_import_of_somebody_else(world: World) -> None:
    client = world.log_in(ADA)
    page = client.post(
        "/annotate/imports", data={**form(client), "url": URL}, headers=REFERER
    ).location
    ben = world.log_in(BEN)
    assert ben.get(page).status_code == 404
    token = {"csrf_token": form(ben)["csrf_token"]}
    assert ben.post(f"{page}/cancel", data=token, headers=REFERER).status_code == 404
    assert "trio" not in ben.get("/annotate/imports").text


def test_the_api_does_the_same(world: World) -> None:
    call = caller(world, issue(world))
    made = call("POST", "/imports", json={"url": URL})
    assert made.status_code == 202
    document = made.json
    place = f"/imports/{document['import_id']}"
    assert made.headers["Location"] == f"/api/v1{place}"
    assert (document["state"], document["job_id"]) == ("waiting", None)
    assert document["url"] == "https://data.example.org/trio.vcf.gz"
    assert call("GET", place).json == document
    assert call("GET", "/imports").json == {"imports": [document]}
    assert call("POST", f"{place}/cancel").json["state"] == "cancelled"
    assert call("POST", f"{place}/retry").json["state"] == "waiting"
    change(world, document["import_id"], state=ImportState.DONE)
    assert call("GET", place).json["job_id"] == document["import_id"]
    late = call("POST", f"{place}/cancel")
    assert (late.status_code, late.json["code"]) == (409, "import_over")
    refused = call("POST", "/imports", json={"url": "https://10.0.0.1/"})
    assert (refused.status_code, refused.json["code"]) == (400, "address_refused")
    assert caller(world, issue(world, BEN))("GET", place).status_code == 404
