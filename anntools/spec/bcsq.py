"""The entries of BCSQ for one record by itself: ``bcftools csq -l``.

docs/engine/bcsq.md states the rules in words. Where an allele lies is judged by ``csq_place``, what
it does to the protein by ``csq_coding``; ``csq_entry`` joins what says the same. ``haplotype`` puts
the alleles of several records together and uses the same parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from anntools.spec.csq_coding import edit, outcome
from anntools.spec.csq_entry import SPLICE, Entries, Entry
from anntools.spec.csq_model import Model
from anntools.spec.csq_place import (
    REGION,
    Allele,
    Found,
    Kind,
    Stretch,
    allele,
    overlaps,
    place,
    stretch_of_part,
)


def local(models: Sequence[Model], position: int, ref: str, alts: Sequence[str]) -> Entries:
    """BCSQ of one record by itself. models: the transcripts of its contig that may be near."""
    out = Entries()
    if alts[0][:4].upper() in ("<INS", "<DEL"):
        symbolic(models, position, alts[0], out)
        return out
    hit = False
    alleles = [(n, allele(position, ref, a)) for n, a in enumerate(alts, 1) if plain(a)]
    for model, number, at in coding_parts(models, position, ref):
        hit = True
        for n, a in alleles:
            found = place(a, at)
            stage(out, model, found, n)
            if found.inside:
                change = edit(a, n, number, at, found)
                o = outcome(model, [change], 0, change.growth, local=True)
                out.push(Entry(model, o.terms, n, o.change, incomplete=o.incomplete))
    beside(models, position, ref, alleles, out, hit)
    return out


def symbolic(models: Sequence[Model], position: int, alt: str, out: Entries) -> None:
    """``<INS…>`` and ``<DEL…>``: terms of the base after POS, nothing of the sequence."""
    size = "feature_elongation" if alt[1:4].upper() == "INS" else "feature_truncation"
    at = position + 1
    for model in models:
        if model.is_coding and any(s <= at <= e for s, e in model.parts):
            out.push(Entry(model, {"coding_sequence", size}, 1))
    for model in models:
        for (s, e), term in model.untranslated:
            if s <= at <= e:
                out.push(Entry(model, {term, size}, 1))
    inserted = Allele(position, "N", alt, Kind.INSERTION, position - 1, position + 1)
    _splice(models, position, "N", [(1, inserted)], out, {size})
    if not out.found:
        for model in models:
            if model.first <= at <= model.last:
                out.push(Entry(model, {"intron" if model.is_coding else "non_coding", size}, 1))


def plain(alt: str) -> bool:
    """An ALT of bases."""
    return bool(alt) and alt[0] not in "<*.[]" and "[" not in alt and "]" not in alt


def coding_parts(
    models: Iterable[Model], position: int, ref: str
) -> Iterator[tuple[Model, int, Stretch]]:
    """Coding parts that a record meets."""
    for model in models:
        if model.is_coding:
            for number, part in enumerate(model.parts):
                if overlaps(part, position, ref):
                    yield model, number, stretch_of_part(model, number)


def stage(out: Entries, model: Model, found: Found, number: int) -> bool:
    """Entries of the terms by position; whether there were any."""
    for term in sorted(found.beside):
        out.push(Entry(model, {term}, number))
    if found.terms:
        out.push(Entry(model, set(found.terms), number))
    return bool(found.terms or found.beside)


def beside(
    models: Sequence[Model],
    position: int,
    ref: str,
    alleles: Sequence[tuple[int, Allele]],
    out: Entries,
    hit: bool,
) -> None:
    """Untranslated regions, splice sites; and if nothing was hit at all, introns and other RNA."""
    for model in models:
        for interval, term in model.untranslated:
            if overlaps(interval, position, ref):
                for n, a in alleles:
                    if place(a, Stretch(model, *interval)).touches:
                        out.push(Entry(model, {term}, n))
                        hit = True
    hit |= _splice(models, position, ref, alleles, out, set())
    if hit:
        return
    for model in models:
        if overlaps((model.first, model.last), position, ref):
            for n, a in alleles:
                if place(a, Stretch(model, model.first, model.last)).touches:
                    term = "intron" if model.is_coding else "non_coding"
                    out.push(Entry(model, {term}, n))


def _splice(
    models: Sequence[Model],
    position: int,
    ref: str,
    alleles: Sequence[tuple[int, Allele]],
    out: Entries,
    more: set[str],
) -> bool:
    """Splice terms of all exons of transcripts that code; whether there were any."""
    hit = False
    for model in models:
        for exon in model.exons if model.coding else ():
            if not overlaps((exon[0] - REGION, exon[1] + REGION), position, ref):
                continue
            inner = exon[0] != model.first, exon[1] != model.last
            at = Stretch(model, *exon, inner_left=inner[0], inner_right=inner[1], splice=True)
            for n, a in alleles:
                found = place(a, at)
                found.terms &= SPLICE
                found.terms |= more if found.terms else set()
                hit |= stage(out, model, found, n)
    return hit
