"""HGVS expectations of other tools: the tables that the tests of the specification print.

These sets come without a genome, so the readable specification is asked instead of the command;
``tests/engine/test_hgvs_twin.py`` holds the kernels equal to it.
"""

from __future__ import annotations

import subprocess
import sys

from tests.conformance import engine

TABLES = {
    "jannovar": "Jannovar, annotation builder tests",
    "biocommons": "biocommons hgvs, gcp tables",
    "pyhgvs": "pyhgvs, names and variants",
    "funcotator": "Funcotator and Oncotator",
}


def printed(name: str) -> str:
    """What the test of one table prints, and whether all differences have their rule."""
    test = f"tests/engine/test_hgvs_{name}.py"
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", test]
    done = subprocess.run(command, cwd=engine.ROOT, capture_output=True, text=True)
    said = [line.strip(". \n") for line in done.stdout.splitlines()]
    lines = [line for line in said if line and " passed" not in line and "PASS" not in line]
    verdict = "every difference has its rule" if done.returncode == 0 else "the test fails"
    return "\n".join([*lines[:60], f"({verdict})"])


def text() -> str:
    """A section for each table."""
    parts = ["## Tables of other tools", __doc__.split("\n\n")[1].replace("\n", " ").strip()]
    for name, label in TABLES.items():
        parts.append(f"**{label}**\n\n```\n{printed(name)}\n```")
    return "\n\n".join(parts) + "\n"
