"""The templates rendered as CloudFormation would, with ARNs made of the names they give.

Enough of CloudFormation to read every policy of every role: parameters are given, resources are
called by their names, and an attribute is an ARN.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from deploy.template import Template
from local.paths import REPOSITORY

ACCOUNT, REGION = "123456789012", "eu-central-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::StackName": "gas-test",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/gas-test/1",
}
_NAMES = ("TableName", "BucketName", "QueueName", "TopicName", "FunctionName", "RoleName", "Name")
_NAMES += ("StateMachineName", "LogGroupName", "DBInstanceIdentifier", "AutoScalingGroupName")
_ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{}}-AbCdEf",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
}
_REF_IS_ARN = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::SecretsManager::Secret"}


@dataclass
class Rendered:
    """A template with its parameters."""

    template: Template
    parameters: Mapping[str, str]
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What CloudFormation would make, by logical id."""

    def __post_init__(self) -> None:
        for name, resource in self.template.resources.items():
            condition = resource.get("Condition")
            if condition is None or self.condition(condition):
                self.resources[name] = self.value(resource)

    def condition(self, name: str) -> bool:
        return bool(self.value(self.template.document["Conditions"][name]))

    def value(self, expression: Any) -> Any:
        if isinstance(expression, list):
            return [v for each in expression if (v := self.value(each)) is not None]
        if not isinstance(expression, dict):
            return expression
        if len(expression) == 1:
            (name, argument), *_ = expression.items()
            evaluate = getattr(self, "_" + name.replace("Fn::", "").lower(), None)
            if name == "Ref" or name == "Condition" or name.startswith("Fn::"):
                assert evaluate is not None, f"{name} is not rendered here"
                return evaluate(argument)
        values = {key: self.value(each) for key, each in expression.items()}
        return {key: each for key, each in values.items() if each is not None}

    def _condition(self, name: Any) -> Any:
        return self.condition(name) if isinstance(name, str) else {"Condition": self.value(name)}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return None
        if name in self.parameters:
            value = self.parameters[name]
            kind = self.template.parameters[name]["Type"]
            return value.split(",") if "List" in kind else value
        if name in PSEUDO:
            return PSEUDO[name]
        kind = self.template.resources[name]["Type"]
        return self._getatt([name, "Arn"]) if kind in _REF_IS_ARN else self._name(name)

    def _name(self, logical_id: str) -> str:
        properties = self.template.resources[logical_id].get("Properties", {})
        for key in _NAMES:
            if key in properties:
                return str(self.value(properties[key]))
        return logical_id

    def _getatt(self, argument: list[str]) -> str:
        logical_id, attribute = argument[0], ".".join(argument[1:])
        kind = self.template.resources[logical_id]["Type"]
        if attribute == "Arn" and kind in _ARNS:
            return _ARNS[kind].format(self._name(logical_id))
        return f"{logical_id}.{attribute}"

    def _sub(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})

        def replace(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in own:
                return str(self.value(own[name]))
            return str(self._getatt(name.split(".")) if "." in name else self._ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", replace, text)

    def _if(self, argument: list[Any]) -> Any:
        return self.value(argument[1] if self.condition(argument[0]) else argument[2])

    def _equals(self, argument: list[Any]) -> bool:
        return str(self.value(argument[0])) == str(self.value(argument[1]))

    def _not(self, argument: list[Any]) -> bool:
        return not self.value(argument[0])

    def _and(self, argument: list[Any]) -> bool:
        return all(self.value(each) for each in argument)

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(map(str, self.value(argument[1])))

    def _select(self, argument: list[Any]) -> Any:
        return self.value(argument[1])[int(argument[0])]

    def _getazs(self, argument: Any) -> list[str]:
        return [f"{REGION}{zone}" for zone in "abc"]

    def _cidr(self, argument: list[Any]) -> list[str]:
        import ipaddress

        network, count, bits = (self.value(each) for each in argument)
        subnets = ipaddress.ip_network(network).subnets(new_prefix=32 - int(bits))
        return [str(next(subnets)) for _ in range(int(count))]

    def _base64(self, argument: Any) -> Any:
        return self.value(argument)


@cache
def _read(file: str) -> Template:
    return Template.read(REPOSITORY / "deploy" / f"{file}.yaml")


@cache
def render(file: str, **given: str) -> Rendered:
    """The template `deploy/FILE.yaml` with these parameters; others have their default, or a text
    that says which one it is."""
    template = _read(file)
    made = {
        name: str(declared.get("Default", f"the-{name}"))
        for name, declared in template.parameters.items()
    }
    made |= {"Stage": "test", "InstanceTypes": "a.large,b.large,c.large"}
    return Rendered(template, {**made, **given})
