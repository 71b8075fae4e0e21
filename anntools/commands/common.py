"""What the subcommands share: exit codes, the parser, and how an error is told."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

from anntools.problems import Problem, UsageProblem

DONE: Final = 0
USAGE: Final = 2
REFUSED: Final = 3
SKIPPED: Final = 4

PACK_HELP: Final = "Reference pack: a name (see `anntools reference list`) or a folder."


class Parser(argparse.ArgumentParser):
    """An option parser whose complaints are problems like all others."""

    def __init__(self, name: str, summary: str, as_json: bool) -> None:
        super().__init__(
            prog=name,
            description=summary[0].upper() + summary[1:] + ".",
            formatter_class=_Help,
            allow_abbrev=False,
            epilog="Exit codes: 0 done; 2 wrong usage; 3 input refused; 4 skipped records under "
            "--strict.",
        )
        self._as_json = as_json

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the call; exit code 2."""
        remedy = f"`{self.prog} --help` tells all options."
        text = message[0].upper() + message[1:] + "."
        sys.exit(fail(USAGE, Problem("usage", text, remedy=remedy), self._as_json))

    def json_option(self, what: str) -> None:
        """Declare ``--json``."""
        self.add_argument("--json", action="store_true", dest="as_json", help=what)


class _Help(argparse.HelpFormatter):
    """Help with room for the names of options; defaults are in the words."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=100)


def fail(code: int, problem: Problem, as_json: bool) -> int:
    """Tell the problem, as JSON on standard output or in words on standard error."""
    if as_json:
        write_json({"problem": problem.to_dict()})
    else:
        place = f"{problem.file}, " if problem.file and problem.line is not None else ""
        sys.stderr.write(f"Error: {place}{problem.sentence()}\n")
    return code


def write_json(data: Any) -> None:
    """One JSON value on one line of standard output."""
    import json

    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def need_folder(path: Path) -> None:
    """Refuse a file whose folder does not exist: most likely its name was mistyped."""
    if not path.parent.is_dir():
        raise UsageProblem(
            f"There is no folder '{path.parent}' for {path.name}. Create it, or correct the name."
        )


def whole(least: int, most: int | None = None) -> Any:
    """An argparse type: a whole number from ``least`` to ``most``."""

    def read(text: str) -> int:
        words = f"a whole number from {least}" + ("" if most is None else f" to {most}")
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{text}' is not {words}") from None
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{value} is not {words}")
        return value

    return read
