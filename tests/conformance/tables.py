"""Counting agreement and printing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

KEPT = 20  # unexplained differences kept as examples, per line of the table


@dataclass
class Line:
    """Agreement of one field on one truth set."""

    equal: int = 0
    explained: Counter[int | str] = field(default_factory=Counter)
    unexplained: int = 0
    like_rows: int = 0  # the same with ``--like``, where that was run
    like_equal: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All rows compared."""
        return self.equal + self.explained.total() + self.unexplained

    @property
    def rate(self) -> float:
        """Share of equal rows."""
        return self.equal / self.rows if self.rows else 1.0

    @property
    def like_rate(self) -> float:
        """The same with ``--like``."""
        return self.like_equal / self.like_rows if self.like_rows else 1.0

    def differs(self, rule: int | str | None, example: str) -> None:
        """Count a difference: explained by a paragraph of divergences.md, or not."""
        if rule is not None:
            self.explained[rule] += 1
            return
        self.unexplained += 1
        if len(self.examples) < KEPT:
            self.examples.append(example)

    def add(self, other: Line) -> None:
        """Add another count."""
        self.equal += other.equal
        self.explained += other.explained
        self.unexplained += other.unexplained
        self.like_rows += other.like_rows
        self.like_equal += other.like_equal
        self.examples = (self.examples + other.examples)[:KEPT]


@dataclass
class Section:
    """One truth set: a line for each field, in order. ``promised`` are shares by field."""

    title: str
    note: str = ""
    promised: dict[str, float] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)

    def line(self, name: str) -> Line:
        """The line of a field."""
        return self.lines.setdefault(name, Line())

    def add(self, other: Section) -> None:
        """Add another's counts."""
        for name, line in other.lines.items():
            self.line(name).add(line)

    def compared_with(self, like: Section) -> Section:
        """The same section with the counts of another run, with ``--like``, beside its own."""
        for name, line in like.lines.items():
            mine = self.line(name)
            mine.like_rows, mine.like_equal = line.rows, line.equal
        return self


def markdown(sections: Sequence[Section]) -> str:
    """One table for all sections."""
    out = [
        "| truth | field | rows | equal | % | promised | explained (paragraph: rows) | not "
        "| `--like vep`: equal | % |",
        "|---|---|--:|--:|--:|--:|---|--:|--:|--:|",
    ]
    for section in sections:
        title = section.title
        for name, line in section.lines.items():
            promised = section.promised.get(name)
            goal = f"{100 * promised:g}{_reached(line.rate, promised)}" if promised else ""
            like = f"{line.like_equal:,} | {percent(line.like_rate)}" if line.like_rows else " | "
            if line.like_rows and promised:
                like += _reached(line.like_rate, promised)
            explained = ", ".join(
                f"{rule}: {n:,}" for rule, n in sorted(line.explained.items(), key=_in_order)
            )
            out.append(
                f"| {title} | {name} | {line.rows:,} | {line.equal:,} | {percent(line.rate)} "
                f"| {goal} | {explained} | {line.unexplained or ''} | {like} |"
            )
            title = ""
    notes = [f"- {s.title}: {s.note}" for s in sections if s.note]
    return "\n".join([*out, "", *notes]) + "\n"


def _reached(rate: float, promised: float) -> str:
    return " ✓" if rate >= promised else " short"


def _in_order(item: tuple[int | str, int]) -> tuple[str, int]:
    """Numbers by size, then names."""
    rule = item[0]
    return ("", rule) if isinstance(rule, int) else (rule, 0)


def percent(rate: float) -> str:
    """Never rounded up to a hundred."""
    text = f"{100 * rate:.3f}"
    return "99.999" if text == "100.000" and rate < 1 else text


def examples(sections: Sequence[Section]) -> str:
    """The kept unexplained differences, for a person who looks for their cause."""
    out = []
    for section in sections:
        for name, line in section.lines.items():
            out += [f"{section.title}, {name}: {text}" for text in line.examples]
    return "\n".join(out)
