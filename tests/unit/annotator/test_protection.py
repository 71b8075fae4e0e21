"""The annotator keeps its machine while a job runs."""

from dataclasses import dataclass, field

import boto3
import pytest
from botocore.stub import Stubber

from annotator.protection import Protector
from gas.aws.scaling import ScalingGroup
from gas.errors import ServiceUnavailable


@dataclass
class FakeProtection:
    """Remembers what it was told; `fails` is how often it cannot be."""

    told: list[bool] = field(default_factory=list)
    fails: int = 0

    def protect(self, wanted: bool) -> None:
        if self.fails:
            self.fails -= 1
            raise ServiceUnavailable("away", remedy="later")
        self.told.append(wanted)


@pytest.mark.parametrize(
    ("busy", "told"),
    [
        ([0, 0, 0], [False]),  # also of a machine that was protected before a restart
        ([1, 1, 1], [True]),
        ([0, 1, 0, 0, 0], [False, True, False]),
        ([1, 0, 1, 0, 1], [True]),  # jobs that follow each other cost no calls
    ],
)
def test_the_group_is_told_what_changes(busy: list[int], told: list[bool]) -> None:
    protection, jobs = FakeProtection(), iter(busy)
    protector = Protector(protection, lambda: next(jobs), quiet_looks=2)
    for _ in busy:
        protector.look()
    assert protection.told == told


def test_what_could_not_be_told_is_told_at_the_next_look() -> None:
    protection = FakeProtection(fails=2)
    protector = Protector(protection, lambda: 1)
    for _ in range(4):
        protector.look()
    assert protection.told == [True]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_group_that_does_not_know_the_machine_is_a_fault_that_may_pass(wanted: bool) -> None:
    client = boto3.client(
        "autoscaling",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    group = ScalingGroup(client, "gas-x-annotator", instance_id="i-1")
    request = {
        "AutoScalingGroupName": "gas-x-annotator",
        "InstanceIds": ["i-1"],
        "ProtectedFromScaleIn": wanted,
    }
    with Stubber(client) as stub:
        stub.add_client_error("set_instance_protection", "ValidationError")
        with pytest.raises(ServiceUnavailable):
            group.protect(wanted)
        stub.add_response("set_instance_protection", {}, request)
        group.protect(wanted)
        stub.assert_no_pending_responses()
