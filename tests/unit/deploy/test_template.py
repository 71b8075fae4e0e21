"""Reading a template: short forms, parameters, the values of expressions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.template import Evaluator, Template, TemplateError

BODY = """
Parameters:
  Stage: { Type: String, Default: local }
  Url: { Type: String }
Conditions:
  IsLocal: !Equals [!Ref Stage, local]
  IsNotLocal: !Not [!Equals [!Ref Stage, local]]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties: { BucketName: !Sub "gas-${Stage}-${AWS::AccountId}" }
  Elsewhere:
    Type: AWS::S3::Bucket
    Condition: IsNotLocal
"""


@pytest.fixture
def template(tmp_path: Path) -> Template:
    path = tmp_path / "template.yaml"
    path.write_text(BODY)
    return Template.read(path)


@pytest.fixture
def evaluator(template: Template) -> Evaluator:
    return Evaluator(
        template,
        {"Stage": "local", "Url": "http://x"},
        {"Bucket": "gas-local-1"},
        {"AWS::AccountId": "1"},
    )


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"Url": "http://x"}, {"Stage": "local", "Url": "http://x"}),
        ({"Url": "u", "Stage": "lab"}, {"Stage": "lab", "Url": "u"}),
    ],
)
def test_parameters_are_completed(
    template: Template, given: dict[str, str], values: dict[str, str]
) -> None:
    assert template.complete(given) == values


@pytest.mark.parametrize(
    ("given", "words"),
    [({}, "Url needs a value"), ({"Url": "u", "Colour": "red"}, "no parameter Colour")],
)
def test_parameters_that_do_not_fit(template: Template, given: dict[str, str], words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        template.complete(given)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("plain", "plain"),
        (7, 7),
        ({"Ref": "Url"}, "http://x"),
        ({"Ref": "Bucket"}, "gas-local-1"),
        ({"Fn::Sub": "${Url}/a/${Bucket}/${AWS::AccountId}"}, "http://x/a/gas-local-1/1"),
        ({"Fn::Sub": ["${Here}!", {"Here": {"Ref": "Stage"}}]}, "local!"),
        ({"Fn::If": ["IsLocal", "yes", {"Ref": "Missing"}]}, "yes"),
        ({"Fn::If": ["IsNotLocal", "yes", "no"]}, "no"),
        ([1, {"Fn::If": ["IsNotLocal", 2, {"Ref": "AWS::NoValue"}]}, 3], [1, 3]),
        ({"A": {"Ref": "Stage"}, "B": {"Ref": "AWS::NoValue"}}, {"A": "local"}),
    ],
)
def test_values(evaluator: Evaluator, expression: Any, value: Any) -> None:
    assert evaluator.value(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        {"Ref": "Missing"},
        {"Fn::GetAtt": ["Bucket", "Arn"]},
        {"Fn::Sub": "${Bucket.Arn}"},
        {"Fn::If": ["NoSuchCondition", 1, 2]},
    ],
)
def test_what_is_not_known_is_an_error(evaluator: Evaluator, expression: Any) -> None:
    with pytest.raises(TemplateError):
        evaluator.value(expression)


def test_conditions_of_resources(evaluator: Evaluator) -> None:
    assert evaluator.wanted("Bucket")
    assert not evaluator.wanted("Elsewhere")


def test_short_forms_become_long_ones(template: Template) -> None:
    assert template.document["Conditions"]["IsNotLocal"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "local"]}]
    }
