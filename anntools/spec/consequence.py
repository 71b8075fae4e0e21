"""What an allele does to a transcript: the rule, written to be read.

This is the specification that ``anntools/kernels`` is held equal to by a property test. It works on
plain strings and sets and makes no attempt to be fast.

The place and the alleles are taken as Ensembl takes them from a VCF: see ``given``. Definitions are
those of the Sequence Ontology as Ensembl applies them; where we depart from VEP,
``docs/engine/divergences.md`` says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from anntools.spec.coding import Coding, coding_terms
from anntools.spec.splice import intron_terms
from anntools.spec.transcript import Pair, Transcript, meets, reverse_complement

Numbers = tuple[int, int, int] | None  # first, last, how many there are


@dataclass
class Effect:
    """The answer: terms, and positions where they are defined. Texts are as CSQ shows them."""

    terms: set[str] = field(default_factory=set)
    distance: int = 0
    spliced: Pair = (None, None)
    coding: Pair = (None, None)
    protein: Pair = (None, None)
    codons: str = ""
    amino_acids: str = ""
    exons: Numbers = None
    introns: Numbers = None


def given(position: int, ref: str, alts: list[str]) -> tuple[int, str, list[str]]:
    """First base of the place, REF and ALTs as Ensembl takes them from a record.

    When an ALT differs in length from REF, a first base that all share is left out; a lone ALT then
    loses what it shares with REF, at the begin, then at the end. Alleles of equal length stay.
    """
    plain = [a for a in alts if "*" not in a]
    if all(len(a) == len(ref) for a in alts):
        return position, ref, alts
    if len({x[0] for x in (ref, *plain)}) == 1:
        position, ref = position + 1, ref[1:]
        alts = [a if "*" in a else a[1:] for a in alts]
    if len(alts) == 1 and plain:
        alt = alts[0]
        while ref and alt and ref[0] == alt[0]:
            position, ref, alt = position + 1, ref[1:], alt[1:]
        while ref and alt and ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
        alts = [alt]
    return position, ref, alts


def consequence(t: Transcript, first: int, ref: str, alt: str) -> Effect:
    """Effect of putting ``alt`` (plus strand) in the place of ``ref`` from base ``first`` on."""
    last = first + len(ref) - 1
    if not meets(first, last, t.first, t.last):
        return outside(t, first, last)
    effect = Effect()
    whole = first <= t.first and last >= t.last
    if whole and len(alt) < len(ref):
        effect.terms = {"transcript_ablation"}
    low, high = min(first, last), max(first, last)
    reach = 12 if t.is_repaired else 0  # an exon and the repair beside it are one
    exonic = any(meets(low, high, a - reach, b + reach) for a, b in t.exons)
    effect.exons, effect.introns = numbers(t, first, last)
    spliced = spliced_place(t, first, last)
    if exonic:
        effect.spliced = spliced
    introns = intron_terms(t, first, last, ref, alt, exonic)
    terms = introns.terms
    if t.coding:
        change = _change(t, spliced, ref, alt)
        if exonic and meets(low, high, *t.coding):
            _show(effect, change)
            in_cds = _touches_cds(t, first, last, introns.in_repair)
            terms |= coding_terms(change, whole, in_cds)
        if exonic and (introns.in_repair or touches_exon(t, first, last)):
            terms |= utr_terms(t, first, last)
        if whole:
            terms.add("coding_transcript_variant")
    elif not whole and any(meets(first, last, a, b) for a, b in t.exons):
        terms.add("non_coding_transcript_exon_variant")
    else:
        terms.add("non_coding_transcript_variant")
    if t.nmd:
        terms.add("NMD_transcript_variant")
    if not terms:  # as when a stop inside the sequence moves: no closer term fits
        coding = effect.coding != (None, None)
        terms = {"coding_sequence_variant" if coding else "coding_transcript_variant"}
    effect.terms = effect.terms or terms
    return effect


def outside(t: Transcript, first: int, last: int) -> Effect:
    """Up- or downstream, and how far."""
    before = last < t.first
    near = max(first, last) if before else min(first, last)
    upstream = before == (t.strand > 0)
    return Effect(
        {"upstream_gene_variant" if upstream else "downstream_gene_variant"},
        t.first - near if before else near - t.last,
    )


def spliced_place(t: Transcript, first: int, last: int) -> Pair:
    """Spliced positions along the strand; an insertion at an exon's edge needs one neighbour."""
    ends = (first, last) if t.strand > 0 else (last, first)
    a, b = t.spliced(ends[0]), t.spliced(ends[1])
    if first == last + 1:
        if a is None and b is not None:
            a = b + 1
        elif b is None and a is not None:
            b = a - 1
    return a, b


def _change(t: Transcript, spliced: Pair, ref: str, alt: str) -> Coding:
    """The change as the coding part sees it; an insertion at its edge is no part of it."""
    a, b = (None if p is None else t.coding_position(p) for p in spliced)
    if not ref and (a is None or b is None):
        a = b = None
    bases = alt if t.strand > 0 else reverse_complement(alt)
    return Coding(t, bases, spliced, (a, b), len(alt) - len(ref))


def _show(effect: Effect, change: Coding) -> None:
    effect.coding = change.coding
    effect.protein = change.protein
    codons, aa = change.codons_shown, change.amino_acids
    if codons is not None:
        effect.codons = f"{codons[0] or '-'}/{codons[1] or '-'}"
    if aa is not None:
        old, new = aa[0] or "-", aa[1] or "-"
        effect.amino_acids = new if old == new else f"{old}/{new}"


def touches_exon(t: Transcript, first: int, last: int) -> bool:
    """A base of an exon is touched, or an insertion lengthens an exon at its edge."""
    low, high = min(first, last), max(first, last)
    return any(meets(low, high, a, b) for a, b in t.exons)


def _touches_cds(t: Transcript, first: int, last: int, in_repair: bool) -> bool:
    """A coding base is touched; an insertion must lie in the coding part, at an exon's edge too."""
    assert t.coding
    a, b = t.coding
    if in_repair:
        return meets(first, last, a, b)
    if first == last + 1:
        return meets(first, last, a, b) and touches_exon(t, first, last)
    return any(meets(first, last, max(a, x), min(b, y)) for x, y in t.exons if x <= b and y >= a)


def utr_terms(t: Transcript, first: int, last: int) -> set[str]:
    """UTR terms of a change that touches an exon of a coding transcript."""
    assert t.coding
    left, right = t.coding
    insertion = first == last + 1
    before = meets(first, last, t.first, left - 1) or (insertion and first == left)
    after = meets(first, last, right + 1, t.last) or (insertion and last == right)
    five, three = (before, after) if t.strand > 0 else (after, before)
    terms = {"5_prime_UTR_variant"} if five else set()
    return terms | ({"3_prime_UTR_variant"} if three else set())


def numbers(t: Transcript, first: int, last: int) -> tuple[Numbers, Numbers]:
    """Exons and introns that are touched, numbered along the strand."""
    exons = [i for i, x in enumerate(t.exons) if meets(first, last, *x)]
    introns = [i for i, (a, b) in enumerate(t.introns) if a <= b and meets(first, last, a, b)]
    n = len(t.exons)
    return _counted(exons, n, t.strand), _counted(introns, n - 1, t.strand)


def _counted(hit: list[int], of: int, strand: int) -> Numbers:
    if not hit:
        return None
    numbers = [i + 1 if strand > 0 else of - i for i in hit]
    return min(numbers), max(numbers), of
