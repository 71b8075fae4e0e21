"""``check``: a diagnosis of a VCF, by the rules of the format and, given a pack, by reference."""

from __future__ import annotations

import os
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from anntools.options import Options
from anntools.problems import FIRST_ERROR, REASON_CODES, REASON_WORDS, Problem, UsageProblem
from anntools.vcfio.header import read_header
from anntools.vcfio.reader import STANDARD_INPUT, Source
from anntools.vcfio.validator import Validator


class Diagnosis(NamedTuple):
    """What is wrong with a file. ``faults`` counts by code; ``problems`` are the first ones.

    ``annotated`` and ``skipped`` (by reason) say what a run would make of the records; they are
    None and empty without a pack.
    """

    file: str
    records: int
    annotated: int | None
    skipped: dict[str, int]
    faults: dict[str, int]
    warnings: list[str]
    problems: list[Problem]

    @property
    def errors(self) -> int:
        """How many faults there are."""
        return sum(self.faults.values())

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        problems = [problem.to_dict() for problem in self.problems]
        return self._asdict() | {"problems": problems, "errors": self.errors}

    def lines(self) -> list[str]:
        """In words."""
        lines = [f"{self.file}: {self.records} records."]
        if self.annotated is not None:
            lines = [f"{self.file}: {self.records} records, {self.annotated} can be annotated."]
        for code, count in self.skipped.items():
            kind = "wrong" if REASON_CODES.index(code) >= FIRST_ERROR else "nothing to annotate"
            lines.append(f"  {count}: {REASON_WORDS[code]} ({kind})")
        lines += [f"Note: {warning}" for warning in self.warnings]
        lines += [problem.sentence() for problem in self.problems]
        if self.errors > len(self.problems):
            lines.append(f"... and {self.errors - len(self.problems)} more")
        return [*lines, f"Faults: {self.errors}." if self.errors else "No fault found."]


def check(path: str, pack: str = "", listed: int = 100) -> Diagnosis:
    """Diagnose a file. Raises InputRefused when it cannot be read to its end."""
    source = Source(_existing(path, pack), Path(path).name, Options().max_line)
    chunks = source.lines(Options().chunk_size)
    header, rest = read_header(chunks, source.name)
    validator = Validator(header, source.name, listed=listed)
    line = header.lines + 1
    for chunk in chain([rest] if rest else [], chunks):
        validator.records(chunk, line)
        line += chunk.count(b"\n")
    validator.finish(open_end=source.open_end)
    found = Diagnosis(
        source.name,
        validator.record_count,
        None,
        {},
        dict(validator.counts),
        source.warnings,
        validator.problems,
    )
    return _by_reference(found, path, pack, listed) if pack else found


def _existing(path: str, pack: str) -> Path:
    source = Path(path)
    if pack and (source == STANDARD_INPUT or source.is_fifo()):
        raise UsageProblem("A pipe cannot be read twice; give the file, or leave --pack.")
    if source != STANDARD_INPUT and (not source.exists() or source.is_dir()):
        raise UsageProblem(f"There is no file {source}.")
    return source


def _by_reference(found: Diagnosis, path: str, pack: str, listed: int) -> Diagnosis:
    """With what a run would find; the run's output is thrown away."""
    from anntools.pack import open_pack
    from anntools.run import run
    from anntools.summary import summarise

    opened = open_pack(pack)
    with open(os.devnull, "wb") as nowhere:
        result = run(Path(path), nowhere, False, opened, Options(listed=listed))
    summary = summarise(result.stats, opened)
    skipped: dict[str, int] = summary["skipped"]
    wrong = {code: n for code, n in skipped.items() if REASON_CODES.index(code) >= FIRST_ERROR}
    told = {(p.line, p.code) for p in result.problems}
    problems = [p for p in found.problems if (p.line, p.code) not in told] + result.problems
    problems.sort(key=lambda p: p.line or 0)
    return found._replace(
        annotated=summary["annotated"],
        skipped=skipped,
        faults=found.faults | wrong,
        problems=problems[:listed],
    )
