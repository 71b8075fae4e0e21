"""The dashboard: what people see, what waits, what runs, what it costs the neighbours."""

import json
from collections.abc import Sequence
from typing import Any

from deploy.watching.alarm import sub
from deploy.watching.alarms import FUNCTIONS, QUEUES
from deploy.watching.log_events import OWN

_WIDTH, _HEIGHT = 8, 6
_COLUMNS = 3

Series = Sequence[Any]


def body() -> dict[str, Any]:
    """The DashboardBody, an expression: stage, region and labels are put in by CloudFormation."""
    graphs = [
        _graph("Requests and errors", _front("RequestCount", "HTTPCode_Target_5XX_Count")),
        _graph("How long answers take (p50, p95, p99)", _latency(), stat="p95"),
        _graph("Machines", _machines()),
        _graph("Jobs", [[f"{OWN}/${{Stage}}", name] for name in _JOBS]),
        _graph("Waiting messages", _queues("ApproximateNumberOfMessagesVisible"), stat="Maximum"),
        _graph("Oldest message, seconds", _queues("ApproximateAgeOfOldestMessage"), stat="Maximum"),
        _graph("Dead letters", _dead(), stat="Maximum"),
        _graph("Functions that failed", _functions("Errors")),
        _graph("Functions at once", _functions("ConcurrentExecutions"), stat="Maximum"),
        _graph("Accounts database", _database(), stat="Average"),
        _graph("Jobs table", _table()),
        _graph("Disks, percent", _disks(), stat="Maximum"),
    ]
    widgets = [
        {
            "type": "metric",
            "x": _WIDTH * (number % _COLUMNS),
            "y": _HEIGHT * (number // _COLUMNS),
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": graph,
        }
        for number, graph in enumerate(graphs)
    ]
    return sub(json.dumps({"widgets": widgets}))


_JOBS = ("JobsClaimed", "JobsFailed", "JobsFailedByUs", "SweeperFindings")


def _graph(title: str, metrics: Series, *, stat: str = "Sum") -> dict[str, Any]:
    return {
        "title": title,
        "metrics": metrics,
        "stat": stat,
        "period": 60,
        "region": "${AWS::Region}",
        "view": "timeSeries",
    }


def _front(*names: str) -> Series:
    return [["AWS/ApplicationELB", n, "LoadBalancer", "${LoadBalancerLabel}"] for n in names]


def _latency() -> Series:
    place = ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", "${LoadBalancerLabel}"]
    return [[*place, {"stat": stat}] for stat in ("p50", "p95", "p99")]


def _machines() -> Series:
    return [
        [
            "AWS/AutoScaling",
            "GroupInServiceInstances",
            "AutoScalingGroupName",
            f"gas-${{Stage}}-{f}",
        ]
        for f in ("web", "annotator", "utility")
    ]


def _queues(metric: str) -> Series:
    return [["AWS/SQS", metric, "QueueName", f"gas-${{Stage}}-{queue}"] for queue in QUEUES]


def _dead() -> Series:
    name = "ApproximateNumberOfMessagesVisible"
    return [["AWS/SQS", name, "QueueName", f"gas-${{Stage}}-{queue}-dead"] for queue in QUEUES]


def _functions(metric: str) -> Series:
    return [["AWS/Lambda", metric, "FunctionName", f"gas-${{Stage}}-{f}"] for f in FUNCTIONS]


def _database() -> Series:
    names = ("CPUUtilization", "DatabaseConnections")
    return [["AWS/RDS", n, "DBInstanceIdentifier", "${DatabaseIdentifier}"] for n in names]


def _table() -> Series:
    names = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
    return [["AWS/DynamoDB", n, "TableName", "gas-${Stage}-annotations"] for n in names]


def _disks() -> Series:
    place = ["GAS/Machines", "disk_used_percent", "AutoScalingGroupName"]
    return [[*place, f"gas-${{Stage}}-{fleet}"] for fleet in ("web", "annotator", "utility")]
