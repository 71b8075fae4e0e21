"""Genotypes of a record: who carries each ALT, how often it is there, how many alleles are known.

VCF 4.5, 1.6.2: GT holds allele numbers between ``/`` or ``|`` and may begin with either sign; ``.``
is an allele that is not known. Any ploidy. What is no genotype, or names an allele that the record
does not have, is taken for a genotype of which nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_GENOTYPE: Final = re.compile(r"[/|]?(?:\.|[0-9]+)(?:[/|](?:\.|[0-9]+))*")


class Carriers(NamedTuple):
    """Of one ALT; samples are numbered from 1. ``None`` everywhere: there are no genotypes."""

    het: list[int] | None = None
    hom: list[int] | None = None
    ac: int | None = None
    an: int | None = None


def alleles(gt: str, alts: int) -> list[int | None]:
    """Allele numbers of a genotype, ``None`` for one that is not known; empty if it is none."""
    if not _GENOTYPE.fullmatch(gt):
        return []
    found = [None if x == "." else int(x) for x in re.split(r"[/|]", gt.lstrip("/|"))]
    return [] if any(x is not None and x > alts for x in found) else found


def carriers(form: str, samples: Sequence[str], alts: int) -> list[Carriers]:
    """Who carries each ALT. ``form``: the FORMAT column; ``samples``: those after it."""
    keys = form.split(":")
    if not samples or "GT" not in keys:
        return [Carriers()] * alts
    place = keys.index("GT")
    genotypes = [alleles((x.split(":") + [""] * place)[place], alts) for x in samples]
    called = sum(x is not None for gt in genotypes for x in gt)
    out = []
    for alt in range(1, alts + 1):
        having = [i for i, gt in enumerate(genotypes, 1) if alt in gt]
        hom = [i for i in having if set(genotypes[i - 1]) == {alt}]
        het = [i for i in having if i not in set(hom)]
        out.append(Carriers(het, hom, sum(gt.count(alt) for gt in genotypes), called))
    return out
