"""Nothing that the stack makes is left unwatched, and what is watched is there."""

import json
import re
from pathlib import Path

import pytest

from deploy.template import Template
from deploy.watching import PAGE, SERVICE, TEMPLATE
from deploy.watching.alarms import FUNCTIONS, QUEUES, all_alarms
from deploy.watching.dashboard import body
from deploy.watching.log_events import EVENTS, LogEvent
from deploy.watching.template import page, text

REPOSITORY = Path(__file__).parents[4]
RESOURCES = Template.read(SERVICE).document["Resources"].values()
AGAIN = "run: python -m deploy.watching"


def names(kind: str, field: str) -> set[str]:
    """The names that the service's template gives to resources of a kind, without the stage."""
    found = (r["Properties"][field]["Fn::Sub"] for r in RESOURCES if r["Type"] == kind)
    return {name.removeprefix("gas-${Stage}-") for name in found}


def test_every_queue_and_every_dead_letter_queue_is_watched() -> None:
    queues = names("AWS::SQS::Queue", "QueueName")
    assert queues == set(QUEUES) | {f"{name}-dead" for name in QUEUES}


def test_every_function_is_watched() -> None:
    assert names("AWS::Lambda::Function", "FunctionName") == set(FUNCTIONS)


def test_the_template_and_the_page_are_of_the_declarations() -> None:
    assert TEMPLATE.read_text() == text(), AGAIN
    assert PAGE.read_text() == page(), AGAIN


def test_alarms_have_names_of_their_own_and_words() -> None:
    alarms = all_alarms()
    assert len({alarm.key for alarm in alarms}) == len(alarms)
    for alarm in alarms:
        assert alarm.means.endswith("."), alarm.name
        assert len(alarm.do) > 20, alarm.name


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.key)
def test_the_lines_that_are_counted_are_written_by_the_code(event: LogEvent) -> None:
    folders = ("annotator", "archiver", "lambdas", "gas")
    code = "\n".join(
        path.read_text() for folder in folders for path in (REPOSITORY / folder).rglob("*.py")
    )
    for name in re.findall(r'"([a-z_]+)\*?"', event.pattern):
        assert f'"{name}' in code, f"nobody writes {name}"


def test_the_dashboard_is_json_without_holes() -> None:
    widgets = json.loads(body()["Fn::Sub"])["widgets"]
    places = {(w["x"], w["y"]) for w in widgets}
    assert len(places) == len(widgets)
    assert all(w["properties"]["metrics"] for w in widgets)
    assert all(w["x"] + w["width"] <= 24 for w in widgets)


def test_a_metric_of_a_share_is_returned_once() -> None:
    for alarm in all_alarms():
        metrics = alarm.as_resource()["Properties"].get("Metrics", [])
        assert [m["Id"] for m in metrics if m["ReturnData"]] == ["share"] * bool(metrics)


def test_the_template_fits_into_a_request() -> None:
    assert len(TEMPLATE.read_bytes()) < 51_200, "CloudFormation takes no longer body"
