"""The ``anntools`` command: which subcommands there are, and what their endings mean.

Exit codes: 0 done; 2 wrong usage; 3 input refused; 4 done with skipped records under ``--strict``.

Start-up is a feature: only the parser of the subcommand asked for is built, and each subcommand
imports what it needs when it runs.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from anntools.commands.common import REFUSED, USAGE, Parser, fail
from anntools.problems import InputRefused, PackProblem, Problem, UsageProblem
from anntools.version import VERSION

_PIPE_CLOSED: Final = 141  # as a shell reports a program that SIGPIPE ended
_INTERRUPTED: Final = 130

# Subcommand, the module that holds it, one line about it.
COMMANDS: Final = {
    "annotate": ("annotate", "annotate a VCF: consequences, HGVS, overlays, table, receipt"),
    "check": ("check", "diagnose a VCF without annotating it"),
    "explain": ("explain", "say step by step why a variant gets its terms"),
    "export": ("export", "turn a table into TSV, JSON lines or a workbook"),
    "verify": ("verify", "check a result against its receipt, offline"),
    "table describe": ("describe", "the columns of the table: type, unit, meaning, source"),
    "reference build": ("reference_build", "make a reference pack from a FASTA and a gene model"),
    "reference list": ("reference_list", "the reference packs on this machine"),
    "reference install": ("reference_install", "fetch a reference pack by name"),
    "warm": ("warm", "compile the kernels now and say whether the installation is sound"),
}

_HELP: Final = """\
AnnTools {version}: annotate variants against a reference pack.

Usage: anntools COMMAND [OPTIONS]     anntools COMMAND --help tells all options

{commands}

Examples:
  anntools annotate in.vcf.gz -o out.annot.vcf.gz --pack demo --table out.parquet
  anntools explain 20:4680251:A:G --pack demo
  anntools export out.parquet -o out.xlsx
  anntools verify out.receipt.json

Exit codes: 0 done; 2 wrong usage; 3 input refused; 4 done, but with skipped records (--strict).
"""


def main() -> None:
    """Entry point of the command."""
    gc.set_threshold(100_000, 50, 100)  # looking for cycles at every import costs 50 ms
    code = run(sys.argv[1:])
    gc.freeze()  # nor is there anything to look for at the end
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one subcommand; returns its exit code."""
    as_json = "--json" in arguments
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(help_text())
        return 0 if arguments else USAGE
    if arguments[0] == "--version":
        sys.stdout.write(f"anntools {VERSION}\n")
        return 0
    name, rest = _split(arguments)
    if name not in COMMANDS:
        known = ", ".join(c for c in COMMANDS if c.startswith(f"{name} ")) or ", ".join(COMMANDS)
        text = f"There is no command '{name}'."
        return fail(USAGE, Problem("usage", text, remedy=f"Commands: {known}."), as_json)
    module, summary = COMMANDS[name]
    command = import_module(f"anntools.commands.{module}")
    parser = Parser(f"anntools {name}", summary, as_json)
    command.configure(parser)
    try:
        code: int = command.run(parser.parse_args(rest))
    except InputRefused as refusal:
        return fail(REFUSED, refusal.problem, as_json)
    except PackProblem as problem:
        return fail(USAGE, Problem("pack", str(problem)), as_json)
    except UsageProblem as problem:
        return fail(USAGE, Problem("usage", str(problem)), as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at exit
        return _PIPE_CLOSED
    except OSError as error:
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return fail(USAGE, Problem("file_access", text), as_json)
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; nothing was left behind.\n")
        return _INTERRUPTED
    return code


def help_text() -> str:
    """What ``anntools --help`` prints."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {summary}" for name, (_, summary) in COMMANDS.items()]
    return _HELP.format(version=VERSION, commands="\n".join(lines))


def _split(arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The subcommand, of one or two words, and what follows it."""
    pair = " ".join(arguments[:2])
    return (pair, arguments[2:]) if pair in COMMANDS else (arguments[0], arguments[1:])
