"""The preflight: everything that is said of a file before it is uploaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gas.errors import NotFound, ServiceUnavailable
from gas.jobs import JobOptions
from gas.logs import get_logger
from gas.plans import PlanTerms
from gas.throughput import Throughput
from web.ports import Engine, PackAtHand, SiteAnnotation
from web.preflight import findings
from web.preflight.asked import AskedSite, PreflightRequest
from web.preflight.assembly import Guess, RefCheck, check_ref, guess_assembly
from web.preflight.findings import Finding
from web.preflight.naming import Chromosomes, Contig, match_contigs

log = get_logger()

_PREVIEWED = 10
_MISMATCHES = 20
_TOLD_CONTIGS = 200


@dataclass(frozen=True)
class PackFit:
    """A pack in the light of the file."""

    pack: PackAtHand
    contigs: Sequence[Contig]
    ref: RefCheck
    fits: bool
    why: str


@dataclass(frozen=True)
class Preflight:
    """What is said of the file."""

    chosen: PackFit
    fits: Sequence[PackFit]
    guess: Guess
    findings: Sequence[Finding]
    mismatches: Sequence[Mapping[str, Any]]
    preview: Sequence[Mapping[str, Any]]
    expected_seconds: float
    measured: bool
    """Whether that comes from jobs that this service has done."""
    size_ok: bool


def preflight(
    engine: Engine, throughput: Throughput, terms: PlanTerms, asked: PreflightRequest
) -> Preflight:
    """Look at a file's first lines.

    Raises:
        NotFound: there is no pack of the name that is asked for, or none at all.
        ServiceUnavailable: the engine is not ready yet.
    """
    guess, fits = _packs(engine, asked)
    chosen = _chosen(fits, asked.pack, engine)
    known = {c.name for c in chosen.contigs if c.known_as} & asked.contig_names.keys()
    names = {name: asked.contig_names[name] for name in known}
    sites = [site.site() for site in asked.sites]
    annotated = engine.annotate(chosen.pack.pack_id, sites, names) if sites else ()
    answers = list(zip(asked.sites, annotated, strict=True))
    mismatches = [_mismatch(s, a) for s, a in answers if _code(a) == "reference_mismatch"]
    seconds = _measured(throughput, chosen.pack, asked)
    return Preflight(
        chosen=chosen,
        fits=fits,
        guess=guess,
        findings=_findings(asked, terms, guess, chosen, fits, answers, mismatches),
        mismatches=mismatches[:_MISMATCHES],
        preview=[row for each in _first_annotated(answers) for row in _preview(*each)],
        expected_seconds=seconds if seconds is not None else estimate(asked.size, asked.file_name),
        measured=seconds is not None,
        size_ok=asked.size <= terms.max_upload_bytes,
    )


def _packs(engine: Engine, asked: PreflightRequest) -> tuple[Guess, Sequence[PackFit]]:
    """The assembly, and how each pack fits."""
    chromosomes, sites = Chromosomes(engine.chromosomes()), [site.site() for site in asked.sites]
    looked = []
    for pack in engine.packs():
        contigs = match_contigs(asked.names(), pack, chromosomes, asked.contig_names)
        looked.append((pack, contigs, check_ref(engine, pack, contigs, sites)))
    if not looked:
        raise NotFound("No reference pack is installed.", remedy="Tell the operator.")
    checks = [(pack, ref) for pack, _, ref in looked]
    guess = guess_assembly(looked[0][1], checks, asked.reference)
    return guess, [PackFit(*each, *_fit(*each, guess)) for each in looked]


def _fit(
    pack: PackAtHand, contigs: Sequence[Contig], ref: RefCheck, guess: Guess
) -> tuple[bool, str]:
    """Whether the file can be annotated with a pack, and why."""
    build = pack.assembly or pack.name
    known = sum(contig.place is not None for contig in contigs)
    if guess.name and pack.assembly and guess.name != pack.assembly:
        return False, f"It is {pack.assembly}; the file was made for {guess.name}."
    if contigs and not known:
        return False, "It has none of the file's contigs."
    if ref.contradicts:
        return False, f"Only {ref} with it."
    agree = f" and {ref}" if ref.agrees else ""
    return True, f"It is {build}, has {known} of {len(contigs)} contigs of the file{agree}."


def _chosen(fits: Sequence[PackFit], wanted: str | None, engine: Engine) -> PackFit:
    """The pack asked for; else the one that fits best, the usual one if several do."""
    if wanted is not None:
        pack_id = engine.pack(wanted).pack_id
        return next(fit for fit in fits if fit.pack.pack_id == pack_id)
    return max(fits, key=_goodness)


def _goodness(fit: PackFit) -> tuple[bool, int, bool]:
    return fit.fits, _known(fit), fit.pack.name == JobOptions().pack


def _known(fit: PackFit) -> int:
    """How many contigs of the file the pack has."""
    return sum(contig.place is not None for contig in fit.contigs)


def _findings(
    asked: PreflightRequest,
    terms: PlanTerms,
    guess: Guess,
    chosen: PackFit,
    fits: Sequence[PackFit],
    answers: Sequence[tuple[AskedSite, SiteAnnotation]],
    mismatches: Sequence[Mapping[str, Any]],
) -> Sequence[Finding]:
    """The worst first."""
    pack, contigs = chosen.pack, chosen.contigs
    others = [fit for fit in fits if fit.fits and fit.pack != pack]
    other = max(others, key=_goodness) if others else None
    better = other.pack if other else None
    richer = better if other and _known(other) > _known(chosen) else None
    found = [
        findings.of_size(asked.size, terms),
        findings.of_assembly(guess, pack, chosen.ref, better),
        findings.of_names(contigs, pack, asked.contig_names),
        findings.of_unknown(contigs, asked.sites, pack, richer),
        findings.of_mismatches(chosen.ref, mismatches),
        *findings.of_records(answers),
    ]
    order = list(findings.Severity)
    return sorted(filter(None, found), key=lambda finding: order.index(finding.severity))


def _code(answer: SiteAnnotation) -> str:
    return answer.problem.code if answer.problem else ""


def _mismatch(site: AskedSite, answer: SiteAnnotation) -> Mapping[str, Any]:
    problem = answer.problem
    assert problem
    place = {"line": site.line, "chrom": site.chrom, "pos": site.pos}
    return {**place, "found": problem.found, "expected": problem.expected}


def _first_annotated(
    answers: Sequence[tuple[AskedSite, SiteAnnotation]],
) -> Sequence[tuple[AskedSite, SiteAnnotation]]:
    """Records about which something is said, those that change a gene first, in the file's order;
    if there is none, the first ones."""
    said = [
        each for each in answers if any(row["status"] == "annotated" for row in each[1].alleles)
    ]
    found = said or answers
    telling = sorted(range(len(found)), key=lambda at: _dullness(found[at][1]))[:_PREVIEWED]
    return [found[at] for at in sorted(telling)]


def _dullness(answer: SiteAnnotation) -> int:
    """0: it changes a gene's product, or may; 1: it is in or near a gene; 2: it is not."""
    rows = answer.alleles
    if any(row.get("impact") not in (None, "MODIFIER") for row in rows):
        return 0
    return 1 if any(row.get("symbol") for row in rows) else 2


def _preview(site: AskedSite, answer: SiteAnnotation) -> Sequence[Mapping[str, Any]]:
    """Rows as the table has them, without the transcripts that were not picked."""
    if answer.problem:
        told = {"chrom": site.chrom, "pos": site.pos, "ref": site.ref, "alt": site.alt}
        problem = {"code": answer.problem.code, "message": answer.problem.message}
        return [{"line": site.line, **told, "status": "skipped", "problem": problem}]
    left_out = ("transcripts", "raw")
    rows = [{k: v for k, v in row.items() if k not in left_out} for row in answer.alleles]
    return [{"line": site.line, **row} for row in rows]


def _measured(throughput: Throughput, pack: PackAtHand, asked: PreflightRequest) -> float | None:
    """What this service's own jobs say; the preflight does not fail for want of it."""
    try:
        return throughput.run_seconds(pack.name, file_name=asked.file_name, size=asked.size)
    except ServiceUnavailable as error:
        log.warning("pace_unreadable", reason=error.message)
        return None


def estimate(size: int, file_name: str) -> float:
    """Seconds for a file until this service has measured its own: a start, and bytes by kind."""
    packed = file_name.lower().endswith((".gz", ".bgz", ".bgzf", ".bcf"))
    return START_SECONDS + size / (PACKED_BYTES_PER_SECOND if packed else PLAIN_BYTES_PER_SECOND)


START_SECONDS = 3.0
"""The queue when it is empty, the engine's start, storing the results."""

PLAIN_BYTES_PER_SECOND = 15_000_000
PACKED_BYTES_PER_SECOND = 2_500_000
"""Of one thread with table and index, for files of sites, which are the slowest by the byte:
measured with 500,000 records of 1000 Genomes' chromosome 20 (docs/preflight.md)."""


def document(result: Preflight) -> dict[str, Any]:
    """The answer as JSON."""
    chosen, suggested = result.chosen, {c.name: c.suggested for c in result.chosen.contigs}
    return {
        "pack": chosen.pack.name,
        "assembly": {
            "guess": result.guess.name,
            "why": result.guess.why,
            "certainty": result.guess.certainty,
        },
        "packs": [
            {
                "name": fit.pack.name,
                "pack_id": fit.pack.pack_id,
                "assembly": fit.pack.assembly,
                "fits": fit.fits,
                "why": fit.why,
            }
            for fit in result.fits
        ],
        "contigs": [
            {"name": c.name, "as": c.place, "known": c.known_as is not None}
            for c in chosen.contigs[:_TOLD_CONTIGS]
        ],
        "contigs_total": len(chosen.contigs),
        "pack_contigs": [contig.name for contig in chosen.pack.contigs[:_TOLD_CONTIGS]],
        "suggested_names": {name: own for name, own in suggested.items() if own},
        "ref_mismatches": list(result.mismatches),
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "sentence": finding.sentence,
                "repair": dict(finding.repair) or None,
                "label": finding.label if finding.repair else "",
            }
            for finding in result.findings
        ],
        "preview": list(result.preview),
        "expected_seconds": round(result.expected_seconds, 1),
        "expected_measured": result.measured,
        "size_ok": result.size_ok,
    }
