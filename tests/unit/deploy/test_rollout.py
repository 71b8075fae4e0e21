"""A whole deployment, against clouds that keep what they are given."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploy.deploy_stack import Declined, DeployError
from deploy.releases import BuiltRelease, newest, read_release
from deploy.rollout import Rollout
from deploy.stages import FLEETS, Stage, StageError, read_stage
from deploy.template import Template

ORDER = ["base", "network", "database", "", "front", *FLEETS, "watch"]
STAGE = Stage(
    name="test",
    region="eu-central-1",
    protected=True,
    parameters={
        "Domain": "gas.example.org",
        "CertificateArn": "arn:aws:acm:eu-central-1:1:certificate/1",
        "MailFrom": "gas@example.org",
        "AlarmEmail": "operator@example.org",
        "BackupDays": "30",
    },
    fleets={fleet: {"InstanceTypes": "a,b,c", "Fewest": "1", "Most": "2"} for fleet in FLEETS},
)


def missing(code: str, status: int = 404) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "it does not exist"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "Operation")


@dataclass
class Cloud:
    """CloudFormation and what a deployment needs beside it: one object is every client."""

    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    secrets: set[str] = field(
        default_factory=lambda: {"gas/test/web-settings", "gas/test/annotator-settings"}
    )
    migration: dict[str, Any] = field(default_factory=lambda: {"before": None, "after": "0007"})
    events: list[str] = field(default_factory=list)
    proposed: dict[str, Any] = field(default_factory=dict)

    def __call__(self, service: str) -> Any:
        return self

    # ---- CloudFormation
    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        name = StackName.removeprefix("id:")
        if name not in self.stacks:
            raise missing("ValidationError", 400)
        return {"Stacks": [self.stacks[name]]}

    def get_template(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName not in self.stacks:
            raise missing("ValidationError", 400)
        return {"TemplateBody": self.stacks[StackName]["Body"]}

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        return {"StackEvents": []}

    def create_change_set(self, **request: Any) -> dict[str, str]:
        body = request.get("TemplateBody")
        if body is None:
            body = self.objects[request["TemplateURL"].split("/bucket/")[1]].decode()
        self.proposed = {**request, "Body": body}
        return {"Id": "arn", "StackId": f"id:{request['StackName']}"}

    def describe_change_set(self, ChangeSetName: str) -> dict[str, Any]:  # noqa: N803
        return {"Status": "CREATE_COMPLETE", "Changes": []}

    def execute_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        name, body = self.proposed["StackName"], self.proposed["Body"]
        outputs = Template.parse(body).document["Outputs"]
        self.stacks[name] = {
            "StackId": f"id:{name}",
            "StackStatus": "UPDATE_COMPLETE",
            "Parameters": self.proposed["Parameters"],
            "Outputs": [
                {
                    "OutputKey": key,
                    "OutputValue": "bucket" if key == "ReleasesBucket" else f"{name}.{key}",
                }
                for key in outputs
            ],
            "Body": body,
        }
        self.events.append(name)

    def delete_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        self.events.append("discarded")

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        self.stacks.pop(StackName, None)

    # ---- S3
    class meta:  # noqa: N801
        endpoint_url = "https://s3"

    def head_object(self, Bucket: str, Key: str) -> None:  # noqa: N803
        if Key not in self.objects:
            raise missing("404")

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.objects[Key] = Body

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.objects[key] = Path(path).read_bytes()

    # ---- Secrets Manager, Lambda, SNS
    def describe_secret(self, SecretId: str) -> None:  # noqa: N803
        if SecretId not in self.secrets:
            raise missing("ResourceNotFoundException", 400)

    def invoke(self, FunctionName: str, InvocationType: str) -> dict[str, Any]:  # noqa: N803
        self.events.append("migrate")
        fault = {"FunctionError": "Unhandled"} if "errorMessage" in self.migration else {}
        return {"Payload": io.BytesIO(json.dumps(self.migration).encode()), **fault}

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self, TopicArn: str) -> list[Any]:  # noqa: N803
        return [{"Subscriptions": []}]

    # ---- for the tests
    def parameter(self, stack: str, name: str) -> str:
        given = {p["ParameterKey"]: p["ParameterValue"] for p in self.stacks[stack]["Parameters"]}
        return str(given[name])


@pytest.fixture
def release(tmp_path: Path) -> BuiltRelease:
    names = (
        *(path.parent.name for path in Path("lambdas").glob("*/handler.py")),
        "migrate",
    )
    (tmp_path / "gas-1.tar.gz").write_bytes(b"archive")
    for name in names:
        (tmp_path / f"{name}-1.zip").write_bytes(b"zip")
    said = {
        "name": "gas-1",
        "archive": "gas-1.tar.gz",
        "sha256": hashlib.sha256(b"archive").hexdigest(),
        "functions": {name: f"{name}-1.zip" for name in names},
    }
    (tmp_path / "gas-1.json").write_text(json.dumps(said))
    return newest(tmp_path)


def roll_out(cloud: Cloud, release: BuiltRelease, *, yes: bool = True) -> list[str]:
    said: list[str] = []
    Rollout(cloud, STAGE, said.append, lambda name, lines: yes).run(release)
    return said


def test_a_stage_from_nothing_and_once_more(release: BuiltRelease) -> None:
    cloud = Cloud()
    roll_out(cloud, release)
    stacks = [f"gas-test-{name}".rstrip("-") for name in ORDER]
    # The schema before any new code.
    assert cloud.events == [*stacks[:3], "migrate", *stacks[3:]]
    assert cloud.parameter("gas-test", "PublicUrl") == "https://gas.example.org"
    assert cloud.parameter("gas-test", "AnnotatorUrl") == "https://gas.example.org"
    assert cloud.parameter("gas-test", "KeyArn") == "gas-test-base.KeyArn"
    assert cloud.parameter("gas-test-database", "Protected") == "true"
    assert cloud.parameter("gas-test-database", "BackupDays") == "30"
    assert cloud.parameter("gas-test-utility", "Targets") == "gas-test-front.UtilityTargets"
    assert cloud.parameter("gas-test-web", "TargetsLabel") == "gas-test-front.WebTargetsLabel"
    assert cloud.parameter("gas-test-web", "ReleaseSha256") == release.sha256
    assert cloud.parameter("gas-test-watch", "WebMost") == "2"
    assert cloud.parameter("gas-test-watch", "DatabaseIdentifier").startswith("gas-test-database")
    assert cloud.objects["releases/gas-1.tar.gz"] == b"archive"
    digest = cloud.parameter("gas-test-annotator", "SettingsSha256")
    settings = cloud.objects[f"settings/{digest}.env"]
    assert hashlib.sha256(settings).hexdigest() == digest
    lines = settings.decode().splitlines()
    assert "GAS_PUBLIC_URL=https://gas.example.org" in lines
    assert "GAS_TRUSTED_PROXIES=1" in lines, "that is the load balancer"
    assert "GAS_DATABASE_HOST=gas-test-database.DatabaseHost" in lines
    assert "GAS_ARCHIVER_ROLE_ARN=gas-test.ArchiverRoleArn" in lines
    assert not [line for line in lines if "SECRET" in line or "PASSWORD" in line]
    cloud.events.clear()
    said = roll_out(cloud, release)
    assert cloud.events == ["migrate"]
    assert sum("as it should be" in line for line in said) == len(ORDER)


def test_a_migration_that_fails_leaves_the_old_code_running(release: BuiltRelease) -> None:
    cloud = Cloud(migration={"errorMessage": "column exists"})
    with pytest.raises(DeployError, match="column exists"):
        roll_out(cloud, release)
    assert cloud.events[-1] == "migrate"
    assert "gas-test-web" not in cloud.stacks


def test_without_secrets_nothing_is_begun(release: BuiltRelease) -> None:
    cloud = Cloud(secrets={"gas/test/web-settings"})
    with pytest.raises(DeployError, match="make secrets STAGE=test"):
        roll_out(cloud, release)
    assert cloud.events == []


def test_no_is_no(release: BuiltRelease) -> None:
    cloud = Cloud()
    with pytest.raises(Declined):
        roll_out(cloud, release, yes=False)
    assert cloud.events == ["discarded"]
    assert cloud.stacks == {}


def test_an_archive_that_was_changed_is_refused(release: BuiltRelease) -> None:
    release.archive.write_bytes(b"another")
    with pytest.raises(DeployError, match="SHA-256"):
        read_release(release.archive.with_name("gas-1.json"))


def test_no_release_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="make release"):
        newest(tmp_path)


FILE = {"region": "r", "protected": False, "parameters": {"Domain": "d", "HostedZoneId": ""}}
FULL = {**FILE, "fleets": {fleet: {"Fewest": "1"} for fleet in FLEETS}}


@pytest.mark.parametrize(
    ("name", "said", "says"),
    [
        ("local", FULL, "no name of a stage"),
        ("Dev", FULL, "no name of a stage"),
        ("other", None, "copy dev.json"),
        ("x", "{", "line 1"),
        ("x", FILE, "fleets"),
        ("x", {**FULL, "typo": 1}, "typo"),
        ("x", {**FULL, "parameters": {"Domain": ""}}, "parameters.Domain"),
        ("x", {**FULL, "parameters": {"Zones": 2}}, "parameters.Zones"),
        ("x", {**FULL, "fleets": {"web": {}}}, "annotator, utility, web"),
    ],
)
def test_a_stage_that_is_wrong_says_where(tmp_path: Path, name: str, said: Any, says: str) -> None:
    if said is not None:
        text = said if isinstance(said, str) else json.dumps(said)
        (tmp_path / f"{name}.json").write_text(text)
    with pytest.raises(StageError, match=says):
        read_stage(name, tmp_path)


@pytest.mark.parametrize("stage", ["dev", "staging", "production"])
def test_the_files_of_the_stages_fit_the_templates(stage: str) -> None:
    """All but what only the operator knows, and that is asked for."""
    folder = Path("deploy/stages")
    said = json.loads((folder / f"{stage}.json").read_text())
    with pytest.raises(
        StageError, match=r"AlarmEmail, parameters\.CertificateArn, parameters\.Domain"
    ):
        read_stage(stage, folder)
    names = ("base", "network", "database", "service", "front", "compute", "watch")
    known = {name: Template.read(Path("deploy") / f"{name}.yaml").parameters for name in names}
    declared = {parameter for each in known.values() for parameter in each}
    assert set(said["parameters"]) <= declared
    for fleet in said["fleets"].values():
        assert set(fleet) <= set(known["compute"])
        assert len(fleet["InstanceTypes"].split(",")) == 3
        assert int(fleet["Most"]) > int(fleet["Fewest"])
