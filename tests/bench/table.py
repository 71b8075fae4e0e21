"""The table that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.measure import Run
from tests.bench.rows import Contender, Row


@dataclass(frozen=True)
class Result:
    """A row with its medians: ours first, then the others in the row's order."""

    row: Row
    runs: Sequence[Run]
    start: float

    def wall(self, contender: Contender, run: Run) -> float:
        """Wall time without the cost of starting a peer our way."""
        return max(1e-4, run.wall - (self.start if contender.start else 0))

    def ratios(self) -> list[float]:
        """How many times faster ours is than each other."""
        mine = self.runs[0].wall
        return [self.wall(c, r) / mine for c, r in zip(self.row.others, self.runs[1:], strict=True)]


def speed_table(results: Sequence[Result]) -> str:
    """Markdown: one line for each pair of ours and a peer."""
    lines = [
        "| work | ours: wall, CPU | records/s | peer | wall, CPU | ratio | promised | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        mine = result.runs[0]
        pairs = zip(
            result.row.others, result.runs[1:], result.ratios(), result.row.promised, strict=True
        )
        for i, (other, run, ratio, promised) in enumerate(pairs):
            left = (
                f"| {result.row.work} | {seconds(mine.wall)}, {seconds(mine.cpu)} "
                f"| {result.row.records / mine.wall:,.0f} "
                if i == 0
                else "| | | "
            )
            wall = result.wall(other, run)
            lines.append(
                f"{left}| {other.name} | {seconds(wall)}, {seconds(run.cpu)} "
                f"| {ratio:.2f}x | {promised:g}x | {'✓' if ratio >= promised else 'short'} |"
            )
    notes = [f"- {r.row.work}: {r.row.note}" for r in results if r.row.note]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def size_table(results: Sequence[Result]) -> str:
    """Sizes of compressed results of the same work."""
    lines = ["| compressed result | bytes |", "|---|---|"]
    for result in results:
        if result.row.key == "compressed":
            for c in (result.row.ours, *result.row.others):
                assert c.output
                lines.append(f"| {c.name} | {c.output.stat().st_size:,} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def memory_table(measured: Sequence[tuple[str, Run]]) -> str:
    """Memory of runs."""
    lines = ["| run | wall | CPU | peak RSS | of it anonymous |", "|---|---|---|---|---|"]
    for name, run in measured:
        private = f"{run.private / 1024:,.0f} MiB" if run.private else ""
        lines.append(
            f"| {name} | {run.wall:.1f} s | {run.cpu:.1f} s "
            f"| {run.peak / 1024:,.0f} MiB | {private} |"
        )
    return "\n".join(lines)


def seconds(value: float) -> str:
    """Three digits that matter."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
