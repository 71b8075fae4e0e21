"""The pages of webhooks, and what the export and a deleted account make of them."""

import io
import json
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.webhooks.models import Attempt, DeliveryState, Disabled, Endpoint
from tests.unit.web.conftest import ADA, BEN, PUBLIC_URL, World

PAGE = "/account/webhooks"
HOME = {"Referer": PUBLIC_URL + PAGE}
FORM = {
    "url": " https://hooks.example.org/gas ",
    "description": "the lab's <LIMS>",
    "event": ["job.completed", "results.restored"],
    "format": "standard",
}


def post(client: FlaskClient, path: str, **form: Any) -> Any:
    token = client.get(PAGE).text.split('name="csrf_token" value="')[1].split('"')[0]
    return client.post(path, data={"csrf_token": token, **form}, headers=HOME)


def endpoint_of(world: World) -> Endpoint:
    [found] = world.webhooks.endpoints(ADA)
    return found


def test_an_endpoint_is_made_its_secret_shown_once_and_it_is_deleted(
    world: World, ada: FlaskClient
) -> None:
    made = post(ada, PAGE, **FORM)
    assert made.status_code == 201
    endpoint = endpoint_of(world)
    assert endpoint.secret in made.text
    assert "no-store" in made.headers["Cache-Control"]
    assert endpoint.url == "https://hooks.example.org/gas"
    here = f"{PAGE}/{endpoint.endpoint_id}"
    for path in (PAGE, here):
        page = ada.get(path)
        assert endpoint.secret not in page.text
        assert "the lab&#39;s &lt;LIMS&gt;" in page.text
    assert post(ada, f"{here}/delete").status_code == 303
    assert world.webhooks.endpoints(ADA) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "https://10.0.0.1/"}, "private network"),
        ({"url": "nonsense"}, "https://"),
        ({"event": []}, "at least one"),
        ({"event": ["ping"]}, "at least one"),
        ({"description": "x" * 101}, "100"),
    ],
)
def test_a_form_that_cannot_be_is_shown_again_with_what_was_typed(
    world: World, ada: FlaskClient, change: dict[str, Any], words: str
) -> None:
    refused = post(ada, PAGE, **{**FORM, **change})
    assert refused.status_code == 400
    assert words in refused.text
    assert 'role="alert"' in refused.text
    assert world.webhooks.endpoints(ADA) == []
    post(ada, PAGE, **FORM)
    here = f"{PAGE}/{endpoint_of(world).endpoint_id}"
    before = endpoint_of(world)
    assert post(ada, here, **{**FORM, **change}).status_code == 400
    assert endpoint_of(world) == before


def test_settings_are_saved_and_a_new_secret_is_shown(world: World, ada: FlaskClient) -> None:
    post(ada, PAGE, **FORM)
    here = f"{PAGE}/{endpoint_of(world).endpoint_id}"
    old = endpoint_of(world).secret
    saved = post(ada, here, **{**FORM, "format": "slack", "event": ["job.failed"]})
    assert saved.status_code == 303
    assert "Saved." in ada.get(saved.location).text
    endpoint = endpoint_of(world)
    assert (endpoint.enabled, endpoint.format.value) == (False, "slack")
    assert [each.value for each in endpoint.events] == ["job.failed"]
    shown = post(ada, f"{here}/secret")
    assert endpoint_of(world).secret in shown.text
    assert old not in shown.text


def test_the_log_tells_each_try_with_what_went_over_the_line(
    world: World, ada: FlaskClient
) -> None:
    post(ada, PAGE, **FORM)
    endpoint = endpoint_of(world)
    here = f"{PAGE}/{endpoint.endpoint_id}"
    assert "Nothing was sent" in ada.get(here).text
    assert post(ada, f"{here}/ping").status_code == 303
    [sent] = world.webhooks.deliveries(ADA, endpoint.endpoint_id, limit=9).deliveries
    attempts = (
        Attempt(
            at=1, url=endpoint.url, milliseconds=7, headers={"webhook-id": "msg_7"}, error="Cut."
        ),
        Attempt(
            at=2,
            url=endpoint.url,
            milliseconds=9,
            headers={},
            status=503,
            answer_headers={"server": "nginx"},
            answer="<b>busy</b>",
        ),
    )
    failed = {"attempts": attempts, "state": DeliveryState.FAILED, "tries": 2}
    world.webhooks.replace_delivery(sent.model_copy(update=failed))
    page = ada.get(here).text
    for text in (
        "Cut.",
        "503",
        "server: nginx",
        "&lt;b&gt;busy&lt;/b&gt;",
        "msg_7",
        "Not delivered",
    ):
        assert text in page
    again = f"{here}/deliveries/{sent.delivery_id}/replay"
    assert post(ada, again).status_code == 303
    assert len(world.webhook_queue.sent) == 2
    assert post(ada, again).status_code == 409
    assert ada.get(f"{here}?cursor=x").status_code == 400


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"enabled": False, "disabled_because": Disabled.FAILING}, "for a whole day"),
        ({"enabled": False, "disabled_because": Disabled.GONE}, "410"),
        ({"failing_since": 1_800_000_000}, "It fails since"),
    ],
)
def test_the_page_says_what_is_wrong(
    world: World, ada: FlaskClient, changes: dict[str, Any], words: str
) -> None:
    post(ada, PAGE, **FORM)
    endpoint = endpoint_of(world)
    world.webhooks.change_endpoint(endpoint, changes)
    assert words in ada.get(f"{PAGE}/{endpoint.endpoint_id}").text


def test_a_stranger_finds_nothing(world: World, ada: FlaskClient) -> None:
    post(ada, PAGE, **FORM)
    here = f"{PAGE}/{endpoint_of(world).endpoint_id}"
    before = endpoint_of(world)
    ben = world.log_in(BEN)
    assert ben.get(here).status_code == 404
    for below in ("", "/delete", "/secret", "/ping"):
        assert post(ben, here + below, **FORM).status_code == 404
    assert endpoint_of(world) == before
    assert world.client().get(PAGE).status_code == 302


def test_the_export_tells_endpoints_and_log_but_no_secret(world: World, ada: FlaskClient) -> None:
    post(ada, PAGE, **FORM)
    endpoint = endpoint_of(world)
    post(ada, f"{PAGE}/{endpoint.endpoint_id}/ping")
    with zipfile.ZipFile(io.BytesIO(ada.get("/account/export").data)) as archive:
        text = archive.read("webhooks.json").decode()
    [told] = json.loads(text)
    assert told["url"] == endpoint.url
    assert len(told["deliveries"]) == 1
    assert endpoint.secret not in text
