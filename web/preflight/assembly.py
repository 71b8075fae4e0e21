"""Which assembly a file was made for: by lengths and accessions of contigs, by REF, by its header.

The lengths of the chromosomes differ from one assembly to the next, so one is proof. REF bases
agree by chance once in four times; of ten that all agree, once in a million.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from web.ports import Engine, PackAtHand, Site
from web.preflight.naming import Contig

CERTAIN, LIKELY, UNSURE, UNKNOWN = "certain", "likely", "unsure", "unknown"

FEWEST_BASES = 4
"""Of fewer REF bases nothing is concluded."""
_ENOUGH_BASES = 10
AGREEING = 0.9
"""Of the REF bases of a file made for a pack's assembly, more than this share agrees."""

_HINTS = (
    ("GRCh37", re.compile(r"grch37|hg19|b37|hs37|build\s?37", re.IGNORECASE)),
    ("GRCh38", re.compile(r"grch38|hg38|b38|hs38", re.IGNORECASE)),
    ("T2T-CHM13v2.0", re.compile(r"chm13|hs1\b|t2t", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Guess:
    """The assembly, why, and how certain that is. `name` is empty if it is unknown."""

    name: str
    why: str
    certainty: str


@dataclass(frozen=True)
class RefCheck:
    """How REF agrees with the bases of a pack, where it has them."""

    tested: int = 0
    agreeing: int = 0

    @property
    def agrees(self) -> bool:
        return self.tested >= FEWEST_BASES and self.agreeing >= AGREEING * self.tested

    @property
    def contradicts(self) -> bool:
        return self.tested >= FEWEST_BASES and self.agreeing < AGREEING * self.tested

    def __str__(self) -> str:
        return f"{self.agreeing} of {self.tested} REF alleles agree"


def check_ref(
    engine: Engine, pack: PackAtHand, contigs: Sequence[Contig], sites: Sequence[Site]
) -> RefCheck:
    """Compare REF with the pack's bases; places the pack has no bases for are not counted."""
    places = {contig.name: contig.place for contig in contigs}
    lengths = {contig.name: contig.length for contig in pack.contigs}
    tested = agreeing = 0
    for site in sites:
        own, start, end = places.get(site.chrom), site.pos - 1, site.pos - 1 + len(site.ref)
        if own is None or start < 0 or not site.ref or end - start > 1000:
            continue
        if end > lengths[own]:
            tested += 1  # such a place does not exist there
            continue
        known = engine.sequence(pack.pack_id, own, start, end)
        if "N" not in known:
            tested += 1
            agreeing += known == site.ref.upper()
    return RefCheck(tested, agreeing)


def guess_assembly(
    contigs: Sequence[Contig], checks: Sequence[tuple[PackAtHand, RefCheck]], reference: str
) -> Guess:
    """The assembly of a file. `contigs`: matched against any pack; `checks`: against all."""
    found = [contig for contig in contigs if contig.chromosome]
    votes = Counter(c.chromosome.assembly for c in found if c.chromosome)
    if len(votes) == 1:
        return _by_contigs(found, checks)
    if votes:
        told = " and ".join(f"{name} ({count})" for name, count in votes.most_common())
        return Guess("", f"Its contigs are those of several assemblies: {told}.", UNSURE)
    return _by_ref(checks) or _by_header(reference) or _not_known(checks)


def _by_contigs(found: Sequence[Contig], checks: Sequence[tuple[PackAtHand, RefCheck]]) -> Guess:
    chromosome = found[0].chromosome
    assert chromosome is not None
    name = chromosome.assembly
    if found[0].length == chromosome.length:
        why = f"Contig {found[0].name} has {chromosome.length:,} bases, as in {name} alone"
    else:
        why = f"{found[0].name} is the name of chromosome {chromosome.name} in {name}"
    if len(found) > 1:
        why += f", and {len(found) - 1} more say the same"
    for pack, check in checks:
        if pack.assembly == name and check.contradicts:
            return Guess(name, f"{why}; but only {check} with it.", UNSURE)
        if pack.assembly == name and check.agrees:
            return Guess(name, f"{why}; {check}.", CERTAIN)
    return Guess(name, f"{why}.", CERTAIN)


def _by_ref(checks: Sequence[tuple[PackAtHand, RefCheck]]) -> Guess | None:
    agreeing = [(pack, check) for pack, check in checks if check.agrees]
    if len({pack.assembly or pack.name for pack, _ in agreeing}) != 1:
        return None
    pack, check = max(agreeing, key=lambda each: each[1].tested)
    name = pack.assembly or pack.name
    certainty = CERTAIN if check.tested >= _ENOUGH_BASES else LIKELY
    return Guess(name, f"The header does not tell, but {check} with {name}.", certainty)


def _by_header(reference: str) -> Guess | None:
    named = [name for name, hint in _HINTS if hint.search(reference)]
    if len(named) != 1:
        return None
    return Guess(named[0], f"The header names the reference {reference[:80]}.", LIKELY)


def _not_known(checks: Sequence[tuple[PackAtHand, RefCheck]]) -> Guess:
    against = [f"{c} with {p.assembly or p.name}" for p, c in checks if c.contradicts]
    if against:
        return Guess("", f"None that is here: only {'; '.join(against)}.", UNSURE)
    return Guess("", "Neither the header nor the records read tell it.", UNKNOWN)
