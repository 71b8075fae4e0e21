"""Lets pods of a cluster take the roles of a stage (IRSA): each service account its own role only.

    python -m deploy.pod_roles STAGE --provider oidc.eks.REGION.amazonaws.com/id/ID

`service.yaml` gives the roles to machines. CloudFormation cannot name a cluster's provider in a
condition, so this adds a statement to who may assume each of them. It may be repeated, and has to
be when the template's own statement has changed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from typing import Any

SERVICES = ("web", "annotator", "archiver", "thaw")
_SID = "PodsOf"


def statement(account: str, provider: str, namespace: str, service: str) -> dict[str, Any]:
    """Who holds a token of this service account, made for AWS, may assume the role."""
    return {
        "Sid": _SID + re.sub(r"[^A-Za-z0-9]", "", provider),
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{provider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{provider}:sub": f"system:serviceaccount:{namespace}:gas-{service}",
                f"{provider}:aud": "sts.amazonaws.com",
            }
        },
    }


def admit(iam: Any, account: str, stage: str, provider: str, namespace: str) -> list[str]:
    """Admit the pods of this cluster beside whom the roles admit already; the roles changed."""
    changed = []
    for service in SERVICES:
        role = f"gas-{stage}-{service}"
        policy = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        added = statement(account, provider, namespace, service)
        others = [each for each in policy["Statement"] if each.get("Sid") != added["Sid"]]
        wanted = {**policy, "Statement": [*others, added]}
        if wanted != policy:
            iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(wanted))
            changed.append(role)
    return changed


def main(arguments: Sequence[str] | None = None) -> int:
    import boto3

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("--provider", required=True, help="the cluster's issuer, without https://")
    parser.add_argument("--namespace", default="gas")
    options = parser.parse_args(arguments)
    account = boto3.client("sts").get_caller_identity()["Account"]
    provider = options.provider.removeprefix("https://")
    for role in admit(boto3.client("iam"), account, options.stage, provider, options.namespace):
        sys.stdout.write(f"{role} admits the pods.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
