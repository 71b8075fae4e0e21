"""What ``--overlay`` says: ``NAME=FILE`` or ``NAME=FILE:FIELD,FIELD``. Needs no numpy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"(?:(exact|interval):)?([A-Za-z_][A-Za-z0-9_.]*)=(.+)", re.DOTALL)
ONE_BASED: Final = "1based"


class OverlayProblem(ValueError):
    """An overlay that cannot be used; the message says which, where and why."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay. ``path``: its file; ``more``: further ones, for a FILE with a ``*``.

    ``kind``: ``exact``, ``interval``, or empty when the file decides. ``one_based``: the first
    position of a contig is 1 and ends are included (a pseudo field ``1based``); intervals are read
    as BED and UCSC write them otherwise.
    """

    name: str
    path: Path
    fields: tuple[str, ...] = ()
    kind: str = ""
    one_based: bool = False
    more: tuple[Path, ...] = ()

    @property
    def key(self) -> str:
        """The same overlay has the same key, apart from what is in its file."""
        return "\t".join((self.kind, self.name, *self.fields, str(self.one_based)))


def parse_overlay(text: str) -> Overlay:
    """Take an option apart. Raises OverlayProblem."""
    found = _NAME.fullmatch(text)
    if not found:
        raise OverlayProblem(
            f"--overlay {text}: expected NAME=FILE or NAME=FILE:FIELD,FIELD "
            "with a NAME of letters, digits and underscores"
        )
    kind, name, rest = found[1] or "", found[2], found[3]
    path, listed = Path(rest), ""
    if not path.exists() and ":" in rest:
        left, _, listed = rest.rpartition(":")
        path = Path(left)
    paths = [path]
    if not path.exists() and "*" in path.name:
        paths = sorted(path.parent.glob(path.name)) or paths
    fields = [f.strip() for f in listed.split(",") if f.strip()]
    one_based = ONE_BASED in fields
    wanted = tuple(f for f in fields if f != ONE_BASED)
    return Overlay(name, paths[0], wanted, kind, one_based, tuple(paths[1:]))


def info_key(name: str, field: str = "") -> str:
    """The INFO key of a field: letters, digits, underscores and dots only."""
    return re.sub(r"[^A-Za-z0-9_.]+", "_", f"{name}_{field}" if field else name).strip("_")
