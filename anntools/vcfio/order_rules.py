"""The rules between records: sorted, contigs in one block each, no variant twice (VCF 4.3, 1.6.1).

That no variant comes twice is not in the text of the specification, but its test files refuse it,
also when it is written with other bases around it or together with another ALT.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from anntools.vcfio import rules as r
from anntools.vcfio.rules import Finding, Version

_BASES: Final = re.compile("[ACGTNacgtn]+")
_CONTIGS: Final = 1_000_000  # contigs remembered
_VARIANTS: Final = 100_000  # variants remembered at one place


class OrderRules:
    """Remembers what came before, as little as the rules need."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._contig = ""
        self._pos = -1
        self._left: set[str] = set()
        self._variants: dict[tuple[int, str, str], None] = {}

    def judge(self, columns: list[str]) -> Iterator[Finding]:
        """Breaches of one record against those before it."""
        chrom, pos_text, ref = columns[0], columns[1], columns[3]
        if not pos_text.isdecimal() or len(pos_text) > 10:
            return
        chrom = chrom.removeprefix("<").removesuffix(">")  # <1> of an assembly file and 1 are one
        pos = int(pos_text)
        if chrom != self._contig:
            yield from self._judge_contig(chrom)
        elif pos < self._pos:
            message = f"POS {pos} comes after {self._pos} on {chrom[:40]}."
            yield Finding("not_sorted", message, len(chrom) + 2, r.FIXED, pos_text)
        self._pos = pos
        if _BASES.fullmatch(ref):
            yield from self._judge_variants(columns, pos, ref)

    def _judge_contig(self, chrom: str) -> Iterator[Finding]:
        if chrom in self._left:
            message = f"The records of {chrom[:40]} are not in one block."
            yield Finding("contig_in_pieces", message, 1, r.FIXED, chrom)
        if self._contig and len(self._left) < _CONTIGS:
            self._left.add(self._contig)
        self._contig = chrom
        self._variants.clear()

    def _judge_variants(self, columns: list[str], pos: int, ref: str) -> Iterator[Finding]:
        known = self._variants
        if known and (next(iter(known))[0] < pos or len(known) > _VARIANTS):
            for key in [key for key in known if key[0] < pos]:
                del known[key]
            if len(known) > _VARIANTS:
                known.clear()
        for alt in columns[4].split(","):
            if not _BASES.fullmatch(alt) or alt == ref:
                continue
            key = trimmed(pos, ref.upper(), alt.upper())
            if key in known:
                message = f"The variant {ref[:40]}>{alt[:40]} came before."
                at = sum(map(len, columns[:4])) + 5
                yield Finding("duplicate_variant", message, at, r.FIXED, alt)
            known[key] = None


def trimmed(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """A variant without the bases that REF and ALT share, at the end and then at the begin."""
    end = 0
    while end < min(len(ref), len(alt)) and ref[-1 - end] == alt[-1 - end]:
        end += 1
    ref, alt = ref[: len(ref) - end], alt[: len(alt) - end]
    begin = 0
    while begin < min(len(ref), len(alt)) and ref[begin] == alt[begin]:
        begin += 1
    return pos + begin, ref[begin:], alt[begin:]
