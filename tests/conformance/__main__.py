"""``python -m tests.conformance``: agreement with every truth set, as one table.

    python -m tests.conformance [--only SET,SET] [--cases NAME,NAME] [--examples FILE] [--write]

Sets: see SETS. Needs ../shared/data beside the repository; packs are built in a temporary folder.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from anntools.version import VERSION
from tests.conformance import engine, haplotypes, others, peers, tables, vep
from tests.conformance.tables import Section

REPORT = engine.ROOT / "docs" / "engine" / "conformance.md"
Runner = Callable[[Path, set[str], int], list[Section]]
SETS: dict[str, Runner] = {
    "vep-genes": vep.genes,
    "vep-real": lambda folder, only, _: vep.real(folder, only),
    "bcftools-cases": lambda folder, only, _: peers.cases(folder, only),
    "bcftools-real": lambda folder, only, _: peers.generated(folder, only),
    "haplotypes": lambda folder, only, _: haplotypes.cohort(folder),
}


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help=f"sets, comma-separated: {', '.join(SETS)}")
    parser.add_argument("--cases", default="", help="cases of a set, comma-separated")
    parser.add_argument("--examples", type=Path, help="write unexplained differences here")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    options = parser.parse_args()
    if not engine.TRUTH.is_dir():
        raise SystemExit(f"The truth is not there: {engine.TRUTH}")
    wanted = [s for s in options.only.split(",") if s] or list(SETS)
    only = {c for c in options.cases.split(",") if c}
    sections: list[Section] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            began = time.monotonic()
            sections += SETS[name](Path(folder), only, options.threads)
            sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    text = report(sections)
    if not options.only:
        text += "\n" + others.text()
    sys.stdout.write(text)
    if options.examples:
        options.examples.write_text(tables.examples(sections) + "\n")
    if options.write:
        REPORT.write_text(text)


def report(sections: list[Section]) -> str:
    """The whole report as Markdown."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    unexplained = sum(line.unexplained for s in sections for line in s.lines.values())
    return (
        "# How right the engine is\n\n"
        f"Written by `make conformance ARGS=--write` on {today} with AnnTools {VERSION}. The "
        "engine runs as a command on packs built from the truth's own sequence and gene model. A "
        "field is counted where either side has a value. A difference is explained when a rule in "
        "`tests/conformance/explain.py` or `explain_bcsq.py` assigns it to a paragraph of "
        "[divergences.md](divergences.md) or of the list in [bcsq.md](bcsq.md); promised are "
        f"shares of equal rows before any explanation. {unexplained:,} differences are not "
        "explained. The last two columns are for `--like vep`, which gives VEP's answers.\n\n"
        + tables.markdown(sections)
    )


if __name__ == "__main__":
    main()
