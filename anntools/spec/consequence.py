"""What an allele does to a transcript: the rule, written to be read.

This is the specification that ``anntools/kernels`` is held equal to by a property test. It works on
plain strings and sets and makes no attempt to be fast.

Terms used. *Place*: 1-based first and last changed base on the plus strand; an insertion has
``first = last + 1`` and lies between the two. *Spliced position*: 1-based position in the
transcript, along its strand. *Coding position*: the same, counted from the first coding base,
plus the bases that a 5'-incomplete coding sequence lacks in its first codon (``pad``).

Definitions are those of the Sequence Ontology as Ensembl applies them; where we depart from VEP,
``docs/engine/divergences.md`` says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from anntools.genetic_code import translate
from anntools.spec.transcript import Transcript, reverse_complement

FRAMESHIFT_INTRON = 12


@dataclass
class Effect:
    """The answer: terms, and positions where they are defined."""

    terms: set[str] = field(default_factory=set)
    distance: int = 0
    spliced: tuple[int | None, int | None] = (None, None)
    coding: tuple[int | None, int | None] = (None, None)


def consequence(t: Transcript, first: int, last: int, alt: str) -> Effect:
    """Effect of putting ``alt`` (plus strand) in the place ``first..last``."""
    effect = Effect()
    if not _meets(first, last, t.first, t.last):
        before = last < t.first
        near = max(first, last) if before else min(first, last)
        effect.distance = t.first - near if before else near - t.last
        upstream = before == (t.strand > 0)
        effect.terms = {"upstream_gene_variant" if upstream else "downstream_gene_variant"}
        return effect
    if first <= t.first and last >= t.last and not alt:
        effect.terms = {"transcript_ablation"}
        return effect
    effect.spliced = _spliced_place(t, first, last)
    if t.coding:
        effect.coding = _coding_place(t, effect.spliced)
    terms = _intron_terms(t, first, last)
    if _in_exon(t, first, last, effect.spliced):
        if t.coding:
            terms |= _utr_terms(t, first, last)
            terms |= _coding_terms(t, first, last, alt, effect)
        else:
            terms.add("non_coding_transcript_exon_variant")
    elif not t.coding:
        terms.add("non_coding_transcript_variant")
    if not terms:
        terms.add("coding_transcript_variant" if t.coding else "non_coding_transcript_variant")
    if t.coding and t.nmd:
        terms.add("NMD_transcript_variant")
    effect.terms = terms
    return effect


def _meets(a1: int, a2: int, b1: int, b2: int) -> bool:
    return a1 <= b2 and a2 >= b1


def _introns(t: Transcript) -> list[tuple[int, int]]:
    return [(b + 1, a - 1) for (_, b), (a, _) in zip(t.exons, t.exons[1:], strict=False)]


def _is_repair(intron: tuple[int, int]) -> bool:
    """Whether an "intron" is so short that it repairs a frame instead of being spliced."""
    return intron[1] - intron[0] <= FRAMESHIFT_INTRON


def _in_exon(t: Transcript, first: int, last: int, spliced: tuple[int | None, int | None]) -> bool:
    """An exon is touched; a repair intron is; or an insertion lengthens an exon at its edge."""
    if any(_meets(first, last, a, b) for a, b in t.exons):
        return True
    if any(_is_repair(i) and _meets(first, last, *i) for i in _introns(t)):
        return True
    return first == last + 1 and None not in spliced


def _intron_terms(t: Transcript, first: int, last: int) -> set[str]:
    terms: set[str] = set()
    for intron in _introns(t):
        if not _is_repair(intron):
            terms |= _splice(t.strand > 0, first, last, *intron)
    louder = {
        "splice_donor_variant",
        "splice_acceptor_variant",
        "splice_donor_5th_base_variant",
        "splice_donor_region_variant",
    }
    if terms & louder:
        terms.discard("splice_region_variant")
    return terms


def _splice(plus: bool, first: int, last: int, a: int, b: int) -> set[str]:
    """Terms of one intron ``a..b``, told along the strand: base +1 is the first of the intron."""

    def touches(from_: int, to: int) -> bool:
        """Bases +from..+to, or -from..-to counted from the end of the intron (-1 its last base)."""
        if plus:
            span = (a + from_ - 1, a + to - 1) if from_ > 0 else (b + from_ + 1, b + to + 1)
        else:
            span = (b - to + 1, b - from_ + 1) if from_ > 0 else (a - to - 1, a - from_ - 1)
        return _meets(first, last, *span)

    insertion = first == last + 1
    outer = {a, a + 2} if insertion else set()
    terms = set()
    if touches(1, 2):
        terms.add("splice_donor_variant")
    if touches(-2, -1):
        terms.add("splice_acceptor_variant")
    if touches(5, 5):
        terms.add("splice_donor_5th_base_variant")
    elif touches(3, 6):
        terms.add("splice_donor_region_variant")
    reaches_exon = last > b if plus else first < a
    after_acceptor = insertion and (last == b - 2 if plus else first == a + 2)
    if (touches(-17, -3) or after_acceptor) and not reaches_exon:
        terms.add("splice_polypyrimidine_tract_variant")
    inner = insertion and (first == a + 2 or last == b - 2)
    if _meets(first, last, a + 2, b - 2) or inner:
        terms.add("intron_variant")
    exonic = _meets(first, last, a - 3, a - 1) or _meets(first, last, b + 1, b + 3)
    intronic = _meets(first, last, a + 2, a + 7) or _meets(first, last, b - 7, b - 2)
    edge = insertion and (first in outer or last in (b, b - 2))
    if exonic or intronic or edge:
        terms.add("splice_region_variant")
    return terms


def _spliced_place(t: Transcript, first: int, last: int) -> tuple[int | None, int | None]:
    """Spliced positions along the strand; an insertion at an exon's edge needs one neighbour."""
    ends = (first, last) if t.strand > 0 else (last, first)
    a, b = t.spliced(ends[0]), t.spliced(ends[1])
    if first == last + 1:
        if a is None and b is not None:
            a = b + 1
        elif b is None and a is not None:
            b = a - 1
    return a, b


def _coding_place(
    t: Transcript, spliced: tuple[int | None, int | None]
) -> tuple[int | None, int | None]:
    begin, end = t.coding_span()
    inside = [
        p - begin + 1 + t.pad if p is not None and begin <= p <= end else None for p in spliced
    ]
    return inside[0], inside[1]


def _utr_terms(t: Transcript, first: int, last: int) -> set[str]:
    assert t.coding
    left, right = t.coding
    insertion = first == last + 1
    before = _meets(first, last, t.first, left - 1) or (insertion and first == left)
    after = _meets(first, last, right + 1, t.last) or (insertion and last == right)
    five, three = (before, after) if t.strand > 0 else (after, before)
    terms = {"5_prime_UTR_variant"} if five else set()
    return terms | ({"3_prime_UTR_variant"} if three else set())


def _coding_terms(t: Transcript, first: int, last: int, alt: str, effect: Effect) -> set[str]:
    assert t.coding
    c1, c2 = effect.coding
    if first == last + 1 and (c1 is None or c2 is None):
        effect.coding = (None, None)  # the UTR grows, the coding part stays
        return _start_terms(t, alt, effect.spliced)
    if first != last + 1 and not _meets(first, last, *t.coding):
        return set()
    terms = _start_terms(t, alt, effect.spliced)
    if c1 is None or c2 is None:
        if c1 is not None:
            terms |= _end_terms(t, alt, effect.spliced)
        return terms or {"coding_sequence_variant"}
    begin, end = t.coding_span()
    cds = "N" * t.pad + t.sequence[begin - 1 : end]
    from_, to = (c1 + 2) // 3 * 3 - 3, min((c2 + 2) // 3 * 3, len(cds))
    if len(cds) - from_ < 3 and to > from_:
        return terms | {"incomplete_terminal_codon_variant", "coding_sequence_variant"}
    bases = alt if t.strand > 0 else reverse_complement(alt)
    old = cds[from_:to]
    new = cds[from_ : c1 - 1] + bases + cds[c2:to]
    return terms | _peptide_terms(
        translate(old, t.code), translate(new, t.code), len(bases) - (c2 - c1 + 1), bases, terms
    )


def _peptide_terms(old: str, new: str, growth: int, bases: str, so_far: set[str]) -> set[str]:
    """Terms that follow from the amino acids before and after."""
    start_said = bool(so_far & {"start_lost", "start_retained_variant"})
    shifted = growth % 3 != 0
    terms: set[str] = set()
    if "*" in old and "*" in new and new.index("*") <= old.index("*") and not shifted:
        terms.add("stop_retained_variant")
        if old == new or len(old) == 1:
            return terms
    elif "*" in old and "*" not in new:
        terms.add("stop_lost")
    elif "*" in new and "*" not in old:
        terms.add("stop_gained")
    if shifted:
        return terms | {"frameshift_variant"}
    if "X" in old or "X" in new:
        return terms if terms or start_said else {"coding_sequence_variant"}
    said_more = start_said or "stop_lost" in terms
    if growth > 0:
        if new.startswith(old) or new.endswith(old):
            return terms | {"inframe_insertion"}
        return terms if said_more else terms | {"protein_altering_variant"}
    if growth < 0:
        if not bases or old.startswith(new) or old.endswith(new):
            return terms | {"inframe_deletion"}
        return terms if said_more else terms | {"protein_altering_variant"}
    if old == new:
        return set() if start_said else terms | {"synonymous_variant"}
    return terms if start_said or terms else {"missense_variant"}


def _changed(t: Transcript, alt: str, spliced: tuple[int | None, int | None]) -> str:
    """Spliced sequence after the change."""
    a, b = spliced
    assert a is not None
    assert b is not None
    bases = alt if t.strand > 0 else reverse_complement(alt)
    return t.sequence[: a - 1] + bases + t.sequence[b:]


def _start_terms(t: Transcript, alt: str, spliced: tuple[int | None, int | None]) -> set[str]:
    """What becomes of a complete start codon that is touched."""
    a, b = spliced
    if t.start_incomplete or a is None or b is None:
        return set()
    begin, end = t.coding_span()
    inserted_inside = a == b + 1 and begin <= b <= begin + 1
    if not (inserted_inside if a == b + 1 else a <= begin + 2 and b >= begin):
        return set()
    new = _changed(t, alt, spliced)
    growth = len(new) - len(t.sequence)
    if b - a + 1 != len(alt):
        # The old coding sequence must still stand where the growth puts it.
        kept = begin - 1 + growth >= 0 and (
            new[begin - 1 + growth : end + growth] == t.sequence[begin - 1 : end]
        )
        return {"start_retained_variant" if kept else "start_lost"}
    old_aa = translate(t.sequence[begin - 1 : begin + 2], t.code)
    if translate(new[begin - 1 : begin + 2], t.code) != old_aa:
        return {"start_lost"}
    return {"start_retained_variant"} if a < begin else set()


def _end_terms(t: Transcript, alt: str, spliced: tuple[int | None, int | None]) -> set[str]:
    """What becomes of the stop codon when a change of length reaches into the 3' UTR."""
    a, b = spliced
    if a is None or b is None or t.end_incomplete or b - a + 1 == len(alt):
        return set()
    _, end = t.coding_span()
    if b < end - 2:
        return set()
    codon = _changed(t, alt, spliced)[end - 3 : end]
    kept = len(codon) == 3 and translate(codon, t.code) == "*"
    return {"stop_retained_variant" if kept else "stop_lost"}
