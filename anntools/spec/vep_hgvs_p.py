"""HGVSp as VEP 115 writes it: the text after the reference (paragraphs 25 to 37).

VEP takes the amino acids of the touched codons before and after, drops what both share, sorts what
is left into a kind, and then looks a second time: at the whole new protein for frame shifts and
lost stops, at the neighbours for insertions and deletions. Start, stop and frame are judged by the
terms of the consequence, which belong to the change as it is written, not where HGVS moves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from anntools.genetic_code import STANDARD, THREE_LETTER, translate
from anntools.spec.consequence import spliced_place
from anntools.spec.transcript import Transcript, meets, reverse_complement
from anntools.spec.vep import Written
from anntools.spec.vep_hgvs_c import Move, moved

SUBSTITUTION, INSERTION, DELETION, BOTH, FRAME, COPY, SAME, UNKNOWN = (
    *(">", "ins", "del", "delins", "fs", "dup", "=", "?"),
)

STARTS: Final = ("ATG", "CTG", "TTG")


@dataclass
class Name:
    """A description while it is made. ``old`` and ``new``: one letter for each amino acid."""

    kind: str
    old: str
    new: str
    first: int
    last: int
    shared: str = ""  # what was dropped from the begin of both
    old_all: str = ""  # ``old`` before anything was dropped


@dataclass(frozen=True)
class Reading:
    """The transcript's protein and what the change makes of it. Positions from 1."""

    t: Transcript
    first: int  # changed coding bases
    last: int
    bases: str  # what is put there, along the transcript

    @property
    def codons(self) -> tuple[int, int]:
        """First and last changed codon; the last is one less for an insertion between two."""
        return (self.first + 2) // 3, (self.last + 2) // 3

    @property
    def changed(self) -> str:
        """Coding sequence and 3' UTR after the change."""
        cds = self.t.coding_sequence
        return cds[: self.first - 1] + self.bases + cds[self.last :] + self.t.utr3

    @property
    def growth(self) -> int:
        """Bases gained."""
        return len(self.bases) - (self.last - self.first + 1)

    @property
    def touched(self) -> tuple[str, str]:
        """Amino acids of the changed codons, before and after; ``-`` for none."""
        a, b = self.codons
        begin, size = 3 * a - 3, 3 * (b - a + 1)
        old = self.t.coding_sequence[begin : begin + size]
        new = self.changed[begin : begin + max(size + self.growth, 0)]
        whole = self.t.amino_acids(old[: len(old) // 3 * 3], a)
        after = translate(_whole(new), self.t.code)
        return _partial(whole, old) or "-", _partial(after, new) or "-"

    @property
    def whole_changed(self) -> str:
        """The new protein; VEP reads it by the standard code."""
        return translate(_whole(self.changed), STANDARD)


def _whole(bases: str) -> str:
    return bases[: len(bases) // 3 * 3]


def _partial(acids: str, bases: str) -> str:
    return acids + "X" if len(bases) % 3 and acids != "*" else acids


def hgvs_p(t: Transcript, w: Written, genome: str, terms: set[str]) -> str | None:
    """The description; None where VEP gives none. ``terms``: those of the consequence."""
    if set(w.alt + w.ref) - set("ACGT") or not _is_coding(t, w):
        return None
    reading = _read(t, w, moved(w, genome, t.strand))
    if reading is None:
        return None
    old, new = reading.touched
    a, b = reading.codons
    name = Name("", old, new, a, b, old_all=old)
    if old != new:
        _drop_shared(name)
    protein = known_protein(t)
    if not terms & {"incomplete_terminal_codon_variant", "stop_retained_variant"} and (
        reading.growth % 3
    ):
        name.kind = FRAME
        _from_first_change(name, reading, protein)
    else:
        _sort(name)
        if name.kind == INSERTION:
            _move(name, protein)
            if "*" not in name.new and _copied(name, t):
                name.kind = COPY
            else:
                beside = _beside(name, protein, min(name.first, name.last))[:2]
                if not beside:
                    return None
                name.old = beside
        elif name.kind == DELETION:
            _move(name, protein)
    if name.kind != COPY and "start_lost" in terms:
        name.kind, name.new = UNKNOWN, "?"
    return _shown(name, reading, protein, "stop_lost" in terms)


def known_protein(t: Transcript) -> str:
    """The protein; it begins with Met where the first codon is, or may be, a start codon."""
    first = t.coding_sequence[:3]
    fits = (all(b in ("N", c) for b, c in zip(first, s, strict=True)) for s in STARTS)
    starts = len(first) == 3 and any(fits)
    return "M" + t.protein[1:] if starts and t.protein else t.protein


def _is_coding(t: Transcript, w: Written) -> bool:
    """Whether the change as written lies at an exon and at the coding part."""
    low, high = sorted((w.first, w.last))
    if not t.coding or w.first > t.last or w.last < t.first:
        return False
    reach = 12 if t.is_repaired else 0
    return meets(low, high, *t.coding) and any(
        meets(low, high, a - reach, b + reach) for a, b in t.exons
    )


def _read(t: Transcript, w: Written, move: Move) -> Reading | None:
    """The change where HGVS has it, if both ends are coding there.

    Paragraph 25: on the minus strand the bases are turned only if the change moves no further than
    their number.
    """
    by = t.strand * move.by
    spliced = spliced_place(t, w.first + by, w.last + by)
    ends = [None if p is None else t.coding_position(p) for p in spliced]
    if ends[0] is None or ends[1] is None:
        return None
    turned = t.strand > 0 or move.by <= len(w.alt)
    alt = move.alt if turned else w.alt
    return Reading(t, ends[0], ends[1], alt if t.strand > 0 else reverse_complement(alt))


def _drop_shared(n: Name) -> None:
    """Leave out the amino acids that both sides share, first at the begin."""
    old, new, first, last, shared = n.old, n.new, n.first, n.last, ""
    while old and old[0] == new[:1]:
        if old[0] == "*":
            return  # a stop stands in both: nothing is left out
        shared += old[0]
        old, new, first = old[1:], new[1:], first + 1
    while old and old[-1] == new[-1:]:
        old, new, last = old[:-1], new[:-1], last - 1
    n.old, n.new, n.first, n.last, n.shared = old, new, first, last, shared


def _sort(n: Name) -> None:
    """The kind, by how many amino acids are left; the first stop on each side is an X from here."""
    n.old, n.new = n.old.replace("*", "X", 1), n.new.replace("*", "X", 1)
    if n.old in ("", "-"):
        n.kind = INSERTION
    elif n.new in ("", "-"):
        n.kind = DELETION
    elif len(n.old) == len(n.new) == 1:
        n.kind = SUBSTITUTION
    else:
        n.kind = BOTH


def _from_first_change(n: Name, r: Reading, protein: str) -> None:
    """A frame shift begins at the first amino acid that differs."""
    before, after = protein + "*", r.whole_changed
    n.first = r.codons[0]
    if n.first > len(after):
        n.kind, n.new = DELETION, "del"
        return
    while n.first <= len(after):
        n.old, n.new = before[n.first - 1 : n.first], after[n.first - 1]
        if n.old == n.new == "*":
            n.kind = SAME
            return
        if n.old != n.new:
            return
        n.first += 1


def _beside(n: Name, protein: str, at: int) -> str:
    """The protein from amino acid ``at`` on, with the stop if it was among the changed ones.

    From 0 it is the last letter, as Perl has it.
    """
    whole = protein + (n.old_all if n.old_all.startswith("*") else "")
    if len(whole) <= at:
        return ""
    return whole[at - 1 :]


def _move(n: Name, protein: str) -> None:
    """Move an insertion or deletion of amino acids on, as far as what follows repeats it."""
    after = _beside(n, protein, n.last + 1)
    unit = n.new if n.kind == INSERTION else n.old
    steps = 0
    while steps <= len(after) - len(unit) and after[steps : steps + 1] == unit[:1] != "":
        unit, steps = unit[1:] + unit[0], steps + 1
    n.first, n.last = n.first + steps, n.last + steps
    if n.kind == INSERTION:
        n.new = unit
    else:
        n.old = unit


def _copied(n: Name, t: Transcript) -> bool:
    """Whether what is inserted stands right before it; if so the name is that of the copy."""
    size = len(n.new)
    before = translate(_whole(t.coding_sequence))[: n.first - 1] + n.shared
    begin = n.first - size - 1
    if begin < 0 or before[begin : begin + size] != n.new:
        return False
    n.first, n.last = n.first - size, n.first - 1
    return True


def _shown(n: Name, r: Reading, protein: str, stop_lost: bool) -> str:
    """The text."""
    if n.old == n.new and n.kind not in (FRAME, INSERTION):
        return f"p.{_three(n.old)}{n.first}="
    if stop_lost and n.kind in (DELETION, SUBSTITUTION):
        new = "del" if n.kind == DELETION else _three(n.new)[:3]
        return f"p.{_old_span(n)}{new}extTer{_to_stop(n.first - 1, r, protein, shift=False)}"
    if n.kind == COPY:
        new = _three(n.new, stop="Xaa")
        if n.first < n.last:
            return f"p.{new[:3]}{n.first}_{new[-3:]}{n.last}dup"
        return f"p.{new}{n.first}dup"
    if n.kind == SUBSTITUTION:
        return f"p.{_three(n.old)}{n.first}{_three(n.new)}"
    if n.kind in (BOTH, INSERTION):
        old, new = _three(n.old), _until_stop(_three(n.new))
        if n.first == n.last and n.kind == BOTH:
            return f"p.{old[:3]}{n.first}delins{new}"
        first, last = sorted((n.first, n.last))
        return f"p.{old[:3]}{first}_{old[-3:]}{last}{n.kind}{new}"
    if n.kind == FRAME:
        old, new = _three(n.old)[:3], _three(n.new)
        if new == "Ter":
            return f"p.{old}{n.first}Ter"
        return f"p.{old}{n.first}{new}fsTer{_to_stop(n.first - 1, r, protein, shift=True)}"
    if n.kind == DELETION:
        return f"p.{_old_span(n)}del"
    if n.first != n.last:  # the start is lost
        return f"p.{_three(n.old)}{n.first}_?{n.last}"
    return f"p.{_three(n.old)}{n.first}?"


def _old_span(n: Name) -> str:
    old = _three(n.old)
    if len(n.old) > 1 and n.kind == DELETION:
        return f"{old[:3]}{n.first}_{old[-3:]}{n.last}"
    return f"{old}{n.first}"


def _to_stop(before: int, r: Reading, protein: str, *, shift: bool) -> str:
    """Amino acids to the first stop of the new protein, ``?`` if that is not ahead."""
    stop = r.whole_changed.find("*")
    count = stop + 1 - before if shift else stop - len(protein)
    return str(count) if before and stop >= 0 and count > 0 else "?"


def _three(letters: str, stop: str = "Ter") -> str:
    """Three-letter names; a stop and an unknown amino acid are both ``Ter`` (paragraph 37)."""
    if letters == "-":
        return letters
    return "".join(stop if x == "X" else THREE_LETTER[x] for x in letters)


def _until_stop(names: str) -> str:
    """Names up to the first ``Ter``: what follows it is not made."""
    at = names.find("Ter")
    return names if at < 0 else names[: at + 3]
