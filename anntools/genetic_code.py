"""Genetic codes: NCBI translation tables as arrays of 64 amino-acid letters.

Codons are numbered ``16*first + 4*second + third`` with A=0, C=1, G=2, T=3.
Source of the tables: NCBI, "The Genetic Codes" (transl_table 1 and 2).
"""

from __future__ import annotations

from functools import cache
from typing import Final

# NCBI prints the tables with the bases in the order T, C, A, G.
_NCBI_ORDER: Final = "TCAG"
_NCBI_TABLES: Final = {
    1: "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
    2: "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG",
    11: "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
}
STANDARD: Final = 1
VERTEBRATE_MITOCHONDRIAL: Final = 2

THREE_LETTER: Final = {
    "A": "Ala", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His", "I": "Ile",
    "K": "Lys", "L": "Leu", "M": "Met", "N": "Asn", "P": "Pro", "Q": "Gln", "R": "Arg", "S": "Ser",
    "T": "Thr", "V": "Val", "W": "Trp", "Y": "Tyr", "*": "Ter", "X": "Xaa", "U": "Sec",
}  # fmt: skip


def known(table: int) -> bool:
    """Whether the NCBI table number can be translated here."""
    return table in _NCBI_TABLES


@cache
def codon_table(table: int) -> str:
    """64 one-letter amino acids in the codon numbering of this module. Raises KeyError."""
    letters = _NCBI_TABLES[table]
    return "".join(
        letters[16 * _NCBI_ORDER.index(a) + 4 * _NCBI_ORDER.index(b) + _NCBI_ORDER.index(c)]
        for a in "ACGT"
        for b in "ACGT"
        for c in "ACGT"
    )


def code_rows() -> list[bytes]:
    """32 rows of 64 letters: row *t* is NCBI table *t* (standard code where we have none)."""
    return [codon_table(t if t in _NCBI_TABLES else STANDARD).encode() for t in range(32)]


def translate(sequence: str, table: int = STANDARD) -> str:
    """One letter per codon; X for a codon with an unknown base or an incomplete last codon."""
    letters = codon_table(table)
    out = []
    for i in range(0, len(sequence), 3):
        index = 0
        for base in sequence[i : i + 3]:
            digit = "ACGT".find(base)
            index = -1 if digit < 0 or index < 0 else 4 * index + digit
        out.append("X" if index < 0 or i + 3 > len(sequence) else letters[index])
    return "".join(out)
