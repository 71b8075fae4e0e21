"""Alleles put into a coding sequence, and what a group of them does to the protein."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anntools.spec.csq_entry import CODING
from anntools.spec.csq_model import Model, translated
from anntools.spec.csq_place import Allele, Found, Kind, Stretch
from anntools.spec.transcript import reverse_complement


@dataclass(frozen=True)
class Edit:
    """An allele put into a coding sequence: ``old`` bases at a coding offset become ``new``."""

    allele: Allele
    alt: int
    begin: int  # coding offset, in genomic order
    old: int
    new: str  # on the plus strand
    terms: frozenset[str]  # by position
    record: int = 0  # which record it came from, for haplotype mode

    @property
    def end(self) -> int:
        """Coding offset after the replaced bases."""
        return self.begin + self.old

    @property
    def growth(self) -> int:
        """Bases gained."""
        return len(self.new) - self.old


def edit(a: Allele, number: int, part: int, at: Stretch, found: Found, record: int = 0) -> Edit:
    """The edit of an allele inside a coding part, with the base before it (or after it)."""
    a = found.moved or a
    if a.kind in (Kind.BLOCK, Kind.COMPLEX):
        first, last = a.first, a.last
    elif a.kind is Kind.DELETION:
        first, last = a.first - 1, a.last
        if first < at.first:
            first, last = at.first, min(a.last + 1, at.last)
    else:
        first, last = max(a.first, a.position), max(a.first, a.last - 1)
        if first < at.first:  # nothing before it in this part: take the base after it
            first, last = at.first, at.first
    cut = first - a.position
    behind = a.position + len(a.ref) - 1 - last  # bases of REF after the edit
    new = a.alt[max(0, cut) : len(a.alt) - max(0, behind)]
    if behind < 0:
        new += at.model.bases(a.position + len(a.ref), last)
    if cut < 0:
        new = at.model.bases(first, a.position - 1) + new
    begin = at.model.offset(part) + first - at.first
    return Edit(
        a, number, begin, last - first + 1, new, frozenset(found.terms - {"synonymous"}), record
    )


@dataclass(frozen=True)
class Outcome:
    """What a group of edits does to the protein."""

    terms: set[str]
    change: tuple[str, str] | None
    ends: bool  # the new protein ends in a stop within or after the group
    incomplete: bool


def outcome(model: Model, edits: Sequence[Edit], before: int, total: int, local: bool) -> Outcome:
    """Terms, amino acids and DNA of neighbouring edits (in genomic order) of one haplotype.

    before: growth of the haplotype's edits left of these; total: of all its edits.
    """
    growth = sum(e.growth for e in edits)
    begin, end = edits[0].begin, edits[-1].end
    changed = begin + before, end + before + growth
    whole = _put_in(model.plus, edits)
    old = _protein(model, model.plus, begin, end, growth % 3)
    new = _protein(model, whole, begin, end + growth, growth % 3)
    length = len(model.plus)
    if model.strand > 0:
        numbers = begin // 3 + 1, changed[0] // 3 + 1
    else:
        numbers = (length - end) // 3 + 1, (length + total - changed[1]) // 3 + 1
    terms = set().union(*(e.terms for e in edits)) & CODING
    incomplete = _judge(terms, old, new, growth, any(e.growth for e in edits), local)
    if len(edits) > 1 and new.endswith("*"):
        inframe = {"inframe_deletion", "inframe_insertion", "inframe_altering"}
        if terms & inframe:
            terms = (terms - inframe) | {"frameshift", "stop_gained"}
    dna = "+".join(e.allele.change for e in edits)
    if "frameshift" in terms and "start_lost" in terms:
        return Outcome(terms - {"frameshift"}, None, new.endswith("*"), incomplete)
    amino = f"{numbers[0]}{old}" + ("" if "synonymous" in terms else f">{numbers[1]}{new}")
    return Outcome(terms, (amino, dna), new.endswith("*"), incomplete)


def _put_in(plus: str, edits: Sequence[Edit]) -> str:
    """The coding sequence with edits, on the plus strand."""
    out, at = [], 0
    for e in edits:
        out += [plus[at : e.begin], e.new]
        at = e.end
    return "".join([*out, plus[at:]])


def _protein(model: Model, plus: str, begin: int, end: int, broken: int) -> str:
    """Amino acids of the codons that hold bases [begin, end); to the end if the frame is broken."""
    if model.strand < 0:
        plus, begin, end = reverse_complement(plus), len(plus) - end, len(plus) - begin
    if not broken:
        return translated(plus[begin - begin % 3 : end + -end % 3], model.code)
    left_open = end > len(plus) - len(plus) % 3
    beyond = model.beyond[: -len(plus) % 3] if left_open else ""
    return translated(plus[begin - begin % 3 :] + beyond, model.code)


def _judge(terms: set[str], old: str, new: str, growth: int, indel: bool, local: bool) -> bool:
    """Add the terms that the two proteins tell; whether there was no stop codon to compare with."""
    incomplete = False
    if "stop_lost" in terms:
        if old.endswith("*") and new.endswith("*"):
            terms.discard("stop_lost")
            terms.add("stop_retained")
        elif not old.endswith("*"):
            if new.endswith("*"):
                terms.add("stop_retained")
            else:
                incomplete = True
    if "start_lost" in terms:
        if not local and old[-1:] == new[-1:] == "M":
            terms.discard("start_lost")
            terms.add("start_retained")
        elif local and old[:1] != "M":
            terms.discard("start_lost")
    if growth:
        terms.add(
            "frameshift"
            if growth % 3
            else "inframe_deletion"
            if growth < 0
            else "inframe_insertion"
        )
        if new.endswith("*") and not old.endswith("*"):
            terms.add("stop_gained")
        return incomplete
    if indel:
        terms.add("inframe_altering")
    same = True
    for i, x in enumerate(old):
        y = new[i : i + 1]
        if x != y:
            same = False
            terms.add("stop_lost" if x == "*" else "stop_gained" if y == "*" else "missense")
    if same:
        terms.add("synonymous")
    if "stop_retained" in terms and not local and not old.endswith("*"):
        terms.discard("stop_gained")
    return incomplete
