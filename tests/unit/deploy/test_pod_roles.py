"""Pods take the roles of their services, each service account its own."""

import json
from typing import Any

import pytest

from deploy.pod_roles import SERVICES, admit

PROVIDER = "oidc.eks.us-east-1.amazonaws.com/id/ABC"
MACHINES = {
    "Effect": "Allow",
    "Principal": {"Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


class Roles:
    """IAM, as far as it is asked."""

    def __init__(self) -> None:
        self.trust: dict[str, Any] = {
            f"gas-test-{name}": {"Version": "2012-10-17", "Statement": [MACHINES]}
            for name in SERVICES
        }

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        return {"Role": {"AssumeRolePolicyDocument": self.trust[RoleName]}}

    def update_assume_role_policy(self, *, RoleName: str, PolicyDocument: str) -> None:  # noqa: N803
        self.trust[RoleName] = json.loads(PolicyDocument)


@pytest.fixture
def roles() -> Roles:
    return Roles()


def test_each_service_account_its_own_role(roles: Roles) -> None:
    assert len(admit(roles, "123456789012", "test", PROVIDER, "gas")) == len(SERVICES)
    for name in SERVICES:
        machines, pods = roles.trust[f"gas-test-{name}"]["Statement"]
        assert machines == MACHINES
        assert pods["Principal"]["Federated"].endswith(f":oidc-provider/{PROVIDER}")
        assert pods["Condition"]["StringEquals"] == {
            f"{PROVIDER}:sub": f"system:serviceaccount:gas:gas-{name}",
            f"{PROVIDER}:aud": "sts.amazonaws.com",
        }


def test_repeated_it_changes_nothing(roles: Roles) -> None:
    admit(roles, "123456789012", "test", PROVIDER, "gas")
    assert admit(roles, "123456789012", "test", PROVIDER, "gas") == []


def test_another_cluster_is_admitted_beside(roles: Roles) -> None:
    admit(roles, "123456789012", "test", PROVIDER, "gas")
    admit(roles, "123456789012", "test", PROVIDER.replace("ABC", "DEF"), "gas")
    assert all(len(trust["Statement"]) == 3 for trust in roles.trust.values())
