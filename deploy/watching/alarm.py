"""What an alarm is, and its form in CloudFormation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | Mapping[str, Any]
"""Of CloudFormation: a text, or an expression such as {"Ref": "…"}."""


def sub(text: str) -> dict[str, str]:
    """`!Sub text`."""
    return {"Fn::Sub": text}


@dataclass(frozen=True)
class Metric:
    """A metric of CloudWatch."""

    namespace: str
    name: str
    stat: str
    dimensions: Mapping[str, Value] = field(default_factory=dict)

    @property
    def place(self) -> Value:
        """The namespace, which may hold the stage."""
        return sub(self.namespace) if "${" in self.namespace else self.namespace

    def as_dimensions(self) -> list[dict[str, Value]]:
        return [{"Name": name, "Value": value} for name, value in self.dimensions.items()]


@dataclass(frozen=True)
class Alarm:
    """One alarm: what is looked at, when it rings, what it means, what to do."""

    key: str
    """Of the resource in the template, and the end of the alarm's name in kebab case."""
    means: str
    do: str
    metric: Metric
    above: float | Mapping[str, str]
    """It rings when the metric is larger than this (with `below`: smaller); a parameter of the
    template is a most that is reached, not passed."""
    minutes: int = 5
    """Of one look."""
    looks: int = 1
    """So many looks in a row must be bad."""
    below: bool = False
    missing_is_bad: bool = False
    """Whether a metric that says nothing is bad news."""
    share_of: Metric | None = None
    """If set, what is compared is the metric as a percentage of this one …"""
    at_least: float = 0
    """… where that one reaches this much."""

    @property
    def name(self) -> str:
        """`ThawRequestsAge` → `thaw-requests-age`."""
        kebab = "".join(f"-{c.lower()}" if c.isupper() else c for c in self.key)
        return kebab.strip("-")

    def as_resource(self) -> dict[str, Any]:
        """The resource of the template."""
        properties: dict[str, Any] = {
            "AlarmName": sub(f"gas-${{Stage}}-{self.name}"),
            "AlarmDescription": f"{self.means} {self.do} (docs/alarms.md)",
            "EvaluationPeriods": self.looks,
            "Threshold": self.above,
            "ComparisonOperator": self._operator,
            "TreatMissingData": "breaching" if self.missing_is_bad else "notBreaching",
            "AlarmActions": [{"Ref": "AlarmsTopic"}],
            "OKActions": [{"Ref": "AlarmsTopic"}],
        }
        if self.share_of is None:
            properties |= self._one_metric()
        else:
            properties["Metrics"] = self._percentage(self.share_of)
        return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}

    @property
    def _operator(self) -> str:
        if not isinstance(self.above, (int, float)):
            return "GreaterThanOrEqualToThreshold"
        return "LessThanThreshold" if self.below else "GreaterThanThreshold"

    def _one_metric(self) -> dict[str, Any]:
        stat = "ExtendedStatistic" if self.metric.stat.startswith("p") else "Statistic"
        return {
            "Namespace": self.metric.place,
            "MetricName": self.metric.name,
            stat: self.metric.stat,
            "Dimensions": self.metric.as_dimensions(),
            "Period": self.minutes * 60,
        }

    def _percentage(self, whole: Metric) -> list[dict[str, Any]]:
        wanted = f"IF(whole >= {self.at_least:g}, 100 * FILL(part, 0) / whole, 0)"
        return [
            {"Id": "share", "Expression": wanted, "Label": self.means, "ReturnData": True},
            self._queried("part", self.metric),
            self._queried("whole", whole),
        ]

    def _queried(self, name: str, metric: Metric) -> dict[str, Any]:
        return {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": metric.place,
                    "MetricName": metric.name,
                    "Dimensions": metric.as_dimensions(),
                },
                "Period": self.minutes * 60,
                "Stat": metric.stat,
            },
        }


def camel(name: str) -> str:
    """`thaw-requests` → `ThawRequests`."""
    return "".join(part.capitalize() for part in name.split("-"))
