"""The configuration of the CloudWatch agent: which logs go where, and the disk and the memory.

    python3 agent.py --stage STAGE --fleet FLEET SERVICE... > config.json

Needs nothing but Python: it runs before anything else is installed.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

NAMESPACE = "GAS/Machines"
"""Of the metrics; the only one that the machines may write to (deploy/compute.yaml)."""


def configuration(stage: str, fleet: str, services: Sequence[str]) -> dict[str, Any]:
    """What `amazon-cloudwatch-agent-ctl` is given."""
    files = {f"/var/log/gas/{name}.log": name for name in [*services, "departure"]}
    files["/var/log/gas-install.log"] = "install"
    return {
        "agent": {"metrics_collection_interval": 60, "run_as_user": "root"},
        "logs": {
            "logs_collected": {
                "files": {
                    "collect_list": [
                        {
                            "file_path": path,
                            "log_group_name": f"/gas/{stage}/{fleet}",
                            "log_stream_name": f"{name}/{{instance_id}}",
                            "timezone": "UTC",
                        }
                        for path, name in files.items()
                    ]
                }
            }
        },
        "metrics": {
            "namespace": NAMESPACE,
            "append_dimensions": {"AutoScalingGroupName": "${aws:AutoScalingGroupName}"},
            "aggregation_dimensions": [["AutoScalingGroupName"]],
            "metrics_collected": {
                "disk": {"measurement": ["used_percent"], "resources": ["/"]},
                "mem": {"measurement": ["used_percent"]},
            },
        },
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--fleet", required=True)
    parser.add_argument("services", nargs="+")
    options = parser.parse_args(arguments)
    json.dump(configuration(options.stage, options.fleet, options.services), sys.stdout, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
