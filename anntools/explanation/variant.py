"""From what a person writes to a place and alleles on the genome.

Understood: ``20-123-A-G`` and ``20:123:A:G`` as in a VCF, ``chr20:g.123A>G`` and
``NC_000020.10:g.…`` (HGVS on the genome), ``ENST00000379440.9:c.76A>T`` and ``NM_000311.5:c.76A>T``
(HGVS on a transcript of the pack), all kinds of change of a single allele; and identifiers of
alleles, as rs numbers, that a store of the pack holds.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from anntools.explanation.known_ids import Known, find_id
from anntools.explanation.packview import Model, PackView
from anntools.problems import InputRefused, Problem, UsageProblem, short
from anntools.spec.transcript import reverse_complement

_VCF: Final = re.compile(
    r"(?P<contig>.+?)[-:_ \t](?P<pos>\d+)[-:_ \t]?(?P<ref>[ACGTN]+)[-:_> \t/](?P<alt>[ACGTN]+)",
    re.I,
)
_HGVS: Final = re.compile(r"(?P<name>[^:]+):(?P<kind>[gmcn])\.(?P<change>.+)", re.I)
_POINT: Final = r"(?:[-*]?\d+(?:[+-]\d+)?)"
_CHANGE: Final = re.compile(
    rf"(?P<a>{_POINT})(?:_(?P<b>{_POINT}))?"
    r"(?:(?P<ref>[ACGT]+)>(?P<alt>[ACGT]+)|(?P<word>delins|del|dup|inv|ins)(?P<bases>[ACGT]*)"
    r"(?:ins(?P<late>[ACGT]+))?)",
    re.I,
)
_POSITION: Final = re.compile(r"(?P<sign>[-*]?)(?P<base>\d+)(?P<offset>[+-]\d+)?")
_LONGEST: Final = 100_000  # bases that one change may span
_FORMS: Final = "20-123-A-G, 20:123:A:G, chr20:g.123A>G, ENST…:c.76A>T, NM_…:c.76del"


class Variant(NamedTuple):
    """One allele as a VCF writes it: 1-based position, REF, ALT; contig by number and name."""

    contig: int
    name: str
    position: int
    ref: str
    alt: str

    def __str__(self) -> str:
        return f"{self.name}:{self.position}:{self.ref}:{self.alt}"


class _Span(NamedTuple):
    """A stretch of the genome, 1-based and closed, and what is to be done with it."""

    contig: int
    first: int
    last: int
    strand: int


def read_variant(text: str, view: PackView) -> Variant:
    """Read a variant. Raises UsageProblem when it is not understood, InputRefused when it is wrong.

    Wrong: an unknown contig or transcript, or reference bases that are not those of the pack.
    """
    text = text.strip()
    hgvs = _HGVS.fullmatch(text)
    if hgvs:
        return _from_hgvs(hgvs["name"], hgvs["kind"].lower(), hgvs["change"], view)
    plain = _VCF.fullmatch(text)
    if plain is None and text.isalnum():
        return _from_id(text, view)
    if plain is None:
        raise UsageProblem(f"'{text}' is not a variant in a known form, such as {_FORMS}.")
    contig = _contig(plain["contig"], view)
    position, ref = int(plain["pos"]), plain["ref"].upper()
    _check(view, contig, position, ref, text)
    return Variant(contig, view.contig_name(contig), position, ref, plain["alt"].upper())


def _from_id(text: str, view: PackView) -> Variant:
    """The allele that a store knows under an identifier."""
    found = [_as_variant(known, view) for known in find_id(text, view)]
    if not found:
        stores = ", ".join(s["name"] for s in view.manifest.stores if s["kind"] == "exact")
        known = f" ({stores})" if stores else ""
        message = f"{text} is not among the variants that this reference knows by name{known}."
        raise InputRefused(Problem("unknown_id", message, found=text, expected=_FORMS))
    if len(found) > 1:
        listed = ", ".join(map(str, found))
        raise UsageProblem(f"{text} stands for several alleles: {listed}. Choose one of them.")
    return found[0]


def _as_variant(known: Known, view: PackView) -> Variant:
    first, ref, alt = known.start + 1, known.ref, known.alt
    if not (ref and alt):
        first -= 1
        anchor = view.bases(known.contig, first - 1, first)
        ref, alt = anchor + ref, anchor + alt
    return Variant(known.contig, view.contig_name(known.contig), first, ref, alt)


def _contig(name: str, view: PackView) -> int:
    contig = view.aliases.get(name)
    if contig is None:
        known = ", ".join(str(c["name"]) for c in view.manifest.contigs[:30])
        text = f"The reference pack does not know the contig '{name}'."
        raise InputRefused(Problem("unknown_contig", text, found=name, expected=known))
    return contig


def _check(view: PackView, contig: int, position: int, ref: str, text: str) -> None:
    """Refuse reference bases that contradict the pack's."""
    length = len(view.contig(contig))
    if not 1 <= position <= length - len(ref) + 1:
        name = view.contig_name(contig)
        message = f"{text} lies outside {name}, which has {length} bases."
        raise InputRefused(Problem("position_outside_contig", message, found=str(position)))
    known = view.bases(contig, position - 1, position - 1 + len(ref))
    if any(a != b for a, b in zip(known, ref, strict=True) if a != "N"):
        message = f"The reference has {known} at {view.contig_name(contig)}:{position}, not {ref}."
        remedy = "The variant may be meant for another genome build."
        raise InputRefused(
            Problem("reference_mismatch", message, found=ref, expected=known, remedy=remedy)
        )


def _from_hgvs(name: str, kind: str, change: str, view: PackView) -> Variant:
    found = _CHANGE.fullmatch(change)
    if found is None:
        raise UsageProblem(f"'{kind}.{change}' is not a change in a known form, such as {_FORMS}.")
    if kind in "gm":
        span = _on_contig(name, found, view)
    else:
        span = _on_transcript(name, kind, found, view)
    if not 0 <= span.last - span.first < _LONGEST:
        raise UsageProblem(
            f"{kind}.{change}: the first position comes before the last, and not more than "
            f"{_LONGEST} bases lie between them."
        )
    return _made(span, found, view, f"{name}:{kind}.{change}")


def _on_contig(name: str, change: re.Match[str], view: PackView) -> _Span:
    contig = _contig(name, view)
    length = len(view.contig(contig))
    ends = [change["a"], change["b"] or change["a"]]
    for text in ends:
        if not (text.isdecimal() and len(text) < 11 and 1 <= int(text) <= length):
            message = f"{short(text)} lies outside {name}, which has {length} bases."
            raise InputRefused(Problem("position_outside_contig", message, found=short(text)))
    return _Span(contig, int(ends[0]), int(ends[1]), 1)


def _on_transcript(name: str, kind: str, change: re.Match[str], view: PackView) -> _Span:
    plain = re.sub(r"\(.*\)", "", name)
    model = view.find_transcript(name) or view.find_transcript(plain)
    if model is None:
        model = view.find_transcript(plain.partition(".")[0])
        if model is not None:
            text = f"The pack has {model.hgvs}, another version than {plain}."
        else:
            text = f"The reference pack has no transcript {plain}."
        raise InputRefused(Problem("unknown_transcript", text, found=plain))
    if (kind == "c") != (model.transcript.coding is not None):
        right = "c." if model.transcript.coding else "n."
        raise UsageProblem(f"Positions of {model.hgvs} are counted as {right}, not {kind}.")
    first, last = (_genomic(model, text) for text in (change["a"], change["b"] or change["a"]))
    strand = model.transcript.strand
    if strand < 0:
        first, last = last, first
    return _Span(model.contig, first, last, strand)


def _genomic(model: Model, text: str) -> int:
    """Genomic position (1-based) of a position of HGVS on a transcript."""
    t = model.transcript
    parts = _POSITION.fullmatch(text)
    assert parts
    number = int(parts["base"][:11])
    begin, end = t.coding_span() if t.coding else (1, len(t.sequence))
    if parts["sign"] == "-":
        spliced = begin - number
    elif parts["sign"] == "*":
        spliced = end + number
    else:
        spliced = begin - 1 + number - (t.pad if t.coding else 0)
    if not 1 <= spliced <= len(t.sequence):
        message = f"{text} lies outside {model.hgvs}, which has {len(t.sequence)} bases."
        raise InputRefused(Problem("position_outside_transcript", message, found=text))
    before = spliced - 1 if t.strand > 0 else len(t.sequence) - spliced
    for i, (a, b) in enumerate(t.exons):
        if before < b - a + 1:
            return _in_intron(
                model, i, a + before, t.strand * int((parts["offset"] or "0")[:11]), text
            )
        before -= b - a + 1
    raise AssertionError("a spliced position lies in an exon")


def _in_intron(model: Model, exon: int, base: int, offset: int, text: str) -> int:
    """A base of an exon, or so many bases from it, which then is the exon's end at an intron."""
    exons = model.transcript.exons
    if offset > 0:
        there = base == exons[exon][1] and exon + 1 < len(exons)
        there = there and base + offset < exons[exon + 1][0]
    elif offset < 0:
        there = base == exons[exon][0] and exon > 0 and base + offset > exons[exon - 1][1]
    else:
        there = True
    if not there:
        message = f"{text} is not in an intron of {model.hgvs} that begins or ends there."
        raise InputRefused(Problem("position_outside_transcript", message, found=text))
    return base + offset


def _made(span: _Span, change: re.Match[str], view: PackView, text: str) -> Variant:
    """The change as a VCF writes it, with the base before it where an allele would be empty."""
    known = view.bases(span.contig, span.first - 1, span.last)

    def turned(bases: str | None) -> str:
        upper = (bases or "").upper()
        return upper if span.strand > 0 else reverse_complement(upper)

    first, ref = span.first, known
    word = (change["word"] or "").lower()
    if change["ref"]:
        ref, alt = turned(change["ref"]), turned(change["alt"])
    elif word == "ins":
        first, ref, alt = _between(span, text), "", turned(change["bases"])
    elif word in ("dup", "inv") and "N" in known:
        message = f"The reference pack does not hold the bases of {text}."
        raise InputRefused(Problem("not_covered", message))
    elif word == "dup":
        first, ref, alt = span.last + 1, "", known
    elif word == "inv":
        alt = reverse_complement(known)
    elif word == "delins":
        alt = turned(change["bases"])
    else:
        ref, alt = turned(change["bases"]) or known, turned(change["late"])
    if len(ref) != span.last - span.first + 1 and ref:
        raise UsageProblem(f"{text}: the bases named are not as many as the positions.")
    if not (ref and alt):
        first -= 1
        anchor = view.bases(span.contig, first - 1, first)
        ref, alt = anchor + ref, anchor + alt
    _check(view, span.contig, first, ref, text)
    return Variant(span.contig, view.contig_name(span.contig), first, ref, alt)


def _between(span: _Span, text: str) -> int:
    if span.last != span.first + 1:
        raise UsageProblem(f"{text}: an insertion lies between two neighbouring positions.")
    return span.last
