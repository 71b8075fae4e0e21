"""Turns the outputs of the service stack into the environment of the services.

As a command it prints `NAME=value` lines, ready for an environment file:

    python deploy/stack_env.py STACK_NAME
"""

import re
import sys
from collections.abc import Mapping


def variable_of(output: str) -> str:
    """`JobRequestsQueue` → `GAS_JOB_REQUESTS_QUEUE`."""
    return "GAS_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", output).upper()


def environment_of(outputs: Mapping[str, str]) -> dict[str, str]:
    """The variables for a stack's outputs."""
    return {variable_of(name): value for name, value in outputs.items()}


def main() -> None:
    import boto3

    stack = boto3.client("cloudformation").describe_stacks(StackName=sys.argv[1])["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    for name, value in sorted(environment_of(outputs).items()):
        sys.stdout.write(f"{name}={value}\n")


if __name__ == "__main__":
    main()
