"""Keys that the VCF specification reserves, with the Number and Type it gives them.

Tables "Reserved INFO keys" and "Reserved genotype keys" (VCF 4.3, 1.6.1 and 1.6.2) and the lists
in 1.4.1 and 1.4.2 of VCF 4.1 and 4.2. Where the versions disagree, or where what everybody writes
is not what the table says (SB, MQ), the key is left out, or Number or Type is None: not judged.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Reserved(NamedTuple):
    """What the specification says about a key. ``least``: the smallest value that makes sense."""

    number: str | None
    type: str | None
    since: tuple[int, int] = (4, 1)
    until: tuple[int, int] = (4, 9)
    least: float | None = None


_FLAG: Final = Reserved("0", "Flag")
_COUNT: Final = Reserved("1", "Integer", least=0)
_DEPTHS: Final = Reserved("R", "Integer", since=(4, 3))

INFO: Final = {
    "AA": Reserved("1", "String"),
    "AC": Reserved("A", "Integer", least=0),
    "AD": _DEPTHS,
    "ADF": _DEPTHS,
    "ADR": _DEPTHS,
    "AF": Reserved("A", "Float", least=0),
    "AN": _COUNT,
    "BQ": Reserved("1", "Float"),
    "CIGAR": Reserved("A", "String"),
    "DB": _FLAG,
    "DP": _COUNT,
    "END": _COUNT,
    "H2": _FLAG,
    "H3": _FLAG,
    "MQ": Reserved("1", None),
    "MQ0": _COUNT,
    "NS": _COUNT,
    "SOMATIC": _FLAG,
    "VALIDATED": _FLAG,
    "1000G": _FLAG,
}

FORMAT: Final = {
    "AD": _DEPTHS,
    "ADF": _DEPTHS,
    "ADR": _DEPTHS,
    "DP": Reserved("1", "Integer"),
    "EC": Reserved("A", "Integer"),
    "FT": Reserved("1", "String"),
    "GL": Reserved("G", "Float"),
    "GLE": Reserved("G", "String", until=(4, 2)),
    "GP": Reserved("G", "Float"),
    "GQ": Reserved("1", "Integer"),
    "GT": Reserved("1", "String"),
    "HQ": Reserved("2", "Integer"),
    "MQ": Reserved("1", "Integer"),
    "PL": Reserved("G", "Integer"),
    "PQ": Reserved("1", "Integer"),
    "PS": Reserved("1", "Integer"),
}


def reserved(table: dict[str, Reserved], key: str, version: tuple[int, int]) -> Reserved | None:
    """What the version of the specification says about a key, None if nothing."""
    entry = table.get(key)
    return entry if entry and entry.since <= version <= entry.until else None
