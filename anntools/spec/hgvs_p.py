"""HGVS of an allele on the protein: the text after the reference, ``p.…``.

The change is first moved 3' along the transcript like the one of ``c.``; then the amino acids of
the touched codons before and after are compared, what they share goes, and a pure insertion or
deletion is moved on to its most C-terminal place (the 3' rule for proteins). Predicted changes are
given without parentheses, as VEP does. ``Ter`` is the stop, ``Sec`` selenocysteine,
``Xaa`` an amino acid that is not known.

Which kind of description is given (HGVS, Protein recommendations):

1. The start codon is changed: ``p.Met1?``; nothing if the change can as well be written before it.
2. The frame is lost: from the first amino acid that differs, ``p.Arg97ProfsTer23`` (``fsTer?`` if
   no stop is known to follow).
3. The stop codon is changed: ``p.Ter110GlnextTer17``; a change that begins before the stop codon
   and takes it away is a frame shift.
4. The first new amino acid is the stop: a substitution, ``p.Arg97Ter``, whatever the change is.
5. Otherwise substitution, deletion, duplication, insertion or deletion-insertion; amino acids
   behind a new stop are not named.
6. Nothing of what is new is known, as the known sequence ends: ``p.?``.
"""

from __future__ import annotations

from dataclasses import dataclass

from anntools.genetic_code import THREE_LETTER, translate
from anntools.spec.shift import Change, shifted
from anntools.spec.transcript import Transcript, reverse_complement


@dataclass(frozen=True)
class Reading:
    """The coding sequence around a change. Coding positions are 1-based and count ``pad``."""

    t: Transcript
    mrna: str  # from the first base that is read (or lacks in the first codon) to the last known
    size: int  # length of the coding part of it
    first: int  # coding position of the first changed base
    last: int  # ... of the last one; ``first - 1`` for an insertion
    bases: str  # what replaces them, along the transcript

    @property
    def changed(self) -> str:
        """``mrna`` after the change."""
        return self.mrna[: self.first - 1] + self.bases + self.mrna[self.last :]

    @property
    def growth(self) -> int:
        """Bases gained."""
        return len(self.bases) - (self.last - self.first + 1)

    @property
    def protein(self) -> str:
        """Amino acids before the change; X for an incomplete last codon."""
        return self.t.amino_acids(self.mrna[: self.size], 1)

    @property
    def changed_protein(self) -> str:
        """Amino acids after the change, read on to the end of what is known."""
        letters = list(translate(self.changed, self.t.code))
        for number, letter in self.t.recoded:
            at = self._moved(number)
            if at is not None and at <= len(letters):
                letters[at - 1] = letter
        return "".join(letters)

    def _moved(self, codon: int) -> int | None:
        """Number after the change of a codon that the change leaves whole and in frame."""
        if 3 * codon < self.first:
            return codon
        if 3 * codon - 2 > self.last and self.growth % 3 == 0:
            return codon + self.growth // 3
        return None


def hgvs_p(t: Transcript, change: Change, genome: str) -> str | None:
    """The description, or None if the protein is not changed or cannot be predicted.

    Not predicted: a change that lies in an intron as written (it may as well change the splice
    site), or of which a base is not coding after the 3' move.
    """
    reading = read(t, shifted(change, genome, t.strand))
    if reading is None or not _touches_exon(t, change):
        return None
    return describe(reading)


def _touches_exon(t: Transcript, change: Change) -> bool:
    low, high = sorted((change.first, change.last))
    return any(low <= b and high >= a for a, b in t.exons)


def describe(r: Reading) -> str | None:
    """The description of a change of the coding sequence."""
    protein = r.protein
    if not r.t.start_incomplete and _changes_start(r):
        return None if _before_start(r) else f"p.{three(protein[0])}1?"
    begin = (r.first - 1) // 3
    codons = max((r.last + 2) // 3 - begin, 0)
    old = protein[begin : begin + codons]
    if r.growth % 3:
        return _from_first_change(r, begin)
    new = r.changed_protein[begin : begin + codons + r.growth // 3]
    if begin + codons == len(protein) and r.size % 3:
        new = new[:-1] + "X"  # the last codon is incomplete; nothing is known beyond it
    if old.endswith("*") and new.endswith("*") and new.count("*") == 1:
        old, new = old[:-1], new[:-1]  # the stop stays
    if "*" in old:
        return _from_first_change(r, begin)
    return _in_frame(protein, old, new, begin)


def _before_start(r: Reading) -> bool:
    """The change can also be written before the start codon: all that is coding stays as it is."""
    before = r.t.utr5 + r.mrna[: r.first - 1] + r.bases
    return r.growth != 0 and before.endswith(r.mrna[: r.last])


def _changes_start(r: Reading) -> bool:
    """The start codon is changed, and not into another codon for the same amino acid."""
    same = r.growth == 0 and r.changed_protein[:1] == r.protein[:1]
    return r.first <= 3 and r.last >= 1 and not same


def read(t: Transcript, change: Change) -> Reading | None:
    """The coding sequence at a change that lies in it; an insertion at an exon's edge does."""
    if not t.coding:
        return None
    ends = (change.first, change.last) if t.strand > 0 else (change.last, change.first)
    first, last = t.spliced(ends[0]), t.spliced(ends[1])
    if change.is_insertion:
        if first is None and last is not None:
            first = last + 1
        elif last is None and first is not None:
            last = first - 1
    if first is None or last is None:
        return None
    at, to = t.coding_position(first), t.coding_position(last)
    if at is None or to is None:
        return None
    return Reading(
        t=t,
        mrna=t.coding_sequence + t.utr3,
        size=len(t.coding_sequence),
        first=at,
        last=to,
        bases=change.alt if t.strand > 0 else reverse_complement(change.alt),
    )


def three(peptide: str) -> str:
    """Three-letter names of one-letter amino acids."""
    return "".join(THREE_LETTER[a] for a in peptide)


def _from_first_change(r: Reading, at: int) -> str | None:
    """Frame shifts, and all that reaches the stop codon: told from the first new amino acid on."""
    protein, after = r.protein, r.changed_protein
    after = after[: len(r.changed) // 3]
    while at < len(after) and at < len(protein) and after[at] == protein[at]:
        if after[at] == "*":
            return f"p.Ter{at + 1}="
        at += 1
    if at >= len(after) or at >= len(protein):
        return "p.?"  # the known sequence ends before the first new amino acid
    head = f"p.{three(protein[at])}{at + 1}{three(after[at])}"
    if after[at] == "*":
        return head
    stop = after.find("*", at)
    if protein[at] == "*":
        return f"{head}extTer{stop - at if stop >= 0 else '?'}"
    return f"{head}fsTer{stop - at + 1 if stop >= 0 else '?'}"


def _in_frame(protein: str, old: str, new: str, begin: int) -> str | None:
    if old == new:
        return f"p.{_span(protein, begin, len(old))}=" if old else f"p.Ter{begin + 1}="
    old, new, begin = _clipped(old, new, begin)
    stop = new.find("*")
    if stop == 0:
        return f"p.{_span(protein, begin, 1)}Ter" if begin < len(protein) else "p.?"
    if len(old) == 1 and len(new) == 1:
        return f"p.{three(old)}{begin + 1}{three(new)}"
    if not old:
        return _insertion(protein, new, begin)
    if not new:
        return _deletion(protein, old, begin)
    return f"p.{_span(protein, begin, len(old))}delins{_to_stop(new)}"


def _to_stop(peptide: str) -> str:
    """Three-letter names up to the first stop: what follows it is not made."""
    return three(peptide[: peptide.find("*") + 1] if "*" in peptide else peptide)


def _clipped(old: str, new: str, begin: int) -> tuple[str, str, int]:
    while old and new and old[0] == new[0]:
        old, new, begin = old[1:], new[1:], begin + 1
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return old, new, begin


def _span(protein: str, begin: int, size: int) -> str:
    head = f"{three(protein[begin])}{begin + 1}"
    return head if size == 1 else f"{head}_{three(protein[begin + size - 1])}{begin + size}"


def _insertion(protein: str, new: str, begin: int) -> str | None:
    if "*" in new:
        while begin < len(protein) and protein[begin] == new[0] != "*":
            new, begin = new[1:], begin + 1
        if new[0] == "*" and begin < len(protein):
            return f"p.{_span(protein, begin, 1)}Ter"
    else:
        while begin < len(protein) and protein[begin] == new[0]:
            new, begin = new[1:] + new[0], begin + 1
        at_stop = protein[begin : begin + 1] == "*"
        if begin >= len(new) and protein[begin - len(new) : begin] == new and not at_stop:
            return f"p.{_span(protein, begin - len(new), len(new))}dup"
    if begin >= len(protein) or begin == 0:
        return "p.?"
    if protein[begin] == "*":
        return f"p.Ter{begin + 1}{three(new[0])}extTer{len(new.split('*')[0])}"
    return f"p.{_span(protein, begin - 1, 2)}ins{_to_stop(new)}"


def _deletion(protein: str, old: str, begin: int) -> str:
    while begin + len(old) < len(protein) and protein[begin + len(old)] == protein[begin]:
        begin += 1
    return f"p.{_span(protein, begin, len(old))}del"
