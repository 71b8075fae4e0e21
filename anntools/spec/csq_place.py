"""Where an allele lies relative to a stretch of a transcript, by the rules of ``bcftools csq``.

A *stretch* is a coding part, an exon, an untranslated region or a whole transcript. Its two ends
may be borders to an intron ("inner"), where splice terms are given. Alleles are trimmed from the
right, then from the left; they are not moved: records should be left-aligned. docs/engine/bcsq.md
has the rules in words.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from anntools.spec.csq_model import Interval, Model

DONOR: Final = 2  # bases of an intron that are its donor or acceptor
REGION: Final = 8  # bases of an intron that belong to the splice region
EXON_REGION: Final = 3  # bases of an exon that do


class Kind(Enum):
    """What sort of change an allele makes."""

    SAME = auto()
    BLOCK = auto()  # as many bases for as many
    INSERTION = auto()
    DELETION = auto()
    COMPLEX = auto()  # more than one base for another number of more than one


@dataclass(frozen=True)
class Allele:
    """One ALT of a record. ``first`` and ``last`` are the changed bases of REF, 1-based; for an
    insertion the base before and the base after it."""

    position: int
    ref: str
    alt: str
    kind: Kind
    first: int
    last: int

    @property
    def new(self) -> int:
        """Bases put in place of the changed ones, but for insertions."""
        return self.last - self.first + 1 + self.growth

    @property
    def growth(self) -> int:
        """Bases gained."""
        return len(self.alt) - len(self.ref)

    @property
    def change(self) -> str:
        """``7A>T``, as BCSQ writes the DNA change."""
        return f"{self.position}{self.ref}>{self.alt}"


def allele(position: int, ref: str, alt: str) -> Allele:
    """Trim REF and ALT and say what they make."""
    shortest = min(len(ref), len(alt))
    right = left = 0
    while right < shortest and ref[-1 - right] == alt[-1 - right]:
        right += 1
    while left < shortest - right and ref[left] == alt[left]:
        left += 1
    old, new = len(ref) - left - right, len(alt) - left - right
    first, last = position + left, position + len(ref) - right - 1
    if len(ref) == len(alt):
        kind = Kind.BLOCK if old else Kind.SAME
    elif old > 1 and new > 1:
        kind = Kind.COMPLEX
    elif len(ref) > len(alt):
        kind = Kind.DELETION
    else:
        kind = Kind.INSERTION
        if left or ref[0] != alt[0]:
            first, last = first - 1, last + 1
        else:  # the inserted bases end like REF: they count as inserted after its first base
            first, last = position, position + len(ref) - max(0, right - 1)
    return Allele(position, ref, alt, kind, first, last)


@dataclass
class Stretch:
    """A part of a transcript and what to look for at its ends."""

    model: Model
    first: int
    last: int
    inner_left: bool = False
    inner_right: bool = False
    splice: bool = False  # donor and acceptor count
    start: bool = False  # holds the first codon, and that is a start
    stop: bool = False  # holds the last codon
    coding: bool = False  # sequence is compared, untranslated regions are asked


@dataclass
class Found:
    """Terms by position. ``inside``: the change can be put into the stretch's sequence;
    ``touches``: at least one changed base (or both neighbours of an insertion) is in it."""

    terms: set[str] = field(default_factory=set)
    beside: set[str] = field(default_factory=set)  # untranslated regions that the change touches
    inside: bool = False
    touches: bool = False
    moved: Allele | None = None  # the same deletion further right, where it is inside


def place(a: Allele, at: Stretch) -> Found:
    """Look at one allele and one stretch."""
    if a.kind is Kind.SAME:
        return Found()
    if a.kind is Kind.INSERTION:
        return _insertion(a, at)
    found = Found()
    if a.kind is Kind.DELETION:
        if at.start and _start_stays(a, at):
            return Found({"start_retained"}, touches=True)
    elif a.kind is Kind.COMPLEX:
        found.terms.add("feature_truncation" if a.growth < 0 else "feature_elongation")
    _beyond(a, at, found)
    if a.last < at.first or a.first > at.last:
        return found
    found.touches = True
    left_out = a.first < at.first
    if left_out and a.kind is Kind.DELETION:
        found.moved = _moved_inside(a, at)
        found.inside = found.moved is not None
        found.terms |= {"coding_sequence"} if at.coding and not found.inside else set()
        return found
    _near_ends(at, found, a.first < at.first + EXON_REGION, a.last > at.last - EXON_REGION)
    if a.kind is Kind.DELETION and at.coding and a.first < at.last <= a.last:
        lost = at.last - a.first + 1 - a.new
        found.terms |= {"frameshift" if lost % 3 else "inframe_deletion"} if lost > 0 else set()
        return found
    found.inside = a.last <= at.last and not left_out
    if a.kind is Kind.DELETION and at.coding and not found.inside and not found.terms:
        found.terms = {"coding_sequence"}
    return found


def _moved_inside(a: Allele, at: Stretch) -> Allele | None:
    """A deletion over the left border, moved right into the stretch if the alleles allow it."""
    steps = at.first - a.first
    kept = 0
    while kept < len(a.alt) and a.ref[kept] == a.alt[kept]:
        kept += 1
    if a.new or at.first - a.position > kept or a.last + steps > at.last:
        return None
    return replace(a, first=at.first, last=a.last + steps)


def _insertion(a: Allele, at: Stretch) -> Found:
    """Insertions: one right before the stretch is inside it if that end is a splice site."""
    found = Found()
    if a.first >= at.last:
        if at.coding and _touch_untranslated(at, a.first + 1, a.first + 1, found):
            return found
        if at.inner_right:
            depth = a.first - at.last  # intron bases before the insertion
            same = _same_after(a, at)
            if DONOR <= depth < REGION:
                found.terms |= {"splice_region"} | ({"synonymous"} if same >= REGION else set())
            if depth < DONOR:
                found.terms |= _site(at, right=True)
                found.terms |= {"synonymous"} if same >= DONOR else set()
        return found
    if a.last < at.first or (a.last == at.first and not at.inner_left):
        if at.coding and _touch_untranslated(at, a.last - 1, a.last - 1, found):
            return found
        if at.inner_left:
            depth = at.first - a.last  # intron bases after the insertion, less one
            same = _same_before(a, at)
            if depth < REGION and a.first < at.first - DONOR:
                found.terms |= {"splice_region"} | ({"synonymous"} if same >= REGION else set())
            if depth < DONOR:
                found.terms |= _site(at, right=False)
                found.terms |= {"synonymous"} if same >= DONOR else set()
        return found
    found.inside = found.touches = True
    _near_ends(at, found, a.first <= at.first + 2, a.last > at.last - 2)
    return found


def _beyond(a: Allele, at: Stretch, found: Found) -> None:
    """Splice terms from the changed bases before and after the stretch."""
    deletion = a.kind is Kind.DELETION
    if a.first < at.first and at.inner_left:
        last = min(a.last, at.first - 1)
        if not (at.coding and _touch_untranslated(at, a.first - deletion, at.first - 1, found)):
            same = _same_before(a, at) if deletion else 0
            if last >= at.first - REGION and a.first <= at.first - DONOR - (not deletion):
                found.terms |= {"splice_region"} | ({"synonymous"} if same >= REGION else set())
            if last >= at.first - DONOR:
                found.terms |= _site(at, right=False)
                found.terms |= {"synonymous"} if same >= DONOR else set()
    if a.last > at.last and at.inner_right:
        first = max(a.first, at.last + 1)
        if not (at.coding and _touch_untranslated(at, at.last + 1, a.last, found)):
            same = _same_after(a, at) if deletion else 0
            if first <= at.last + REGION and a.last > at.last + DONOR:
                found.terms |= {"splice_region"} | ({"synonymous"} if same >= REGION else set())
            if first <= at.last + DONOR:
                found.terms |= _site(at, right=True)
                found.terms |= {"synonymous"} if same >= DONOR else set()


def _near_ends(at: Stretch, found: Found, left: bool, right: bool) -> None:
    """Terms of the exon's last bases and of the first and last codon."""
    plus = at.model.strand > 0
    if left:
        found.terms |= {"splice_region"} if at.inner_left else set()
        found.terms |= {"start_lost"} if plus and at.start else set()
        found.terms |= {"stop_lost"} if not plus and at.stop else set()
    if right:
        found.terms |= {"splice_region"} if at.inner_right else set()
        found.terms |= {"start_lost"} if not plus and at.start else set()
        found.terms |= {"stop_lost"} if plus and at.stop else set()


def _site(at: Stretch, right: bool) -> set[str]:
    """Donor or acceptor, by strand and side."""
    if not at.splice:
        return set()
    return {"splice_donor" if right == (at.model.strand > 0) else "splice_acceptor"}


def _touch_untranslated(at: Stretch, first: int, last: int, found: Found) -> bool:
    """Note the untranslated regions of the transcript in an interval."""
    hit = {t for (s, e), t in at.model.untranslated if s <= last and e >= first}
    found.beside |= hit
    return bool(hit)


def _start_stays(a: Allele, at: Stretch) -> bool:
    """The bases that a deletion takes are replaced by equal ones beside it, outside the codon."""
    gone = a.ref[len(a.alt) :]
    end = a.position + len(a.ref) - 1
    model = at.model
    if model.strand < 0:
        return end + 2 > at.last - 1 and model.bases(end + 1, end + len(gone)) == gone
    begin = end + 1 - 2 * len(gone)
    if a.position >= at.first + 3 or begin < 1:
        return False
    return model.bases(begin, begin + len(gone) - 1) == gone


def _window(a: Allele, model: Model, first: int) -> tuple[str, str]:
    """Eight bases from a position on, without and with the allele, both counted from the left."""
    begin = min(first, a.position) - 1
    end = max(first + REGION, a.position + len(a.ref)) + max(0, -a.growth) + REGION
    old = model.bases(begin, end)
    cut = a.position - begin
    new = old[:cut] + a.alt + old[cut + len(a.ref) :]
    at = first - begin
    return old[at : at + REGION], new[at : at + REGION]


def _same_after(a: Allele, at: Stretch) -> int:
    """How many of the first eight bases after the stretch stay what they were, from its end on."""
    if not at.coding:
        return 0
    old, new = _window(a, at.model, at.last + 1)
    return _common(old, new)


def _same_before(a: Allele, at: Stretch) -> int:
    """The same for the last eight bases before the stretch, from its end leftwards."""
    if not at.coding:
        return 0
    old, new = _window(a, at.model, at.first - REGION)
    return _common(old[::-1], new[::-1])


def _common(a: str, b: str) -> int:
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return n


def stretch_of_part(model: Model, number: int) -> Stretch:
    """The stretch of a coding part, with what is asked of it."""
    first, last = model.parts[number]
    leftmost, rightmost = number == 0, number == len(model.parts) - 1
    begins, ends = (leftmost, rightmost) if model.strand > 0 else (rightmost, leftmost)
    return Stretch(
        *(model, first, last),
        inner_left=not leftmost,
        inner_right=not rightmost,
        splice=True,
        start=begins and model.starts_whole,
        stop=ends and model.ends_whole,
        coding=True,
    )


def overlaps(interval: Interval, position: int, ref: str) -> bool:
    """Whether a record's REF, with one base after it, meets an interval."""
    return position <= interval[1] and position + len(ref) >= interval[0]
