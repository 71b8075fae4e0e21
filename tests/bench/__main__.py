"""``python -m tests.bench``: how fast the engine is here and now, beside its peers.

    python -m tests.bench [--only ROW,ROW] [--runs N] [--no-human] [--write]
    python -m tests.bench --quick       tiny data, no times asserted: does it run and agree?

Data and packs are made once in build/bench-data (about 10 GB with the human scale).
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench import peers, table
from tests.bench.generate import FULL, HUMAN, QUICK, prepare
from tests.bench.measure import Run, interleaved, machine, run
from tests.bench.packs import Packs
from tests.bench.rows import Bench, Contender, rows
from tests.bench.table import Result

DATA = peers.ROOT / "build" / "bench-data"
REPORT = peers.ROOT / "docs" / "engine" / "bench.md"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny data, checks instead of times")
    parser.add_argument("--only", default="", help="rows, comma-separated; memory is a row too")
    parser.add_argument("--runs", type=int, default=5, help="measured rounds (median)")
    parser.add_argument("--no-human", action="store_true", help="without the human-scale model")
    parser.add_argument("--data", type=Path, default=DATA, help="where data is kept")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    options = parser.parse_args()
    if options.quick:
        quick(options.data)
        return
    wanted = set(filter(None, options.only.split(",")))
    text = measure(options.data, wanted, options.runs, not options.no_human)
    sys.stdout.write(text)
    if options.write:
        REPORT.write_text(text)


def measure(folder: Path, wanted: set[str], times: int, with_human: bool) -> str:
    """The whole report as Markdown."""
    where = machine()
    out = folder / "out"
    data = prepare(folder, FULL)
    out.mkdir(exist_ok=True)
    human_data = prepare(folder, HUMAN) if with_human else None
    bench = Bench(data, Packs(data), out)
    human = Bench(human_data, Packs(human_data), out) if human_data else None
    say("Compiling the kernels …")
    run(peers.anntools("warm"))
    start = interleaved([(*peers.bcftools(), "--version")], max(times, 5))[0].wall
    results = []
    for key, make in rows(bench, human):
        if not wanted or key in wanted:
            row = make()
            say(f"{row.work} …")
            commands = [row.ours.command, *(c.command for c in row.others)]
            results.append(Result(row, interleaved(commands, times), start))
    memory = watch(human or bench) if not wanted or "memory" in wanted else []
    return report(where, times, start, results, memory)


def watch(bench: Bench) -> list[tuple[str, Run]]:
    """Building a pack and annotating with it, with an eye on the memory."""
    say("Memory …")
    scale = bench.data.folder.name
    packs = bench.packs
    measured = [(f"building the {scale} pack", packs.build("genes", packs.path("genes")))]
    small = bench.ours("memory small", "small.vcf.gz", "vcf.gz")
    whole = bench.ours("memory whole", "wgs.vcf.gz", "vcf.gz")
    measured.append((f"1,000 records, {scale} pack", run(small.command, watch=True)))
    measured.append((f"1,000,000 records, {scale} pack", run(whole.command, watch=True)))
    peer = bench.csq("memory", "wgs.vcf.gz", "vcf.gz", "-Oz1")
    measured.append((f"bcftools csq -l, 1,000,000 records, {scale} model", run(peer.command, True)))
    return measured


def report(
    where: str, times: int, start: float, results: Sequence[Result], memory: list[tuple[str, Run]]
) -> str:
    """Markdown of all results."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    versions = ", ".join(f"{name} {version}" for name, version in peers.versions().items())
    parts = [
        "# How fast the engine is",
        "Written by `make bench ARGS=--write`. Peers run in the same run, interleaved with ours, "
        f"one thread each; medians of {times} rounds after one that is not counted. Ratio: the "
        "peer's wall time by ours.",
        f"{today}. {where}. {versions}. bcftools is the library inside PyPI's pysam, run as a "
        f"process of its own; starting it takes {start * 1000:.0f} ms (`--version`), which were "
        "taken off its wall times.",
        "Data: made by `tests/bench/generate` from a seed; 150 Mb genome, 3,000 genes, 20,435 "
        "transcripts; the human scale has 3.1 Gb and 36,000 genes.",
        table.speed_table(results),
        table.size_table(results),
        table.memory_table(memory) if memory else "",
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def quick(folder: Path) -> None:
    """Every row once on tiny data: both tools run and write every record."""
    out = folder / "out"
    data = prepare(folder, QUICK)
    out.mkdir(exist_ok=True)
    bench = Bench(data, Packs(data), out)
    for _, make in rows(bench, None):
        row = make()
        for contender in (row.ours, *row.others):
            run(contender.command)
        counts = {c.name: count(c) for c in (row.ours, *row.others) if c.output}
        if len(set(counts.values())) != 1:
            raise SystemExit(f"{row.work}: different numbers of records: {counts}")
        say(f"{row.work}: {next(iter(counts.values()))} records everywhere")


def count(contender: Contender) -> int:
    """Records in a result."""
    assert contender.output
    opened = gzip.open if contender.output.suffix == ".gz" else open
    with opened(contender.output, "rb") as lines:
        return sum(not line.startswith(b"#") for line in lines)


def say(text: str) -> None:
    """Tell where we are."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
