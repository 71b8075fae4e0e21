"""Counted from the services' logs: lines that say by themselves that something is wrong."""

from dataclasses import dataclass
from typing import Any

from deploy.watching.alarm import camel, sub

OWN = "GAS/Services"


@dataclass(frozen=True)
class LogEvent:
    """Lines of a log group that match a pattern, as a metric."""

    metric: str
    group: str
    """With `${Stage}`."""
    pattern: str
    """CloudWatch Logs' filter language for JSON."""
    means: str

    def as_resource(self) -> dict[str, Any]:
        """The resource of the template; one line counts one."""
        return {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": sub(self.group),
                "FilterPattern": self.pattern,
                "MetricTransformations": [
                    {
                        "MetricNamespace": sub(f"{OWN}/${{Stage}}"),
                        "MetricName": self.metric,
                        "MetricValue": "1",
                        "DefaultValue": 0,
                    }
                ],
            },
        }

    @property
    def key(self) -> str:
        """Of the resource in the template."""
        return f"{self.metric}In{camel(self.group.rsplit('/', 1)[-1].replace('gas-${Stage}-', ''))}"


def _is(message: str) -> str:
    return f'{{ $.message = "{message}" }}'


_OUR_FAULTS = ("worker_died", "engine_crashed", "out_of_memory", "time_limit", "input_missing")
_ANNOTATOR = "/gas/${Stage}/annotator"
_DAMAGED = "A file is not what the engine wrote: damage in storage or on the way."

EVENTS = (
    LogEvent("JobsClaimed", _ANNOTATOR, _is("job_claimed"), "Jobs were begun."),
    LogEvent("JobsFailed", _ANNOTATOR, _is("job_failed"), "Jobs failed, whoever is to blame."),
    LogEvent(
        "JobsFailedByUs",
        _ANNOTATOR,
        '{ $.message = "job_failed" && ('
        + " || ".join(f'$.code = "{code}"' for code in _OUR_FAULTS)
        + ") }",
        "Jobs failed by a fault of ours: the engine or its machine died, or its limits are wrong.",
    ),
    LogEvent(
        "SweeperFindings",
        "/aws/lambda/gas-${Stage}-sweep",
        _is("swept"),
        "The sweeper found jobs that fell through: they go on, but a part is in trouble.",
    ),
    LogEvent(
        "DamagedFiles", "/gas/${Stage}/utility", '{ $.message = "original_damaged*" }', _DAMAGED
    ),
    LogEvent("DamagedFiles", "/aws/lambda/gas-${Stage}-restore", _is("archive_damaged"), _DAMAGED),
)
