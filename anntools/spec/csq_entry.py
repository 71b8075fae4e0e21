"""An entry of BCSQ, and the entries of one record: what is joined, what is said once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from anntools.spec.csq_model import Model

TERMS: Final = (
    *("synonymous", "missense", "stop_lost", "stop_gained", "inframe_deletion"),
    *("inframe_insertion", "frameshift", "splice_acceptor", "splice_donor", "start_lost"),
    *("splice_region", "stop_retained", "5_prime_utr", "3_prime_utr", "non_coding", "intron"),
    *("inframe_altering", "coding_sequence", "feature_elongation", "feature_truncation"),
    "start_retained",
)
SPLICE: Final = frozenset(("splice_acceptor", "splice_donor", "splice_region"))
SIZE: Final = frozenset(("feature_elongation", "feature_truncation"))
CODING: Final = (
    frozenset(TERMS[:7])
    | SIZE
    | {
        *("start_lost", "stop_retained", "inframe_altering", "start_retained"),
    }
)
START_STOP: Final = frozenset(
    ("stop_lost", "stop_gained", "stop_retained", "start_lost", "start_retained")
)
NAMELESS: Final = frozenset(("intron", "non_coding"))  # their transcripts are not named


@dataclass
class Entry:
    """One entry. ``see``: position of the record that has the joint entry (haplotype mode)."""

    model: Model
    terms: set[str]
    alt: int  # number of the ALT, from 1
    change: tuple[str, str] | None = None  # amino acids, DNA
    after_stop: bool = False
    incomplete: bool = False  # no stop codon to compare with
    see: int | None = None
    more: set[int] = field(default_factory=set)  # other ALTs that say the same

    @property
    def alts(self) -> set[int]:
        """The numbers of the ALTs that have this entry."""
        return {self.alt} | self.more

    @property
    def named(self) -> bool:
        """Whether the transcript is part of the entry."""
        return bool(self.terms - NAMELESS)

    @property
    def coding(self) -> bool:
        """Whether it has a coding term."""
        return bool(self.terms & CODING)

    def text(self) -> str:
        """The entry as written."""
        if self.see is not None:
            return f"@{self.see}"
        terms = set(self.terms)
        if self.incomplete and terms - START_STOP:
            terms -= START_STOP
        if terms & START_STOP:
            terms.discard("missense")
        words: list[str] = [t for t in TERMS if t in terms]
        biotype = self.model.shown_biotype
        if biotype == "NMD" and terms - NAMELESS:
            words.append("NMD_transcript")
        name = self.model.name if terms - NAMELESS else ""
        fields = [("*" if self.after_stop else "") + "&".join(words), self.model.gene, name]
        fields.append(biotype)
        if self.change or (terms & CODING and not terms & (SPLICE | SIZE)):
            fields.append("+" if self.model.strand > 0 else "-")
        return "|".join([*fields, *(self.change or ())])


@dataclass
class Entries:
    """The entries of one record, in order. What is said already is not said again."""

    found: list[Entry] = field(default_factory=list)

    def push(self, new: Entry) -> int:
        """Add an entry or join it to one that is there; returns its index."""
        if "inframe_insertion" in new.terms and "feature_elongation" in new.terms:
            new.terms.discard("inframe_insertion")
        if "inframe_deletion" in new.terms and "feature_truncation" in new.terms:
            new.terms.discard("inframe_deletion")
        if new.terms & {"splice_donor", "splice_acceptor"}:
            new.terms.discard("splice_region")  # the region around them
        for i, old in enumerate(self.found):
            if _joined(old, new, self.found, i):
                old.more |= new.alts
                return i
        self.found.append(new)
        return len(self.found) - 1

    def text(self) -> str:
        """The value of INFO/BCSQ."""
        return ",".join(e.text() for e in self.found)


def _joined(old: Entry, new: Entry, found: list[Entry], i: int) -> bool:
    """Join ``new`` to ``old`` if they say the same thing; whether that was done."""
    if new.see is not None:
        if old.terms & START_STOP and new.terms & START_STOP and old.see is None:
            found[i] = new  # the joint entry says it better
            return True
        return old.see == new.see
    if old.see is not None or old.model.shown_biotype != new.model.shown_biotype:
        return False
    if old.model.name != new.model.name and (old.named or new.named):
        return False
    if not new.coding:
        if old.coding:
            return new.terms <= old.terms
        old.terms |= new.terms
        return True
    if (old.model.gene, old.alt, old.after_stop) != (new.model.gene, new.alt, new.after_stop):
        return False
    if bool(old.change) != bool(new.change):
        if not (old.terms & START_STOP and new.terms & START_STOP):
            return False
        old.change = old.change or new.change
    elif old.change != new.change:
        return False
    old.terms |= new.terms
    old.incomplete |= new.incomplete
    if "stop_retained" in old.terms:
        old.terms -= {"stop_lost", "synonymous"}
    if "start_retained" in old.terms:
        old.terms -= {"start_lost", "synonymous"}
    return True
