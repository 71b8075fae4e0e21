"""The commands that are compared: ours, bcftools, and SnpEff where it is installed."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Another checkout may be measured with this one's harness.
ENGINE = Path(os.environ.get("BENCH_ENGINE", ROOT))


class PeerMissing(RuntimeError):
    """The peer is not installed."""


@functools.cache
def bcftools() -> tuple[str, ...]:
    """The start of a bcftools command line."""
    spec = importlib.util.find_spec("pysam")
    if spec is None or spec.origin is None:
        raise PeerMissing("pysam, which brings bcftools, is not installed: make install")
    return (
        sys.executable,
        "-I",
        "-S",
        str(HERE / "bcftools.py"),
        str(Path(spec.origin).parent),
    )


def anntools(*arguments: str | Path) -> tuple[str, ...]:
    """Our command line."""
    return (sys.executable, "-m", "anntools", *map(str, arguments))


@functools.cache
def annotate_help() -> str:
    """What our command says it can do."""
    run = subprocess.run(
        anntools("annotate", "--help"), capture_output=True, text=True, cwd=ENGINE, check=True
    )
    return run.stdout


def can(option: str) -> bool:
    """Whether ``anntools annotate`` has an option or names a format."""
    return option in annotate_help()


def versions() -> dict[str, str]:
    """Program -> version, for the table."""
    first = subprocess.run(
        (*bcftools(), "--version"), capture_output=True, text=True, check=True
    ).stdout
    found = {
        "Python": sys.version.split()[0],
        "bcftools": first.splitlines()[0].removeprefix("bcftools "),
    }
    native = shutil.which("bcftools")
    if native:
        text = subprocess.run((native, "--version"), capture_output=True, text=True, check=True)
        found["bcftools of the system"] = text.stdout.splitlines()[0].removeprefix("bcftools ")
    return found
