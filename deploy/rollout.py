"""Deploys a release to a stage: everything, in the order in which old and new code get along.

    python -m deploy.rollout STAGE [--release build/release/NAME.json] [--yes]

Shows what would change of each stack and asks, unless told not to. Can be run again at any time:
what is as it should be is left alone, and what broke off goes on. See docs/deploy.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deploy.deploy_stack import Approve, Deployed, DeployError, Say, deploy
from deploy.index_steps import index_steps
from deploy.lambda_code import template_store, upload_code
from deploy.pushes import offer_again
from deploy.releases import BuiltRelease, newest, read_release
from deploy.settings_file import settings_file
from deploy.stages import FLEETS, Stage, StageError, read_stage
from deploy.template import Template, TemplateError

HERE = Path(__file__).parent
STACK_SECONDS = 5400.0
"""A fleet is replaced machine by machine; a database takes a quarter of an hour."""
SECRETS = ("web-settings", "annotator-settings")

Clients = Callable[[str], Any]
"""Makes the boto3 client of a service."""


class Rollout:
    """One deployment of one stage."""

    def __init__(self, clients: Clients, stage: Stage, say: Say, approve: Approve) -> None:
        self._clients = clients
        self._stage = stage
        self._say = say
        self._approve = approve
        self._known: dict[str, str] = {"Stage": stage.name, **stage.parameters}
        """Parameters for all that follows: the stage's own, and outputs of stacks before."""

    def run(self, release: BuiltRelease) -> None:
        """Bring the stage to this release.

        Raises:
            DeployError: something failed, or a person said no; what was done so far stays, and
                works with the code that runs.
            TemplateError: the stage's parameters do not fit the templates.
        """
        stage = self._stage
        self._require_secrets()
        self._known["Protected"] = "true" if stage.protected else "false"
        self._stack("base")
        bucket = self._known["ReleasesBucket"]
        self._upload(release, bucket)
        self._stack("network")
        database = self._stack("database")
        self._migrate()
        url = stage.public_url
        self._known |= {"PublicUrl": url, "AnnotatorUrl": url, "ArchiverUrl": url, "ThawUrl": url}
        service = self._stack("service", name=f"gas-{stage.name}")
        self._stack("front")
        own = {
            "GAS_PUBLIC_URL": url,
            "GAS_MAIL_FROM": stage.parameters["MailFrom"],
            # The load balancer (front.yaml), which says who asks; without this everybody would
            # seem to come from its own addresses.
            "GAS_TRUSTED_PROXIES": "1",
        }
        settings = settings_file(service.outputs, database.outputs, own)
        self._clients("s3").put_object(Bucket=bucket, Key=settings.key, Body=settings.text.encode())
        self._known |= {"SettingsSha256": settings.sha256}
        for fleet in FLEETS:
            self._fleet(fleet)
        most = {f"{fleet.title()}Most": stage.fleets[fleet]["Most"] for fleet in FLEETS}
        self._stack("watch", **most)
        topics = [arn for name, arn in service.outputs.items() if name.endswith("Topic")]
        for endpoint in offer_again(self._clients("sns"), topics):
            self._say(f"SNS asks {endpoint} once more to confirm its subscription.")
        self._say(f"{release.name} runs at {url}. Check it: make smoke URL={url}")
        self._say(f"The domain must lead to {self._known['LoadBalancerName']}.")

    def _upload(self, release: BuiltRelease, bucket: str) -> None:
        s3 = self._clients("s3")
        self._known |= upload_code(s3, bucket, release.functions, prefix="functions/")
        key = f"releases/{release.name}.tar.gz"
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as fault:
            if fault.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            self._say(f"Uploading {release.archive.name} …")
            s3.upload_file(str(release.archive), bucket, key)
        self._known |= {
            "CodeBucket": bucket,
            "Release": release.name,
            "ReleaseSha256": release.sha256,
        }

    def _require_secrets(self) -> None:
        secrets = self._clients("secretsmanager")
        for name in SECRETS:
            secret = f"gas/{self._stage.name}/{name}"
            try:
                secrets.describe_secret(SecretId=secret)
            except ClientError as fault:
                if fault.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                raise DeployError(
                    f"The secret {secret} is not there. Make it: "
                    f"make secrets STAGE={self._stage.name}"
                ) from fault

    def _migrate(self) -> None:
        """Bring the database to the release's schema, which the code that runs understands too."""
        answer = self._clients("lambda").invoke(
            FunctionName=self._known["MigrateFunction"], InvocationType="RequestResponse"
        )
        said = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            reason = said.get("errorMessage", said)
            raise DeployError(f"The accounts database could not be migrated: {reason}")
        was, now = said["before"], said["after"]
        self._say(f"The accounts database: {now}{'' if was == now else f', before {was}'}.")

    def _fleet(self, fleet: str) -> None:
        targets = {
            "Targets": self._known[
                "UtilityTargets" if fleet == "utility" else f"{fleet.title()}Targets"
            ]
        }
        if fleet == "web":
            targets["TargetsLabel"] = self._known["WebTargetsLabel"]
        self._stack("compute", name=f"gas-{self._stage.name}-{fleet}", Fleet=fleet, **targets)

    def _stack(self, template: str, *, name: str = "", **more: str) -> Deployed:
        """Bring one stack to its template; its outputs are known to all that follow."""
        name = name or f"gas-{self._stage.name}-{template}"
        read = Template.read(HERE / f"{template}.yaml")
        offered = {**self._known, **more, **self._stage.fleets.get(more.get("Fleet", ""), {})}
        given = {key: value for key, value in offered.items() if key in read.parameters}
        cloudformation = self._clients("cloudformation")
        store = self._store()
        steps = index_steps(_deployed_document(cloudformation, name), read.document)
        for number, document in enumerate(steps, start=1):
            self._say(f"{name}: change of an index, {number} of {len(steps) + 1}.")
            step = Template(json.dumps(document), document)
            kept = {key: value for key, value in given.items() if key in step.parameters}
            deploy(
                cloudformation,
                name,
                step,
                kept,
                self._say,
                template_url=store,
                seconds=STACK_SECONDS,
                approve=self._approve,
            )
        done = deploy(
            cloudformation,
            name,
            read,
            given,
            self._say,
            template_url=store,
            seconds=STACK_SECONDS,
            approve=self._approve,
        )
        self._say(f"{name}: {'deployed' if done.changed else 'as it should be'}.")
        self._known |= done.outputs
        return done

    def _store(self) -> Callable[[str], str] | None:
        bucket = self._known.get("ReleasesBucket")
        return template_store(self._clients("s3"), bucket) if bucket else None


def _deployed_document(cloudformation: Any, name: str) -> Mapping[str, Any]:
    """What is deployed under this name; empty if nothing is."""
    try:
        body = cloudformation.get_template(StackName=name)["TemplateBody"]
    except ClientError as fault:
        if "does not exist" not in fault.response["Error"]["Message"]:
            raise
        return {}
    return body if isinstance(body, Mapping) else Template.parse(body).document


def ask(name: str, lines: Sequence[str]) -> bool:
    """Show a change set to the person at the terminal, and ask."""
    print(f"\n{name}:")  # noqa: T201
    for line in lines:
        print(line)  # noqa: T201
    return input("Do it? [y/N] ").strip().lower() in ("y", "yes")


def show(name: str, lines: Sequence[str]) -> bool:
    """Show a change set, and go on."""
    print("\n".join([f"\n{name}:", *lines]), flush=True)  # noqa: T201
    return True


def real_clients(region: str) -> Clients:
    """boto3 clients of the account that the environment says, each made once."""
    import boto3

    session = boto3.Session(region_name=region)
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            # As long as a function may take; a migration is never to be called twice.
            config = Config(retries={"mode": "standard"})
            if service == "lambda":
                config = Config(read_timeout=910, retries={"total_max_attempts": 1})
            made[service] = session.client(service, config=config)
        return made[service]

    return client


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("--release", type=Path, help="NAME.json; default: the newest built")
    parser.add_argument("--yes", action="store_true", help="show changes, but do not ask")
    options = parser.parse_args(arguments)
    try:
        stage = read_stage(options.stage)
        release = read_release(options.release) if options.release else newest()
        Rollout(
            real_clients(stage.region),
            stage,
            lambda line: print(line, flush=True),  # noqa: T201
            show if options.yes else ask,
        ).run(release)
    except (StageError, DeployError, TemplateError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    except (ClientError, BotoCoreError) as fault:
        sys.stderr.write(f"AWS: {fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
