"""Terms of introns and of the bases around their ends.

Regions as Ensembl and the Sequence Ontology have them, told along the strand: donor +1..+2
(SO:0001575), donor 5th base +5 (SO:0001787), donor region +3..+6 (SO:0002170), polypyrimidine
tract -17..-3 (SO:0002169), acceptor -2..-1 (SO:0001574), splice region 1-3 bases in the exon and
3-8 in the intron (SO:0001630).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from anntools.spec.transcript import Transcript, is_repair, meets


@dataclass
class Introns:
    """What a change does to the introns: terms, and whether it touches a repair."""

    terms: set[str] = field(default_factory=set)
    in_repair: bool = False


def changed_stretches(first: int, ref: str, alt: str) -> list[tuple[int, int]]:
    """Places of the stretches that differ when REF and ALT are laid side by side from the left.

    A longer ALT counts as far as it reaches. One base against several, an insertion or a deletion
    is one stretch.
    """
    if len(ref) < 2 or len(alt) < 2:
        return [(first, first + len(ref) - 1)]
    out: list[tuple[int, int]] = []
    for i in range(max(len(ref), len(alt))):
        if ref[i : i + 1] == alt[i : i + 1]:
            continue
        at = first + i
        if out and out[-1][1] == at - 1:
            out[-1] = (out[-1][0], at)
        else:
            out.append((at, at))
    return out


def intron_terms(t: Transcript, first: int, last: int, ref: str, alt: str, exonic: bool) -> Introns:
    """Terms that follow from the introns. ``exonic``: an exon or its stretch is touched."""
    found = Introns()
    low, high = min(first, last), max(first, last)
    region = False
    for stretch in changed_stretches(first, ref, alt):
        for a, b in t.introns:
            near = a <= b and (meets(low, high, a - 3, a + 7) or meets(low, high, b - 7, b + 3))
            if a > b or not (near or meets(low, high, a - 3, b + 3)):
                continue
            if is_repair((a, b)) and meets(*stretch, a, b):
                found.in_repair = True
                continue
            found.terms |= _inside(t.strand > 0, *stretch, a, b)
            if near:
                found.terms |= _ends(t.strand > 0, *stretch, a, b)
                if not found.terms & {"splice_donor_variant", "splice_acceptor_variant"}:
                    region = _in_splice_region(*stretch, a, b)  # the last stretch decides
    if exonic:
        found.terms.discard("splice_polypyrimidine_tract_variant")
    if "splice_donor_5th_base_variant" in found.terms:
        found.terms.discard("splice_donor_region_variant")
    louder = {
        "splice_donor_variant",
        "splice_acceptor_variant",
        "splice_donor_5th_base_variant",
        "splice_donor_region_variant",
    }
    if region and not found.terms & louder:
        found.terms.add("splice_region_variant")
    return found


def _inside(plus: bool, first: int, last: int, a: int, b: int) -> set[str]:
    """intron_variant (not at the two bases at each end) and the polypyrimidine tract."""
    terms = set()
    insertion = first == last + 1
    if meets(first, last, a + 2, b - 2) or (insertion and (first == a + 2 or last == b - 2)):
        terms.add("intron_variant")
    tract = (b - 16, b - 2) if plus else (a + 2, a + 16)
    low, high = min(first, last), max(first, last)
    if meets(low, high, a, b) and meets(low, high, *tract):
        terms.add("splice_polypyrimidine_tract_variant")
    return terms


def _ends(plus: bool, first: int, last: int, a: int, b: int) -> set[str]:
    """Terms of the ends of one intron ``a..b``."""

    def donor(from_: int, to: int) -> bool:
        span = (a + from_ - 1, a + to - 1) if plus else (b - to + 1, b - from_ + 1)
        return meets(first, last, *span)

    terms = set()
    if donor(1, 2):
        terms.add("splice_donor_variant")
    if meets(first, last, *((b - 1, b) if plus else (a, a + 1))):
        terms.add("splice_acceptor_variant")
    if donor(5, 5):
        terms.add("splice_donor_5th_base_variant")
    if donor(3, 6):
        terms.add("splice_donor_region_variant")
    return terms


def _in_splice_region(first: int, last: int, a: int, b: int) -> bool:
    """Within the splice region; an insertion also at its edges."""
    exon = meets(first, last, a - 3, a - 1) or meets(first, last, b + 1, b + 3)
    intron = meets(first, last, a + 2, a + 7) or meets(first, last, b - 7, b - 2)
    insertion = first == last + 1
    edge = insertion and (first in (a, a + 2) or last in (b, b - 2))
    return exon or intron or edge
