"""Long texts, cut where they are shown: whole they are in the exports only.

A file may have an ID or an allele of a million letters; a page of them must not be a file itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

SHOWN: Final = 1_000
"""Characters of a value in rows and pages."""
ALONE: Final = 100_000
"""Characters of a value where one variant is asked for, as JSON."""


class Cut(str):
    """The beginning of a text, with `…`."""

    whole: int
    """Characters of the whole."""

    def __new__(cls, start: str, whole: int) -> "Cut":
        """`start`, and how long the whole is."""
        made = super().__new__(cls, f"{start}…")
        made.whole = whole
        return made


def length(text: str) -> int:
    """Characters of the whole text."""
    return text.whole if isinstance(text, Cut) else len(text)


def cut(value: Any, longest: int = SHOWN) -> Any:
    """A value, its texts cut; those of lists and mappings too."""
    if isinstance(value, str):
        kept = longest + isinstance(value, Cut)  # its own `…` is none of them
        return value if len(value) <= kept else Cut(value[:longest], length(value))
    if isinstance(value, Mapping):
        return {name: cut(each, longest) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [cut(each, longest) for each in value]
    return value


def cut_list(values: pa.Array, longest: int) -> list[Any]:
    """Values as Python has them, of texts no more than is kept."""
    if not pa.types.is_string(values.type):
        found: list[Any] = values.to_pylist()
        return found
    starts = pc.utf8_slice_codeunits(values, 0, longest).to_pylist()
    lengths = pc.utf8_length(values).to_pylist()
    return [
        Cut(start, whole) if start is not None and whole > longest else start
        for start, whole in zip(starts, lengths, strict=True)
    ]


def lengths(row: Mapping[str, Any]) -> Mapping[str, int]:
    """By column, how long the values of a row are that were cut."""
    return {name: value.whole for name, value in row.items() if isinstance(value, Cut)}
