"""What a plot shows, before it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Form(StrEnum):
    """How a plot is drawn."""

    BARS = "bars"
    """Lying bars, a name before each: for categories."""
    COLUMNS = "columns"
    """Standing bars above an axis: for what has an order."""
    SHARES = "shares"
    """One bar cut into its parts: for a whole of two or three."""


@dataclass(frozen=True)
class Mark:
    """One bar of a plot."""

    label: str
    count: int
    tone: str = "plain"
    """Which colour of explore.css: an impact, `plain`, `second`, `quiet`."""
    full: str = ""
    """The label in full, where the drawn one is shortened."""
    href: str | None = None
    """Where a click leads: the table, filtered for it."""

    @property
    def name(self) -> str:
        """The label in full."""
        return self.full or self.label


@dataclass(frozen=True)
class Plot:
    """A plot with its words. The marks are also the rows of the table behind it."""

    key: str
    """Part of an id and of the name of an exported file."""
    title: str
    sentence: str
    """What it says, in one sentence."""
    form: Form
    head: str
    """What a label is: head of the table's first column."""
    counted: str
    """What is counted: head of its second column."""
    marks: Sequence[Mark]
    axis: str = ""
    """Title of the axis below, of columns."""


@dataclass(frozen=True)
class Missing:
    """A plot that cannot be drawn, and why."""

    title: str
    why: str


@dataclass(frozen=True)
class Figure:
    """A number worth standing alone."""

    label: str
    value: str
    hint: str = ""
    help: str = ""
    """The label explained, for whoever rests on it."""


@dataclass(frozen=True)
class Overview:
    """All that the summary of a result shows."""

    figures: Sequence[Figure] = ()
    plots: Sequence[Plot] = ()
    missing: Sequence[Missing] = field(default_factory=tuple)
