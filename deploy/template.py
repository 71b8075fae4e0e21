"""Reads a CloudFormation template: its YAML with the short forms, and the values of expressions.

Only what our templates use is evaluated: Ref, Fn::Sub, Fn::If, Fn::Equals, Fn::Not.
Anything else is an error, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


class TemplateError(Exception):
    """The template says something that cannot be evaluated here."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with CloudFormation's short forms, `!Ref x` becoming `{"Ref": "x"}`."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TemplateError(f"unexpected YAML after !{suffix}")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


@dataclass(frozen=True)
class Template:
    """A parsed template."""

    body: str
    document: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Template:
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, body: str) -> Template:
        # The loader is a SafeLoader: it builds plain values only.
        return cls(body, yaml.load(body, Loader=_Loader))  # noqa: S506

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        parameters: Mapping[str, Mapping[str, Any]] = self.document.get("Parameters", {})
        return parameters

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        resources: Mapping[str, Mapping[str, Any]] = self.document.get("Resources", {})
        return resources

    def complete(self, given: Mapping[str, str]) -> dict[str, str]:
        """The values of all parameters: the given ones, else the defaults.

        Raises:
            TemplateError: one is missing, or one is not known to the template.
        """
        unknown = sorted(set(given) - set(self.parameters))
        if unknown:
            raise TemplateError(f"the template has no parameter {', '.join(unknown)}")
        values = {}
        for name, declared in self.parameters.items():
            if name in given:
                values[name] = given[name]
            elif "Default" in declared:
                values[name] = str(declared["Default"])
            else:
                raise TemplateError(f"the parameter {name} needs a value")
        return values


@dataclass(frozen=True)
class Evaluator:
    """Evaluates expressions of a deployed template."""

    template: Template
    parameters: Mapping[str, str]
    physical_ids: Mapping[str, str]
    """Logical id to physical id of every resource of the stack."""
    pseudo: Mapping[str, str] = field(default_factory=dict)
    """Such as `AWS::AccountId`."""

    def wanted(self, logical_id: str) -> bool:
        """Whether the resource's condition, if it has one, holds."""
        condition = self.template.resources[logical_id].get("Condition")
        return condition is None or self.condition(condition)

    def condition(self, name: str) -> bool:
        conditions = self.template.document.get("Conditions", {})
        if name not in conditions:
            raise TemplateError(f"the template has no condition {name}")
        return bool(self.value(conditions[name]))

    def value(self, expression: Any) -> Any:
        """The value of an expression, all the way down."""
        if isinstance(expression, list):
            return [v for item in expression if (v := self.value(item)) is not None]
        if not isinstance(expression, dict):
            return expression
        if len(expression) == 1:
            (name, argument), *_ = expression.items()
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](self, argument)
            if name.startswith("Fn::"):
                raise TemplateError(f"{name} is not evaluated here")
        values = {key: self.value(item) for key, item in expression.items()}
        return {key: item for key, item in values.items() if item is not None}

    def _ref(self, name: str) -> str | None:
        if name == "AWS::NoValue":
            return None
        for known in (self.parameters, self.physical_ids, self.pseudo):
            if name in known:
                return known[name]
        raise TemplateError(f"nothing is known of {name}")

    def _sub(self, argument: Any) -> str:
        text, local = argument if isinstance(argument, list) else (argument, {})

        def replace(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in local:
                return str(self.value(local[name]))
            if "." in name:
                raise TemplateError(f"the attribute {name} is not evaluated here")
            return str(self._ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", replace, text)

    def _if(self, argument: list[Any]) -> Any:
        condition, yes, no = argument
        return self.value(yes if self.condition(condition) else no)

    def _equals(self, argument: list[Any]) -> bool:
        left, right = argument
        return bool(self.value(left) == self.value(right))

    def _not(self, argument: list[Any]) -> bool:
        return not self.value(argument[0])


_FUNCTIONS: dict[str, Callable[[Evaluator, Any], Any]] = {
    "Ref": Evaluator._ref,
    "Fn::Sub": Evaluator._sub,
    "Fn::If": Evaluator._if,
    "Fn::Equals": Evaluator._equals,
    "Fn::Not": Evaluator._not,
}
