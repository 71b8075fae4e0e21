"""What `deploy/service.yaml` says, where it must agree with other files."""

import json

import pytest

from deploy.template import Template
from local.paths import REPOSITORY

TEMPLATE = Template.read(REPOSITORY / "deploy" / "service.yaml")
RESOURCES = TEMPLATE.document["Resources"]


@pytest.mark.parametrize(
    ("resource", "file"), [("ArchiveResultsMachine", "archive_free_results.asl.json")]
)
def test_a_state_machine_is_the_one_in_its_file(resource: str, file: str) -> None:
    inline = RESOURCES[resource]["Properties"]["DefinitionString"]
    text = (REPOSITORY / "step_functions" / file).read_text(encoding="utf-8")
    assert inline == text
    json.loads(text)


def test_every_function_of_the_template_is_in_the_tree_and_has_its_code() -> None:
    functions = [each for each in RESOURCES.values() if each["Type"] == "AWS::Lambda::Function"]
    folders = {path.parent.name for path in (REPOSITORY / "lambdas").glob("*/handler.py")}
    named = {each["Properties"]["Handler"].split(".")[1] for each in functions}
    assert named == folders
    for each in functions:
        name = each["Properties"]["Handler"].split(".")[1]
        parameter = "".join(word.capitalize() for word in name.split("_")) + "CodeKey"
        assert each["Properties"]["Code"]["S3Key"] == {"Ref": parameter}
        assert parameter in TEMPLATE.parameters
