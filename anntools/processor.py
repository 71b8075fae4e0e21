"""Which processor the kernels are compiled for: this machine's own, or a level that many have.

``ANNTOOLS_CPU`` names a level of the x86-64 psABI (``x86-64-v3``), so that an image compiled on
one machine holds what runs on another. Without it, or where this machine lacks what the level
asks for, the kernels are compiled for this machine, as everywhere else.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from typing import Final

_V2: Final = frozenset({"cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"})
_V3: Final = _V2 | {"abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"}
LEVELS: Final = {"x86-64-v2": _V2, "x86-64-v3": _V3}
"""What each level asks for, as Linux calls it in /proc/cpuinfo (abm holds lzcnt)."""


class UnknownLevel(ValueError):
    """``ANNTOOLS_CPU`` names none of `LEVELS`."""


@cache
def level() -> str:
    """The level to compile for; empty: for this machine's processor.

    Raises
    ------
    UnknownLevel
    """
    named = os.environ.get("ANNTOOLS_CPU", "")
    if not named:
        return ""
    if named not in LEVELS:
        raise UnknownLevel(f"ANNTOOLS_CPU is {named!r}; there are {', '.join(LEVELS)}")
    return named if flags() >= LEVELS[named] else ""


def flags() -> frozenset[str]:
    """The abilities of this machine's processor; none where Linux does not tell."""
    for line in described():
        if line.startswith("flags"):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def described() -> list[str]:
    """Name and abilities of the first processor, a line each; none where Linux does not tell."""
    wanted = ("model name", "flags", "CPU implementer", "CPU part", "Features")
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as text:
        first = text.read(1 << 14).partition("\n\n")[0]
        return [line for line in first.split("\n") if line.startswith(wanted)]
    return []
