"""``check``: a diagnosis of a VCF. The pass is that of a run; what it writes is thrown away."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from anntools.options import Options
from anntools.pack import open_pack
from anntools.problems import FIRST_ERROR, REASON_CODES, REASON_WORDS, Problem, UsageProblem
from anntools.run import run
from anntools.summary import summarise


class Diagnosis(NamedTuple):
    """What is wrong with a file, and what of it would be annotated."""

    file: str
    records: int
    annotated: int
    skipped: dict[str, int]
    errors: int
    warnings: list[str]
    problems: list[Problem]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return self._asdict() | {"problems": [p.to_dict() for p in self.problems]}

    def lines(self) -> list[str]:
        """In words."""
        lines = [f"{self.file}: {self.records} records, {self.annotated} can be annotated."]
        for code, count in self.skipped.items():
            kind = "wrong" if REASON_CODES.index(code) >= FIRST_ERROR else "nothing to annotate"
            lines.append(f"  {count}: {REASON_WORDS[code]} ({kind})")
        lines += [f"Note: {warning}" for warning in self.warnings]
        lines += [p.sentence() for p in self.problems]
        if self.errors > len(self.problems):
            lines.append(f"... and {self.errors - len(self.problems)} more")
        return [*lines, "No fault found." if not self.errors else f"Faulty records: {self.errors}."]


def check(path: str, pack: str, listed: int = 100) -> Diagnosis:
    """Diagnose a file. Raises InputRefused when it cannot be read to its end."""
    source = Path(path)
    if not source.is_file():
        raise UsageProblem(f"There is no file {source}.")
    opened = open_pack(pack)
    with open(os.devnull, "wb") as nowhere:
        result = run(source, nowhere, False, opened, Options(listed=listed))
    summary = summarise(result.stats, opened)
    skipped: dict[str, int] = summary["skipped"]
    return Diagnosis(
        source.name,
        summary["records"],
        summary["annotated"],
        skipped,
        sum(n for code, n in skipped.items() if REASON_CODES.index(code) >= FIRST_ERROR),
        result.warnings,
        result.problems,
    )
