"""An EC2 auto-scaling group, seen from one of its machines."""

from typing import TYPE_CHECKING

from gas.aws.faults import neighbour

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient


class ScalingGroup:
    """The group `name`, and this machine in it.

    Action: `autoscaling:SetInstanceProtection` on the group.
    """

    def __init__(self, client: "AutoScalingClient", name: str, *, instance_id: str) -> None:
        self._client = client
        self._name = name
        self._instance_id = instance_id

    def protect(self, wanted: bool) -> None:
        """Keep this machine when the group shrinks, or let it go.

        Raises:
            ServiceUnavailable: the group cannot be told now; also while the machine is not yet,
                or no more, in service.
        """
        with neighbour("Auto-scaling"):
            self._client.set_instance_protection(
                AutoScalingGroupName=self._name,
                InstanceIds=[self._instance_id],
                ProtectedFromScaleIn=wanted,
            )
