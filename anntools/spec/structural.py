"""What symbolic alleles and breakends do to a transcript.

No sequence is known, so terms follow from the place alone, by VEP's predicates for structural
variants; the places follow the VCF specification (4.4, sections 1.4.5, 3 and 5):

- ``<DEL>``, ``<DUP>``, ``<INV>``, ``<CNV>`` and the like change the bases behind POS up to END; of
  several ALTs each ends where its own SVLEN says. With neither, only the base behind POS is taken.
- ``<INS>`` lies between POS and POS + 1, whatever SVLEN says: that is the length of what comes in.
- A breakend is the base at POS. Its mate is another record.
- ``*`` (nothing left to change), ``.``, ``<*>``, ``<NON_REF>`` (reference blocks) change nothing:
  they get no rows.

VEP gives no splice terms here, and we give none: whether an intron is still spliced is not known.
``start_lost`` and ``stop_lost`` need a deletion or an inversion (VEP: start_lost for any kind, but
only when both ends lie in exons).
"""

from __future__ import annotations

from enum import Enum, auto

from anntools.spec.consequence import Effect, numbers, outside, touches_exon, utr_terms
from anntools.spec.transcript import Transcript, meets


class Kind(Enum):
    """Kinds of structural variants."""

    DELETION = auto()
    DUPLICATION = auto()
    TANDEM_DUPLICATION = auto()
    INSERTION = auto()
    INVERSION = auto()
    COPY_NUMBER = auto()
    BREAKEND = auto()
    OTHER = auto()


_GAINS = {Kind.DUPLICATION, Kind.TANDEM_DUPLICATION}


def kind_of(alt: str) -> Kind:
    """The kind of a symbolic allele or breakend, by its text.

    ``<CN0>`` has lost all copies, ``<CN2>`` and more have gained some; other copy numbers are not
    known to be either.
    """
    if not alt.startswith("<"):
        return Kind.BREAKEND
    name = alt[1:-1].upper()
    kind, _, rest = name.partition(":")
    if kind == "DUP":
        return Kind.TANDEM_DUPLICATION if rest.startswith("TANDEM") else Kind.DUPLICATION
    if kind.startswith("CN") and kind[2:].removeprefix("=").isdigit():
        copies = int(kind[2:].removeprefix("="))
        return (
            Kind.DELETION if copies == 0 else Kind.DUPLICATION if copies > 1 else Kind.COPY_NUMBER
        )
    plain = {
        "DEL": Kind.DELETION,
        "INS": Kind.INSERTION,
        "INV": Kind.INVERSION,
        "CNV": Kind.COPY_NUMBER,
        "BND": Kind.BREAKEND,
    }
    return plain.get(kind, Kind.OTHER)


def region(
    kind: Kind, position: int, end: int | None, length: int | None, lone: bool
) -> tuple[int, int]:
    """First and last changed base. ``end``: INFO/END; ``length``: the ALT's own SVLEN."""
    if kind is Kind.INSERTION:
        return position + 1, position
    if kind is Kind.BREAKEND:
        return position, position
    by_length = None if not length else position + abs(length)
    last = (end or by_length) if lone else (by_length or end)
    return position + 1, max(last or 0, position + 1)


def structural(t: Transcript, first: int, last: int, kind: Kind) -> Effect:
    """Effect of a structural variant of the bases ``first..last``."""
    if not meets(first, last, t.first, t.last):
        return outside(t, first, last)
    if first <= t.first and last >= t.last:
        return Effect(_whole_terms(t, kind))
    exonic = touches_exon(t, first, last)
    effect = Effect(_place_terms(t, first, last, exonic))
    effect.exons, effect.introns = numbers(t, first, last)
    if exonic:
        effect.terms |= _size_terms(kind, first >= t.first and last <= t.last)
    elif kind is Kind.BREAKEND:
        effect.terms.add("feature_truncation")
    if t.coding and exonic and _touches_coding_base(t, first, last):
        effect.terms |= _coding_terms(t, first, last, kind)
    if t.nmd:
        effect.terms.add("NMD_transcript_variant")
    return effect


def _whole_terms(t: Transcript, kind: Kind) -> set[str]:
    """The whole transcript is inside."""
    if kind is Kind.DELETION:
        return {"transcript_ablation"}
    if kind in _GAINS:
        return {"transcript_amplification"}
    terms = {"coding_transcript_variant" if t.coding else "non_coding_transcript_variant"}
    return terms | ({"NMD_transcript_variant"} if t.nmd else set())


def _place_terms(t: Transcript, first: int, last: int, exonic: bool) -> set[str]:
    """Introns (not the two bases at each end), tract, UTRs, exons of non-coding transcripts."""
    terms: set[str] = set()
    low, high = min(first, last), max(first, last)
    for a, b in t.introns:
        if a <= b and meets(low, high, a + 2, b - 2):
            terms.add("intron_variant")
        tract = (b - 16, b - 2) if t.strand > 0 else (a + 2, a + 16)
        if a <= b and meets(low, high, a, b) and not exonic and meets(low, high, *tract):
            terms.add("splice_polypyrimidine_tract_variant")
    if not t.coding:
        touched = any(meets(first, last, a, b) for a, b in t.exons)
        terms.add(
            "non_coding_transcript_exon_variant" if touched else "non_coding_transcript_variant"
        )
    elif exonic:
        terms |= utr_terms(t, first, last)
    return terms


def _size_terms(kind: Kind, inside: bool) -> set[str]:
    """The transcript becomes longer or shorter."""
    if kind in (Kind.DELETION, Kind.BREAKEND):
        return {"feature_truncation"}
    if inside and (kind in _GAINS or kind is Kind.INSERTION):
        return {"feature_elongation"}
    return set()


def _touches_coding_base(t: Transcript, first: int, last: int) -> bool:
    assert t.coding
    a, b = t.coding
    return any(meets(first, last, max(a, x), min(b, y)) for x, y in t.exons if x <= b and y >= a)


def _coding_terms(t: Transcript, first: int, last: int, kind: Kind) -> set[str]:
    """Start and stop codon, frame; coding_sequence_variant when the frame is not told."""
    assert t.coding
    terms = set()
    left, right = (t.coding[0], t.coding[0] + 2), (t.coding[1] - 2, t.coding[1])
    start, stop = (left, right) if t.strand > 0 else (right, left)
    incomplete = t.start_incomplete or t.pad
    if kind in (Kind.DELETION, Kind.INVERSION):
        if not incomplete and meets(first, last, *start):
            terms.add("start_lost")
        if not t.end_incomplete and meets(first, last, *stop):
            terms.add("stop_lost")
    in_coding = t.coding[0] <= first and last <= t.coding[1]
    in_one_exon = any(a <= first and last <= b for a, b in t.exons)
    if kind is Kind.DELETION and in_one_exon and in_coding:
        inframe = (last - first + 1) % 3 == 0
        return terms | {"inframe_deletion" if inframe else "frameshift_variant"}
    return terms | {"coding_sequence_variant"}
