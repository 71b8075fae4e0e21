"""What a change does to the codons, and the terms that follow from it.

The rules are Ensembl's definitions of the terms (release 115); where they depart from VEP,
``docs/engine/divergences.md`` says why.
"""

from __future__ import annotations

from dataclasses import dataclass

from anntools.spec.transcript import Pair, Transcript

START = "ATG"


@dataclass(frozen=True)
class Coding:
    """A change to a coding transcript: bases along the strand, positions 1-based.

    ``spliced`` and ``coding``: first and last changed base, None outside exons or coding part.
    """

    t: Transcript
    bases: str
    spliced: Pair
    coding: Pair
    growth: int  # bases by which the allele is longer than the place on the genome

    @property
    def known(self) -> bool:
        """Whether the new bases are all A, C, G or T."""
        return set(self.bases) <= set("ACGT")

    @property
    def protein(self) -> Pair:
        """First and last codon number of the changed coding bases."""
        a, b = self.coding
        return (None if a is None else (a + 2) // 3), (None if b is None else (b + 2) // 3)

    @property
    def codons(self) -> tuple[str, str] | None:
        """Codons before and after, if both ends are coding; the new ones may reach into the UTR."""
        (a, b), (p, q) = self.coding, self.protein
        if a is None or b is None or p is None or q is None:
            return None
        cds = self.t.coding_sequence
        new = cds[: a - 1] + self.bases + cds[b:] + self.t.utr3
        from_, size = 3 * p - 3, 3 * (q - p + 1)
        grown = size + len(self.bases) - (b - a + 1)
        return cds[from_ : from_ + size], new[from_ : from_ + grown]

    @property
    def amino_acids(self) -> tuple[str, str] | None:
        """Amino acids before and after; an incomplete last codon is X."""
        codons, number = self.codons, self.protein[0]
        if codons is None or number is None or not self.known:
            return None
        t = self.t if self.growth == 0 else _plainly_read(self.t)
        return _peptide(self.t, codons[0], number), _peptide(t, codons[1], number)

    @property
    def codons_shown(self) -> tuple[str, str] | None:
        """Codons with the changed bases in upper case, the others in lower case."""
        codons, at = self.codons, self.coding[0]
        if codons is None or at is None:
            return None
        replaced = len(self.bases) - self.growth
        old, new = (
            _marked(c, (at - 1) % 3, n)
            for c, n in zip(codons, (replaced, len(self.bases)), strict=True)
        )
        return old, new

    @property
    def is_partial(self) -> bool:
        """Whether the first changed codon is an incomplete last one."""
        number = self.protein[0]
        return number is not None and 0 < len(self.t.coding_sequence) - 3 * (number - 1) < 3

    @property
    def is_shifted(self) -> bool:
        """Whether the frame behind the change is another one."""
        a, b = self.coding
        return a is not None and b is not None and (len(self.bases) - (b - a + 1)) % 3 != 0


def _plainly_read(t: Transcript) -> Transcript:
    """The same without recoded codons, whose numbers a change of length makes void."""
    return Transcript(t.exons, t.strand, t.sequence, t.coding, t.pad, code=t.code)


def _peptide(t: Transcript, codons: str, number: int) -> str:
    whole = t.amino_acids(codons[: len(codons) // 3 * 3], number)
    return whole + "X" if len(codons) % 3 and whole != "*" else whole


def _marked(codons: str, at: int, size: int) -> str:
    codons = codons.lower()
    return codons[:at] + codons[at : at + size].upper() + codons[at + size :]


def coding_terms(c: Coding, whole_transcript: bool, in_cds: bool) -> set[str]:
    """Terms of a change that touches the coding part.

    ``in_cds``: a coding base, or a repair between coding bases, is touched.
    """
    start = _start_terms(c)
    stop = _stop_terms(c)
    terms = start | stop
    if c.is_partial:
        terms.add("incomplete_terminal_codon_variant")
    shifted = c.is_shifted and not c.is_partial and "stop_retained_variant" not in stop
    if shifted and c.growth:
        terms.add("frameshift_variant")
    kept_frame = _frame_terms(c, shifted, start, stop)
    terms |= kept_frame
    aa = c.amino_acids
    unknown = aa is None or "X" in aa[0] + aa[1]
    said = shifted or start or stop - {"stop_gained"} or kept_frame & {"protein_altering_variant"}
    deleted = _is_inframe_deletion(c, shifted)
    if in_cds and unknown and not said and not deleted and not whole_transcript:
        terms.add("coding_sequence_variant")
    return terms


def _frame_terms(c: Coding, shifted: bool, start: set[str], stop: set[str]) -> set[str]:
    """Terms that compare amino acids before and after."""
    aa = c.amino_acids
    terms = set()
    if c.growth < 0 and _is_inframe_deletion(c, shifted):
        terms.add("inframe_deletion")
    if aa is None:
        return terms
    old, new = aa
    lost = "start_lost" in start
    if c.growth > 0 and not lost and _is_inframe_insertion(c, shifted, start):
        terms.add("inframe_insertion")
    if old == new:
        silent = old and "X" not in old and not start & {"start_retained_variant"}
        if silent and "stop_retained_variant" not in stop:
            terms.add("synonymous_variant")
    elif len(old) == len(new):
        if c.growth == 0 and not lost and not stop and not c.is_partial:
            terms.add("missense_variant")
    elif not (
        (lost or shifted or _is_inframe_deletion(c, shifted))
        or old.startswith("*")
        or new.startswith("*")
        or new.startswith(old)
        or new.endswith(old)
    ):
        terms.add("protein_altering_variant")
    return terms


def _is_inframe_insertion(c: Coding, shifted: bool, start: set[str]) -> bool:
    """The old amino acids begin or end the new ones (up to the first new stop)."""
    codons, aa = c.codons, c.amino_acids
    if shifted or codons is None or aa is None or len(codons[1]) <= len(codons[0]):
        return False
    old, new = aa
    if "start_retained_variant" in start and new.endswith(old):
        return False  # what is inserted comes before the start
    until_stop = new[: new.index("*") + 1] if "*" in new else new
    return until_stop.startswith(old) or until_stop.endswith(old)


def _is_inframe_deletion(c: Coding, shifted: bool) -> bool:
    """The new codons are the old ones without a part at one end, or without whole codons inside."""
    codons = c.codons
    if c.is_partial or shifted or codons is None or len(codons[1]) >= len(codons[0]):
        return False
    old, new = codons
    if old.startswith(new) or old.endswith(new):
        return True
    while new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return not new and len(old) % 3 == 0


def _start_terms(c: Coding) -> set[str]:
    """What becomes of a known start codon that is touched."""
    t = c.t
    a, b = c.spliced
    begin, _ = t.coding_span()
    if t.start_incomplete or (t.pad and not t.vep) or not c.known or a is None or b is None:
        return set()
    if not (a <= begin + 2 and b >= begin):
        return set()
    whole = t.utr5 + t.coding_sequence
    new = whole[: a - 1] + c.bases + whole[b:]
    codon = new[begin - 1 : begin + 2]
    if c.growth == 0:  # counted from the end of the coding part
        at = len(new) - len(t.coding_sequence)
        kept = at >= 0 and new[at : at + 3] == START
        lost = False
    else:
        kept = _start_stands(t, new, codon)
        inframe = _is_inframe_insertion(
            c, c.is_shifted, {"start_retained_variant"} if kept else set()
        ) or _is_inframe_deletion(c, c.is_shifted)
        lost = not kept and not inframe
    lost = lost or (bool(t.utr5) and b <= len(whole) and codon != START)
    lost = lost or _first_amino_acid_lost(c)
    terms = {"start_retained_variant"} if kept else set()
    return terms | ({"start_lost"} if lost else set())


def _start_stands(t: Transcript, new: str, codon: str) -> bool:
    """After a change of length: the start is where it was, or the coding part is as it was."""
    cds = t.coding_sequence
    if t.utr5 and new.startswith(t.utr5) and codon == START:
        return True
    return len(new) >= len(cds) and new.endswith(cds)


def _first_amino_acid_lost(c: Coding) -> bool:
    aa = c.amino_acids
    if aa is None or not aa[0] or not aa[1] or aa[1] == "X" or c.protein[0] != 1:
        return False
    old, new = aa
    return not new.startswith(old) and not new.endswith(old)


def _stop_terms(c: Coding) -> set[str]:
    """stop_gained, stop_lost or stop_retained_variant."""
    aa = c.amino_acids
    if aa is not None:
        old, new = aa
        if "*" in old and "*" not in new:
            return {"stop_lost"}
        kept = _stop_is_kept(c, old, new) if new else _stop_codon_touched(c) and _stop_stands(c)
        if kept and not c.is_partial:
            return {"stop_retained_variant"}
        return {"stop_gained"} if "*" in new and "*" not in old else set()
    if not _stop_codon_touched(c):
        return set()
    if not _stop_stands(c):
        return {"stop_lost"}
    return set() if c.is_partial else {"stop_retained_variant"}


def _stop_is_kept(c: Coding, old: str, new: str) -> bool:
    """The first stop is where it was among the changed codons, or the protein is as it was.

    As it was: a stop directly behind it, or at most two amino acids more before the stop.
    """
    first, last = c.protein
    assert first is not None
    assert last is not None
    protein = c.t.protein
    if c.t.vep and old == new[0] and "*" in new:  # paragraph 5
        return True
    if "*" in old and old.find("*") == new.find("*"):
        return True
    if first > len(protein) and new.startswith("*"):
        return True
    changed = protein[: first - 1] + new + protein[max(first - 1, last) :]
    return changed.startswith(protein) and 0 < len(changed) - len(protein) < 3


def _stop_codon_touched(c: Coding) -> bool:
    """Whether a change of length, of known bases, touches the last codon in exons."""
    a, b = c.spliced
    if c.growth == 0 or not c.known or c.t.end_incomplete or a is None or b is None:
        return False
    _, end = c.t.coding_span()
    return a <= end and b >= end - 2


def _stop_stands(c: Coding) -> bool:
    """Whether a stop codon stands where the last codon was."""
    cds = c.t.coding_sequence
    a, _ = c.coding
    b = c.spliced[1]
    if a is None:  # the change begins before the coding part: no codon of it is left
        if c.t.vep:  # paragraph 6
            return True
        return c.t.amino_acids(cds[-3:], len(cds) // 3) != "*"
    assert b is not None
    new = cds[: a - 1] + c.bases + c.t.sequence[b:]
    codon = new[len(cds) - 3 : len(cds)]
    return len(codon) == 3 and c.t.amino_acids(codon, len(cds) // 3) == "*"
