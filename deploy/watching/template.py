"""`deploy/watch.yaml` and docs/alarms.md from the declarations."""

from typing import Any

import yaml

from deploy.watching.alarm import Alarm
from deploy.watching.alarms import all_alarms
from deploy.watching.dashboard import body
from deploy.watching.log_events import EVENTS

HEAD = "# Written by `python -m deploy.watching` from deploy/watching; do not edit.\n"


def template() -> dict[str, Any]:
    """The template as a document, in CloudFormation's long forms."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "GAS: alarms, a dashboard, a budget.",
        "Parameters": _parameters(),
        "Conditions": {"HasBudget": {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, 0]}]}},
        "Resources": {
            **_topic(),
            **{event.key: event.as_resource() for event in EVENTS},
            **{alarm.key: alarm.as_resource() for alarm in all_alarms()},
            "Dashboard": {
                "Type": "AWS::CloudWatch::Dashboard",
                "Properties": {
                    "DashboardName": {"Fn::Sub": "gas-${Stage}"},
                    "DashboardBody": body(),
                },
            },
            **_budget(),
        },
        "Outputs": {"AlarmsTopic": {"Value": {"Ref": "AlarmsTopic"}}},
    }


def text() -> str:
    """The file."""
    made: str = yaml.safe_dump(template(), sort_keys=False, width=110, allow_unicode=True)
    return HEAD + made


def _parameters() -> dict[str, Any]:
    def label(about: str) -> dict[str, str]:
        return {"Type": "String", "Description": about}

    return {
        "Stage": {"Type": "String", "AllowedPattern": "[a-z][a-z0-9-]{0,15}"},
        "AlarmEmail": label("Who is told. SNS asks this address to confirm first."),
        "MonthlyBudget": {
            "Type": "Number",
            "Default": 0,
            "MinValue": 0,
            "Description": "US dollars; told at 80 %, at 100 %, when 100 % is forecast. 0: none.",
        },
        "KeyArn": label("The key that encrypts the topic (of base.yaml)."),
        "LoadBalancerLabel": label("Of front.yaml."),
        "WebTargetsLabel": label("Of front.yaml."),
        "DatabaseIdentifier": label("Of database.yaml."),
        "ArchiveResultsMachine": label("ARN, of service.yaml."),
        "WebMost": {"Type": "Number", "Description": "Most of the web fleet."},
        "AnnotatorMost": {"Type": "Number", "Description": "Most of the annotator fleet."},
    }


def _topic() -> dict[str, Any]:
    publish = {
        "Sid": "AlarmsAndBudgets",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]},
        "Action": "sns:Publish",
        "Resource": {"Ref": "AlarmsTopic"},
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    return {
        "AlarmsTopic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {
                "TopicName": {"Fn::Sub": "gas-${Stage}-alarms"},
                "KmsMasterKeyId": {"Ref": "KeyArn"},
                "Subscription": [{"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}],
            },
        },
        "AlarmsTopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "AlarmsTopic"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [publish]},
            },
        },
    }


def _budget() -> dict[str, Any]:
    def told(kind: str, percent: int) -> dict[str, Any]:
        return {
            "Notification": {
                "NotificationType": kind,
                "ComparisonOperator": "GREATER_THAN",
                "Threshold": percent,
                "ThresholdType": "PERCENTAGE",
            },
            "Subscribers": [{"SubscriptionType": "EMAIL", "Address": {"Ref": "AlarmEmail"}}],
        }

    return {
        "Budget": {
            "Type": "AWS::Budgets::Budget",
            "Condition": "HasBudget",
            "Properties": {
                "Budget": {
                    "BudgetName": {"Fn::Sub": "gas-${Stage}"},
                    "BudgetType": "COST",
                    "TimeUnit": "MONTHLY",
                    "BudgetLimit": {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"},
                    "CostFilters": {"TagKeyValue": [{"Fn::Sub": "user:gas-stage$${Stage}"}]},
                },
                "NotificationsWithSubscribers": [
                    told("ACTUAL", 80),
                    told("ACTUAL", 100),
                    told("FORECASTED", 100),
                ],
            },
        }
    }


def page() -> str:
    """docs/alarms.md."""
    rows = [_row(alarm) for alarm in all_alarms()]
    return (
        "# Every alarm, and what to do\n\n"
        "Written by `python -m deploy.watching` from `deploy/watching`, which also writes the\n"
        "template `deploy/watch.yaml`. Names are `gas-STAGE-…`; mails go to the stage's\n"
        "`AlarmEmail`, when an alarm begins and when it is over. The dashboard `gas-STAGE` shows\n"
        "the same metrics. What else an operator does: [runbook.md](runbook.md).\n\n"
        "| alarm | rings when | what it means | what to do |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n\nThe budget of the month (`MonthlyBudget`) tells at 80 % and 100 % of what was "
        "spent, and when\n100 % is forecast; activate the cost allocation tag `gas-stage` once in "
        "the billing console.\n"
    )


def _row(alarm: Alarm) -> str:
    minutes = alarm.minutes * alarm.looks
    return f"| {alarm.name} | {_when(alarm)} for {minutes} min | {alarm.means} | {alarm.do} |"


def _when(alarm: Alarm) -> str:
    if not isinstance(alarm.above, (int, float)):
        return f"{alarm.metric.name} at the fleet's Most"
    unit = " %" if alarm.share_of else ""
    return f"{alarm.metric.name} {'below' if alarm.below else 'above'} {alarm.above:,.4g}{unit}"
