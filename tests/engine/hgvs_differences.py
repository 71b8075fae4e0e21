"""Why our HGVS differs from VEP 115's: the class of a row that differs.

Two kinds of classes. *Errors*: VEP's text is reckoned from ours by putting VEP's error in; the
class is given only if the result is VEP's text to the letter. *Rules*: the texts differ in form as
a recommendation of HGVS says. A class is the number of its paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from anntools.spec import hgvs_p as p
from anntools.spec.hgvs_c import describe, hgvs_c, name_of
from anntools.spec.hgvs_g import hgvs_g
from anntools.spec.shift import Change, shifted, trimmed
from anntools.spec.transcript import Transcript, reverse_complement

Changes = Iterable[Change]
PAD = 3  # paragraphs of docs/engine/divergences.md; those from 21 on are its section "HGVS"
(
    SEVERAL,
    INVERSION,
    LAST,
    OUTSIDE,
    UNTURNED,
    MIRROR,
    EARLIER,
    START,
    NONSENSE,
    STOP,
    FRAME,
    UNCHANGED,
    UNKNOWN,
    THREE,
    INSIDE,
    WRITTEN,
    MISSING,
) = range(21, 38)


def mirrored_utr(t: Transcript, genome: str) -> str:
    """What VEP takes for the 3' UTR of a minus-strand transcript."""
    ends = t.first + t.last
    parts = [genome[ends - b - 1 : ends - a] for a, b in t.exons]
    return reverse_complement("".join(parts))[t.coding_span()[1] :]


def in_error(t: Transcript, change: Change, genome: str) -> Iterator[tuple[int, str]]:
    """(class, HGVSp with that error of VEP)."""
    right = p.read(t, shifted(change, genome, t.strand))
    if right is None:
        return
    readings = [(0, right)]
    if t.strand < 0:
        if change.is_insertion:
            unturned = replace(right, bases=reverse_complement(change.alt))
            readings.append((UNTURNED, unturned))
        utr = mirrored_utr(t, genome)
        readings += [
            (name or MIRROR, replace(r, mrna=r.mrna[: r.size] + utr)) for name, r in readings
        ]
    for name, reading in readings:
        said = p.describe(reading) or ""
        yield name, said
        if "fsTer" in said or "extTer" in said:
            protein = reading.changed_protein
            start = re.search(r"\d+", said)
            if start and 0 <= protein.find("*") < int(start[0]) - 1:
                yield EARLIER, re.sub(r"Ter\d+$", "Ter?", said)


def protein_rule(ours: str, theirs: str) -> int:
    """The recommendation by which two descriptions of one protein differ; 0 if none does."""
    start = re.fullmatch(r"p\.[A-Z][a-z]{2}1\?", ours)
    if re.search(r"\?\d+$|[A-Z][a-z]{2}0_|\d\?$", theirs) and ours != theirs:
        return START if start or not ours else MISSING
    if start:
        return START
    numbers = re.findall(r"\d+", ours)
    if re.fullmatch(r"p\.[A-Z][a-z]{2}\d+Ter", ours) and re.search(r"(ins|del)(Ter)?$", theirs):
        return NONSENSE if numbers[0] in re.findall(r"\d+", theirs) else 0
    if ours == "p.?":
        return UNKNOWN
    if "extTer" in ours or re.search(r"Ter\d+(del|ins|ext|fs)", theirs) or "Ter" in ours[:5]:
        return STOP
    if re.search(r"fsTer(\d+|\?)$", ours) and re.search(r"ins\w+Ter$|^$", theirs):
        return FRAME
    if ours.endswith("=") and theirs.endswith("="):
        return UNCHANGED
    return 0


def same_frame_end(ours: str, theirs: str) -> bool:
    """``p.Ter5SerextTer9`` is VEP's ``p.Ter5SerfsTer10``."""
    a = re.fullmatch(r"p\.Ter(\d+)(\w{3})extTer(\d+|\?)", ours)
    b = re.fullmatch(r"p\.Ter(\d+)(\w{3})fsTer(\d+|\?)", theirs)
    if not a or not b or a[1] != b[1] or a[2] != b[2]:
        return False
    return a[3] == b[3] if "?" in (a[3], b[3]) else int(a[3]) + 1 == int(b[3])


def explain_protein(ours: str, theirs: str, t: Transcript, change: Change, genome: str) -> int:
    """Class of a HGVSp that differs."""
    answers = list(in_error(t, change, genome))
    for name, said in answers:
        if said == theirs or same_frame_end(said, theirs):
            return name or STOP
    return (
        protein_rule(ours, theirs)
        or next((name for name, said in answers if name and protein_rule(said, theirs)), 0)
        or protein_shape(ours, theirs, t, change)
    )


def protein_shape(ours: str, theirs: str, t: Transcript, change: Change) -> int:
    """Classes that follow from the transcript or from how the change is written."""
    protein = t.amino_acids(t.coding_sequence, 1)
    if "Xaa" in ours:
        return MISSING
    if "*" in protein[:-1]:
        return INSIDE
    written = p.read(t, change)
    if (written is None) and not (ours and theirs):
        return WRITTEN
    if ours.endswith("del") and theirs.endswith("del"):
        return THREE
    return 0


def explain_coding(ours: str, theirs: str, t: Transcript, change: Change, genome: str) -> int:
    """Class of a HGVSc that differs."""
    if t.pad and hgvs_c(replace(t, pad=0), change, genome) == theirs:
        return PAD
    if "inv" in ours or "inv" in theirs:
        return INVERSION
    if not ours or not theirs:
        return OUTSIDE
    if t.coding and "*" in theirs:
        last = name_of(t, t.coding[1] if t.strand > 0 else t.coding[0])
        if ours.replace(last + "+", "*") == theirs or re.search(r"\*[+-]", theirs):
            return LAST
    return 0


@dataclass(frozen=True)
class Written:
    """A record as its VCF has it. ``number``: the ALT, from 0."""

    position: int
    ref: str
    alts: tuple[str, ...]
    number: int

    def in_one_exon(self, t: Transcript) -> bool:
        """Whether REF lies in an exon from end to end."""
        last = self.position + len(self.ref) - 1
        return any(a <= self.position and last <= b for a, b in t.exons)

    def trimmed_at_end_first(self) -> Change:
        """REF and ALT without what they share, the end taken off before the begin."""
        ref, alt, position = self.ref, self.alts[self.number], self.position
        while ref and alt and ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
        while ref and alt and ref[0] == alt[0]:
            ref, alt, position = ref[1:], alt[1:], position + 1
        return Change(position, position + len(ref) - 1, ref, alt)

    def genomic_error(self) -> list[Change]:
        """What VEP names in HGVSg: REF trimmed, ALT not, then what these two share taken off."""
        found = []
        for right in (trimmed(self.position, self.ref, self.alts[self.number]),):
            for cut in (0, 1):
                alt = self.alts[self.number][cut:]
                found.append(trimmed(right.first, right.ref, alt))
        return found


def explain_several(
    field: str, theirs: str, t: Transcript | None, written: Written, genome: str
) -> int:
    """Class of a row of a record with several ALTs."""
    still = "N" * len(genome)  # nothing moves and nothing is a copy
    change = trimmed(written.position, written.ref, written.alts[written.number])
    if field == "HGVSg":
        if any(hgvs_g(c, still) == theirs for c in (change, *written.genomic_error())):
            return SEVERAL
        return 0
    if t is None:
        return 0
    if not theirs and field == "HGVSp":
        return SEVERAL
    for as_written in (change, written.trimmed_at_end_first()):
        said = (hgvs_c if field == "HGVSc" else p.hgvs_p)(t, as_written, still) or ""
        if field == "HGVSc" and t.pad and said != theirs:
            why = explain_several(field, theirs, replace(t, pad=0), written, genome)
            if why:
                return why
        copies = [describe(t, c, genome) for c in (as_written, _behind(as_written))]
        if theirs in (said, _turned(said), *copies):
            return SEVERAL
        if explain(field, said, theirs, t, as_written, still):
            return SEVERAL
    ways = (change, written.trimmed_at_end_first())
    for said in _names_when_moved(field, t, ways, genome, written):
        if said == theirs or (field == "HGVSp" and said and protein_rule(said, theirs)):
            return SEVERAL
    if field == "HGVSp" and not written.in_one_exon(t):
        return SEVERAL
    return 0


def _moved_with_another(t: Transcript, change: Change, written: Written, genome: str) -> Changes:
    """The change moved no further than some ALT of its record can be, its bases turned or not."""
    others = [trimmed(written.position, written.ref, a) for a in written.alts if a.isalpha()]
    most = max(abs(shifted(c, genome, t.strand).first - c.first) for c in others)
    unit = change.alt
    for by in range(-most, most + 1):
        turn = by % len(unit) if unit else 0
        for alt in {unit, unit[turn:] + unit[:turn]}:
            yield Change(change.first + by, change.last + by, change.ref, alt)


def _names_when_moved(
    field: str, t: Transcript, changes: Changes, genome: str, written: Written
) -> Iterator[str]:
    """Names of the change moved with another ALT of its record."""
    for change in changes:
        for at in _moved_with_another(t, change, written, genome):
            if field == "HGVSp":
                reading = p.read(t, at)
                yield (p.describe(reading) or "") if reading else ""
                continue
            for bases in (genome, "N" * len(genome)):
                said = describe(t, at, bases) or ""
                yield said
                yield _turned(said)


def _behind(change: Change) -> Change:
    """An insertion one copy further on: VEP finds a copy on either side."""
    n = len(change.alt) if change.is_insertion else 0
    return replace(change, first=change.first + n, last=change.last + n)


def _turned(said: str) -> str:
    """The two ends of an insertion the other way round, as VEP has them now and then."""
    return re.sub(r"^([cn]\.)(\S+)_(\S+)(?=ins)", r"\1\3_\2", said)


def explain(
    field: str,
    ours: str,
    theirs: str,
    t: Transcript | None,
    change: Change,
    genome: str,
    written: Written | None = None,
) -> int:
    """Class of a row that differs, or 0."""
    if written and len(written.alts) > 1:
        why = explain_several(field, theirs, t, written, genome)
        if why:
            return why
    if field == "HGVSg":
        return INVERSION if "inv" in ours or "inv" in theirs else 0
    if t is None:
        return 0
    if field == "HGVSc":
        return explain_coding(ours, theirs, t, change, genome)
    blocked = written is not None and not theirs and not written.in_one_exon(t)
    return explain_protein(ours, theirs, t, change, genome) or (WRITTEN if blocked else 0)
