"""Why a variant gets its terms: the written rule applied step by step, and the engine beside it.

Everything here follows ``anntools.spec``, the rule as it is written to be read. What the compiled
engine says of the same variant is shown as a second view: both must agree.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import unquote

from anntools.explanation.engine import Answer, Fields, ask_engine
from anntools.explanation.facts import facts, place_words, plural
from anntools.explanation.packview import Model, PackView
from anntools.explanation.rules import PICK_ORDER, PICK_RULE, REPAIRS, RULES
from anntools.explanation.variant import Variant, read_variant
from anntools.problems import REASON_WORDS, InputRefused, Problem
from anntools.spec.consequence import Effect, consequence, given
from anntools.spec.hgvs_c import hgvs_c
from anntools.spec.hgvs_g import hgvs_g
from anntools.spec.hgvs_p import hgvs_p
from anntools.spec.shift import Change, trimmed
from anntools.spec.transcript import Pair, meets
from anntools.terms import BIT, IMPACT_OF, IMPACTS

DISTANCE: Final = 5000
_COMPARED: Final = (
    "Consequence",
    "EXON",
    "INTRON",
    "HGVSc",
    "HGVSp",
    "cDNA_position",
    "CDS_position",
    "Protein_position",
    "Amino_acids",
    "Codons",
    "DISTANCE",
)


@dataclass(frozen=True)
class Term:
    """A consequence term, its rule, and where the rule is written."""

    term: str
    accession: str
    impact: str
    rule: str
    source: str


@dataclass(frozen=True)
class TranscriptView:
    """One transcript: what is seen, what follows, and what the compiled engine says.

    ``values`` are those of the written rule under the names of CSQ. ``differences``: fields in
    which the engine says something else, as (field, rule's value, engine's value).
    """

    transcript: str
    symbol: str
    biotype: str
    picked: bool
    facts: list[str]
    terms: list[Term]
    values: dict[str, str]
    differences: list[tuple[str, str, str]]
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """In words."""
        mark = " (picked)" if self.picked else ""
        out = [f"{self.transcript} of {self.symbol or 'no gene'}, {self.biotype}{mark}"]
        out += [f"  {i}. {text}" for i, text in enumerate(self.facts, 1)]
        for t in self.terms:
            out.append(f"  => {t.term} ({t.impact}): {t.rule} [{t.source}]")
        shown = [f"{k} {v}" for k, v in self.values.items() if v and k != "Consequence"]
        out.append(f"  {'; '.join(shown)}")
        out += [f"  Note: {note}" for note in self.notes]
        if self.differences:
            out.append("  The compiled engine DISAGREES with the written rule:")
            out += [f"    {k}: rule {a or '-'}, engine {b or '-'}" for k, a, b in self.differences]
        else:
            out.append("  The compiled engine agrees with the written rule.")
        return out


@dataclass(frozen=True)
class Explanation:
    """Why a variant gets its terms, transcript by transcript."""

    asked: str
    variant: str
    hgvsg: str
    pack_id: str
    assembly: str
    steps: list[str]
    transcripts: list[TranscriptView]
    known: dict[str, str]
    skipped: str = ""

    @property
    def agrees(self) -> bool:
        """Whether engine and written rule say the same for all transcripts."""
        return not any(t.differences for t in self.transcripts)

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self) | {"agrees": self.agrees}

    def lines(self) -> list[str]:
        """In words."""
        out = [f"{self.variant}   {self.hgvsg}   {self.assembly}, pack {self.pack_id}", ""]
        out += [f"{i}. {text}" for i, text in enumerate(self.steps, 1)]
        for t in self.transcripts:
            out += ["", *t.lines()]
        if self.known:
            out += [
                "",
                "Known at this place: " + "; ".join(f"{k}={v}" for k, v in self.known.items()),
            ]
        return out


def explain(
    variant: str, pack: str | Path = "demo", *, transcript: str = "", distance: int = DISTANCE
) -> Explanation:
    """Explain a variant given as text (see ``anntools.explanation.variant``).

    ``transcript``: only this one, by id. Raises UsageProblem, InputRefused, PackProblem.
    """
    view = PackView(pack)
    found = read_variant(variant, view)
    position, ref, alts = given(found.position, found.ref, [found.alt])
    first, last, alt = position, position + len(ref) - 1, alts[0]
    change = trimmed(found.position, found.ref, found.alt)
    genome = cast(str, view.contig(found.contig))  # read where it is needed
    answer = ask_engine(found, view.folder)
    models = view.transcripts_near(found.contig, first, last, distance)
    if transcript:
        models = [m for m in models if transcript in (m.id, m.hgvs, m.mane)]
        if not models:
            text = f"{transcript} is not within {distance} bases of {found}."
            raise InputRefused(Problem("unknown_transcript", text, found=transcript))
    views = [_transcript(m, first, ref, alt, change, genome, answer) for m in models]
    steps = _steps(variant, found, first, last, ref, alt, len(models), distance)
    if answer.skipped:
        steps.append(f"The engine passes this record through: {REASON_WORDS[answer.skipped]}.")
    if not models:
        rule = RULES["intergenic_variant"]
        steps.append(f"=> intergenic_variant (MODIFIER): {rule.words} [{rule.source}]")
    return Explanation(
        variant,
        str(found),
        view.genomic_prefix(found.contig) + hgvs_g(change, genome).partition(".")[2],
        view.manifest.pack_id,
        view.manifest.assembly,
        steps,
        views,
        answer.known,
        answer.skipped,
    )


def _steps(
    asked: str, v: Variant, first: int, last: int, ref: str, alt: str, models: int, distance: int
) -> list[str]:
    out = []
    if asked.strip() != str(v):
        out.append(f"{asked} is {v} as a VCF writes it; REF agrees with the reference.")
    else:
        out.append("REF agrees with the reference, where the pack has its bases.")
    kind = "is put in" if not ref else "is taken out" if not alt else "is replaced"
    words = f"{ref or 'nothing'} becomes {alt or 'nothing'}"
    out.append(
        f"Without what REF and ALT share, the place is {place_words(v.name, first, last)}, where "
        f"sequence {kind}: {words}."
    )
    near = "lies" if models == 1 else "lie"
    out.append(f"{plural(models, 'transcript')} {near} there or within {distance} bases of it.")
    return out


def _transcript(
    model: Model, first: int, ref: str, alt: str, change: Change, genome: str, answer: Answer
) -> TranscriptView:
    t = model.transcript
    effect = consequence(t, first, ref, alt)
    values = _values(model, effect, change, genome)
    engine = answer.transcripts.get(model.id, {})
    notes = []
    if t.is_repaired:
        notes.append(f"Where this differs from VEP: docs/engine/divergences.md, “{REPAIRS}”.")
    if engine.get("PICK"):
        notes.append(f"{PICK_RULE} See docs/engine/divergences.md, “{PICK_ORDER}”.")
    return TranscriptView(
        model.hgvs or model.id,
        model.symbol,
        model.biotype,
        bool(engine.get("PICK")),
        facts(model, first, first + len(ref) - 1, ref, alt, effect),
        [_term(name) for name in _by_severity(effect.terms)],
        values,
        [
            (name, values.get(name, ""), engine.get(name, ""))
            for name in _COMPARED
            if not _same(name, values.get(name, ""), engine.get(name, ""))
        ],
        notes,
    )


def _by_severity(terms: set[str]) -> list[str]:
    return sorted(terms, key=BIT.__getitem__)


def _term(name: str) -> Term:
    rule = RULES[name]
    return Term(name, rule.accession, IMPACTS[IMPACT_OF[BIT[name]]], rule.words, rule.source)


def _values(model: Model, effect: Effect, change: Change, genome: str) -> Fields:
    """The fields of CSQ by the written rule."""
    t = model.transcript
    values = {"Consequence": "&".join(_by_severity(effect.terms))}
    if not meets(change.first, change.last, t.first, t.last) and effect.distance:
        return values | {"DISTANCE": str(effect.distance)}
    coding = hgvs_c(t, change, genome)
    protein = hgvs_p(t, change, genome) if model.protein else None
    return values | {
        "EXON": _numbers(effect.exons),
        "INTRON": _numbers(effect.introns),
        "HGVSc": f"{model.hgvs}:{coding}" if coding else "",
        "HGVSp": f"{model.protein}:{protein}" if protein else "",
        "cDNA_position": _range(effect.spliced),
        "CDS_position": _range(effect.coding),
        "Protein_position": _range(effect.protein),
        "Amino_acids": effect.amino_acids,
        "Codons": effect.codons,
    }


def _numbers(numbers: tuple[int, int, int] | None) -> str:
    if numbers is None:
        return ""
    a, b, of = numbers
    return f"{a}/{of}" if a == b else f"{a}-{b}/{of}"


def _range(pair: Pair) -> str:
    """Positions as CSQ prints them."""
    a, b = pair
    if a is None and b is None:
        return ""
    if a is not None and b is not None:
        a, b = min(a, b), max(a, b)
    return str(a) if a == b else f"{'?' if a is None else a}-{'?' if b is None else b}"


def _same(name: str, written: str, compiled: str) -> bool:
    return written == (unquote(compiled) if name.startswith("HGVS") else compiled)
