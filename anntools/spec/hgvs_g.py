"""HGVS of an allele on the chromosome: the text after ``g.`` (or ``m.``)."""

from __future__ import annotations

from anntools.spec.shift import Change, duplicated, is_inversion, shifted


def hgvs_g(change: Change, genome: str) -> str:
    """For example ``g.12del``, ``g.12_13insA``, ``g.12_13inv``. ``genome``: the whole contig.

    REF and ALT that are an inversion as they are written keep their ends, as in VEP; on a
    transcript an inversion is as long as what it changes.
    """
    at = shifted(change, genome, 1)
    if len(at.ref) == 1 and len(at.alt) == 1:
        return f"g.{at.first}{at.ref}>{at.alt}"
    copy = duplicated(at, genome, 1)
    if copy:
        return f"g.{_span(*copy)}dup"
    if at.is_insertion:
        return f"g.{at.last}_{at.first}ins{at.alt}"
    return f"g.{_span(*(at.inverted or (at.first, at.last)))}{what(at, at.alt)}"


def what(change: Change, alt: str) -> str:
    """The word for a change that takes bases away, with ``alt`` in the direction of description."""
    if change.is_deletion:
        return "del"
    return "inv" if is_inversion(change) else f"delins{alt}"


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}_{last}"
