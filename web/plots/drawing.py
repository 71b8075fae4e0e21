"""Where the marks of a plot go: plain geometry in the user units of its SVG.

The drawings are `WIDTH` units wide and grow with the column they stand in, which is 300 to 480
pixels, so that their letters stay readable on a phone and do not become huge on a wide screen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from web.plots.model import Form, Mark, Plot

WIDTH = 380

ROW = 25
"""Height of a lying bar with the space around it."""
BAR = 15

_LABELS = 148
"""Width of the names before lying bars."""
_COUNTS = 62
"""Room for the number behind the longest bar."""
_AXIS = 40
"""Width of the numbers beside standing bars."""
_COLUMNS_HEIGHT = 150
_FOOT = 22
_FOOT_TITLE = 18
_HEAD = 10
_LETTER = 6.4
"""Width of a letter or digit below standing bars; between two names there is one more."""


@dataclass(frozen=True)
class Shape:
    """A mark where it is drawn; `hit` is the x, y, width and height that answer to the pointer."""

    mark: Mark
    x: float
    y: float
    width: float
    height: float
    hit: tuple[float, float, float, float]
    label: tuple[float, float] | None = None
    count: tuple[float, float] | None = None


@dataclass(frozen=True)
class Tick:
    """A line across and its number."""

    at: float
    text: str


@dataclass(frozen=True)
class Drawing:
    """A plot that is ready to be written as SVG."""

    height: float
    shapes: Sequence[Shape]
    ticks: Sequence[Tick] = ()
    base: float | None = None
    """Where standing bars stand."""
    left: float = 0.0
    width: float = WIDTH


def draw(plot: Plot) -> Drawing:
    """The geometry of a plot."""
    return {Form.BARS: _bars, Form.COLUMNS: _columns, Form.SHARES: _shares}[plot.form](plot)


def _bars(plot: Plot) -> Drawing:
    longest = max((mark.count for mark in plot.marks), default=1)
    room = WIDTH - _LABELS - _COUNTS
    shapes = []
    for number, mark in enumerate(plot.marks):
        top = number * ROW
        width = _visible(room * mark.count / max(longest, 1), mark.count)
        shapes.append(
            Shape(
                mark=mark,
                x=_LABELS,
                y=top + (ROW - BAR) / 2,
                width=width,
                height=BAR,
                hit=(0, top, WIDTH, ROW),
                label=(0, top + ROW / 2),
                count=(round(_LABELS + width + 7, 1), top + ROW / 2),
            )
        )
    return Drawing(len(plot.marks) * ROW, shapes)


def _columns(plot: Plot) -> Drawing:
    tallest = max((mark.count for mark in plot.marks), default=1)
    step = nice_step(tallest)
    top_value = step * math.ceil(tallest / step)
    base = _HEAD + _COLUMNS_HEIGHT
    slot = (WIDTH - _AXIS) / max(len(plot.marks), 1)
    width = min(slot * 0.78, 46)
    names = [number for number, mark in enumerate(plot.marks) if mark.label]
    longest = max((len(plot.marks[number].label) for number in names), default=0)
    fit = max(2, int((WIDTH - _AXIS) / ((longest + 1) * _LETTER)))
    named = frozenset(names[:: math.ceil(len(names) / fit) or 1])
    shapes = []
    for number, mark in enumerate(plot.marks):
        left = _AXIS + number * slot
        height = _visible(_COLUMNS_HEIGHT * mark.count / top_value, mark.count)
        shapes.append(
            Shape(
                mark=mark,
                x=round(left + (slot - width) / 2, 1),
                y=round(base - height, 1),
                width=round(width, 1),
                height=height,
                hit=(round(left, 1), _HEAD, round(slot, 1), _COLUMNS_HEIGHT + _FOOT),
                label=(round(left + slot / 2, 1), base + 15) if number in named else None,
            )
        )
    values = [step * n for n in range(round(top_value / step) + 1)]
    ticks = [Tick(base - _COLUMNS_HEIGHT * value / top_value, compact(value)) for value in values]
    return Drawing(base + _FOOT + (_FOOT_TITLE if plot.axis else 0), shapes, ticks, base, _AXIS)


def _shares(plot: Plot) -> Drawing:
    total = sum(mark.count for mark in plot.marks)
    shapes, left = [], 0.0
    for number, mark in enumerate(plot.marks):
        width = (WIDTH - 2 * (len(plot.marks) - 1)) * mark.count / max(total, 1)
        shapes.append(
            Shape(
                mark=mark,
                x=round(left, 1),
                y=4,
                width=round(width, 1),
                height=26,
                hit=(round(left, 1), 0, round(width, 1), 34),
                label=(0, 54 + number * 20),
                count=(WIDTH, 54 + number * 20),
            )
        )
        left += width + 2
    return Drawing(46 + 20 * len(plot.marks), shapes)


def nice_step(largest: int) -> int:
    """Distance between the lines of an axis: 1, 2 or 5 times a power of ten; three to six lines."""
    rough = max(largest, 1) / 4
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    return max(1, next(int(n * power) for n in (1, 2, 5, 10) if n * power >= rough))


def compact(number: int) -> str:
    """`950`, `12k`, `2.5k`, `1.2M`: numbers for the side of an axis."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + unit
    return str(number)


def _visible(length: float, count: int) -> float:
    """The length of a bar; what is there at all can be seen."""
    return round(max(length, 1.5), 1) if count else 0.0
