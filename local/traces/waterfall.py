"""A trace as a waterfall: a line for each span, a bar where it was in time.

Long times in which nothing happened, such as that in which a person's browser sends a file, are
cut short, so that what happened keeps its width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from local.traces.spans import Span

WIDTH = 1000
"""Of the drawing, in its own units."""
_NARROWEST = 3
_DEEPEST = 8
_LONG_PAUSE = 10**9
_PART_OF_PAUSE = 0.05
"""Of the width that a pause keeps."""


@dataclass(frozen=True)
class Line:
    """A span in its place."""

    span: Span
    depth: int
    x: int
    width: int
    after: float
    """Seconds from the beginning of the trace."""


@dataclass(frozen=True)
class Pause:
    """A time that was cut short."""

    x: int
    seconds: float


@dataclass(frozen=True)
class Waterfall:
    """A trace, ready to be drawn."""

    trace_id: str
    lines: Sequence[Line]
    pauses: Sequence[Pause]

    @property
    def name(self) -> str:
        return self.lines[0].span.name

    @property
    def began(self) -> int:
        return min(line.span.began for line in self.lines)

    @property
    def seconds(self) -> float:
        return (max(line.span.ended for line in self.lines) - self.began) / 1e9

    @property
    def failed(self) -> int:
        return sum(line.span.failed for line in self.lines)

    @property
    def services(self) -> Sequence[str]:
        return sorted({line.span.service for line in self.lines})


def waterfall(spans: Sequence[Span]) -> Waterfall:
    """The drawing of the spans of one trace, of which there is one at least."""
    axis = _Axis(spans)
    began = min(span.began for span in spans)
    lines = []
    for span, depth in _in_order(spans):
        x = axis.at(span.began)
        width = max(_NARROWEST, axis.at(span.ended) - x)
        lines.append(
            Line(
                span,
                min(depth, _DEEPEST),
                min(x, WIDTH - _NARROWEST),
                width,
                (span.began - began) / 1e9,
            )
        )
    return Waterfall(spans[0].trace_id, lines, axis.pauses)


def _in_order(spans: Sequence[Span]) -> list[tuple[Span, int]]:
    """Each span below its parent, those of one parent by time; those without one are roots."""
    known = {span.span_id for span in spans}
    below: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda each: (each.began, each.ended)):
        below.setdefault(span.parent_id if span.parent_id in known else "", []).append(span)
    ordered: list[tuple[Span, int]] = []
    waiting = [(span, 0) for span in reversed(below.pop("", []))]
    while waiting:
        span, depth = waiting.pop()
        ordered.append((span, depth))
        waiting.extend((each, depth + 1) for each in reversed(below.pop(span.span_id, [])))
    # Spans that are each other's parents belong nowhere; they are shown all the same.
    ordered.extend((span, 0) for group in below.values() for span in group)
    return ordered


class _Axis:
    """Where a moment is in the drawing."""

    def __init__(self, spans: Sequence[Span]) -> None:
        busy = _union(spans)
        work = sum(ended - began for began, ended in busy)
        gaps = [later[0] - before[1] for before, later in pairwise(busy)]
        shown = [gap if gap < max(_LONG_PAUSE, work // 4) else None for gap in gaps]
        cut = sum(gap is None for gap in shown)
        rest = WIDTH * max(0.3, 1 - cut * _PART_OF_PAUSE)
        pause = (WIDTH - rest) / cut if cut else 0.0
        scale = rest / max(1, work + sum(gap for gap in shown if gap is not None))
        self._places: list[tuple[int, int, float, float]] = []
        self.pauses: list[Pause] = []
        x = 0.0
        for (began, ended), gap, short in zip(busy, [*gaps, 0], [*shown, 0], strict=True):
            until = x + (ended - began) * scale
            self._places.append((began, ended, x, until))
            x = until + (pause if short is None else short * scale)
            if short is None:
                self.pauses.append(Pause(round(until + pause / 2), gap / 1e9))

    def at(self, moment: int) -> int:
        for began, ended, x, until in self._places:
            if moment <= ended:
                part = (moment - began) / (ended - began) if ended > began else 0.0
                return round(x + (until - x) * max(0.0, part))
        return WIDTH


def _union(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """The times in which anything happened."""
    times: list[tuple[int, int]] = []
    for began, ended in sorted((span.began, span.ended) for span in spans):
        if times and began <= times[-1][1]:
            times[-1] = (times[-1][0], max(times[-1][1], ended))
        else:
            times.append((began, ended))
    return times
