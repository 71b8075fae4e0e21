"""Deploys `deploy/service.yaml` to the embedded cloud, the way it is deployed to AWS."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.deploy_stack import Deployed, DeployError, deploy
from deploy.lambda_code import ensure_bucket, template_store, upload_code
from deploy.stack_env import environment_of
from deploy.template import Evaluator, Template, TemplateError
from local.complete import complete, renew_http_subscriptions
from local.errors import LocalError
from local.keyring import ACCOUNT, REGION, AccessKey, write_aws_files
from local.paths import REPOSITORY, write_private
from local.services import MAIL_FROM, Installation

STACK = "gas-local"
CODE_BUCKET = f"gas-local-code-{ACCOUNT}"
TEMPLATE = REPOSITORY / "deploy" / "service.yaml"
BUILD_LAMBDAS = REPOSITORY / "scripts" / "build_lambdas.py"
ROLES = {
    "web": "WebRoleArn",
    "annotator": "AnnotatorRoleArn",
    "archiver": "ArchiverRoleArn",
    "thaw": "ThawRoleArn",
}
"""AWS profile of each service, and the stack output that names its role."""

VAULT = "gas-local-archives"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """The deployed stack as the services need to know it."""

    settings: Mapping[str, str]
    """Its outputs as `GAS_…` variables."""
    aws_files: Mapping[str, str]
    """The variables that lead to the AWS configuration with the roles."""
    evaluator: Evaluator
    clients: Clients


class Clients:
    """Makes boto3 clients of the embedded cloud with its root key, each once."""

    def __init__(self, endpoint: str, key: AccessKey) -> None:
        import botocore.config
        import botocore.session

        self._session = botocore.session.Session()
        # Nothing of the person's own configuration is read: it may lead to a real account.
        self._session.set_config_variable("config_file", os.devnull)
        self._session.set_config_variable("credentials_file", os.devnull)
        self._options: dict[str, Any] = {
            "endpoint_url": endpoint,
            "region_name": REGION,
            "aws_access_key_id": key.key_id,
            "aws_secret_access_key": key.secret,
            "config": botocore.config.Config(
                signature_version="v4",
                retries={"mode": "standard", "total_max_attempts": 5},
                connect_timeout=5,
                read_timeout=60,
                proxies={},
            ),
        }
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            options = dict(self._options)
            if service == "s3":
                options["config"] = options["config"].merge(_s3_config())
            self._made[service] = self._session.create_client(service, **options)
        return self._made[service]


def _s3_config() -> Any:
    import botocore.config

    return botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"})


def read_root_key(cloud: Path) -> AccessKey:
    """The root key that the embedded cloud made for itself."""
    found = json.loads((cloud / "root-key.json").read_text(encoding="utf-8"))
    return AccessKey(found["key_id"], found["secret"])


def build_functions() -> dict[str, Path]:
    """Zip the Lambda functions as for AWS; name to zip. Needs no cloud.

    Raises
    ------
    LocalError
        They cannot be built; says why.
    """
    done = subprocess.run(
        [sys.executable, str(BUILD_LAMBDAS)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LocalError(f"The Lambda functions cannot be built: {done.stderr.strip()}")
    lines = (line.split(maxsplit=1) for line in done.stdout.splitlines())
    return {name: Path(path) for name, path in lines}


def deploy_stack(installation: Installation, zips: Mapping[str, Path], say: Say) -> Stack:
    """Bring the embedded cloud to what the template says; returns fast when it is there already.

    Raises
    ------
    LocalError
        A resource of the stack failed; says which and why.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    key = read_root_key(installation.data.cloud)
    endpoint = installation.addresses.url("cloud")
    clients = Clients(endpoint, key)
    template = Template.read(TEMPLATE)
    try:
        ensure_bucket(clients("s3"), CODE_BUCKET)
        # CloudFormation has no vaults. Archives go there only if GAS_COLD_STORE says so.
        clients("glacier").create_vault(accountId="-", vaultName=VAULT)
        code = upload_code(clients("s3"), CODE_BUCKET, zips)
        parameters = _parameters(installation, template, code)
        deployed = deploy(
            clients("cloudformation"),
            STACK,
            template,
            parameters,
            say,
            template_url=template_store(clients("s3"), CODE_BUCKET),
        )
        evaluator = Evaluator(template, deployed.parameters, _resources(clients), _PSEUDO)
        _complete_once(installation, clients, evaluator, deployed)
    except (DeployError, TemplateError) as fault:
        raise LocalError(str(fault)) from fault
    except (ClientError, BotoCoreError) as fault:
        raise LocalError(f"The stack could not be deployed: {fault}") from fault
    say("The stack has been deployed." if deployed.changed else "The stack is as it should be.")
    roles = {profile: deployed.outputs[output] for profile, output in ROLES.items()}
    files = write_aws_files(installation.data.settings, key, endpoint, roles)
    return Stack(environment_of(deployed.outputs), files, evaluator, clients)


def ask_for_pushes(stack: Stack) -> int:
    """Have SNS shake hands with the services, now that they listen."""
    return renew_http_subscriptions(stack.clients, stack.evaluator)


_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::StackName": STACK,
}


def _parameters(
    installation: Installation, template: Template, code: Mapping[str, str]
) -> dict[str, str]:
    addresses = installation.addresses
    offered = {
        "Stage": "local",
        "PublicUrl": addresses.url("web"),
        "AnnotatorUrl": addresses.url("annotator"),
        "ArchiverUrl": addresses.url("archiver"),
        "ThawUrl": addresses.url("thaw"),
        "AnnotatorProtocol": "http",
        "MailFrom": MAIL_FROM,
        "VaultName": VAULT,
        "TraceEndpoint": installation.tracing_settings()["OTEL_EXPORTER_OTLP_ENDPOINT"],
        "OperatorArn": f"arn:aws:iam::{ACCOUNT}:root",
        "RequireTls": "false",
        "WebhooksAllowLoopback": "true",
        "ImportsAllowLoopback": "true",
        "CodeBucket": CODE_BUCKET,
        **code,
    }
    return {name: value for name, value in offered.items() if name in template.parameters}


def _resources(clients: Clients) -> dict[str, str]:
    answer = clients("cloudformation").describe_stack_resources(StackName=STACK)
    return {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for resource in answer["StackResources"]
    }


def _complete_once(
    installation: Installation, clients: Clients, evaluator: Evaluator, deployed: Deployed
) -> None:
    """Apply what CloudFormation left out, unless it was applied to this very deployment."""
    note = installation.data.settings / "completed-stack.json"
    state = json.dumps(
        {
            "stack": deployed.stack_id,
            "template": hashlib.sha256(evaluator.template.body.encode()).hexdigest(),
            "parameters": dict(deployed.parameters),
        },
        sort_keys=True,
    )
    if not deployed.changed and note.exists() and note.read_text(encoding="utf-8") == state:
        return
    note.unlink(missing_ok=True)
    complete(clients, evaluator)
    _verify_sender(clients)
    write_private(note, state)


def _verify_sender(clients: Clients) -> None:
    """Have SES accept our sender, which on AWS an operator does once."""
    ses = clients("sesv2")
    try:
        ses.create_email_identity(EmailIdentity=MAIL_FROM)
    except ses.exceptions.AlreadyExistsException:
        return
