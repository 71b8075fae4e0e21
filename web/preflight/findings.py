"""What is worth saying of a file, in sentences, each with the repair if there is one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gas.plans import PlanTerms
from web.ports import PackAtHand, SiteAnnotation
from web.preflight.asked import AskedSite
from web.preflight.assembly import AGREEING, FEWEST_BASES, Guess, RefCheck
from web.preflight.naming import Contig
from web.present import size as size_in_words

_SHOWN = 5
_MOST_NAMES = 8
_NOT_OF_RECORDS = frozenset({"unknown_contig", "reference_mismatch"}) | {
    # Bounds of what is answered at once: in a file such a record is as good as any.
    "allele_too_long",
    "too_many_alleles",
    "too_many_transcripts",
}


class Severity(StrEnum):
    """How bad it is. ERROR: annotating as it stands would be of no use."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OK = "ok"


@dataclass(frozen=True)
class Finding:
    """One thing that was found. `repair` is `{contig_names}`, `{pack}` or `{upgrade: true}`."""

    code: str
    severity: Severity
    sentence: str
    repair: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    """What the button of the repair says."""


def of_size(size: int, terms: PlanTerms) -> Finding | None:
    """Whether the plan takes the file."""
    most = terms.max_upload_bytes
    if size > most:
        told = f"The file has {size_in_words(size)}; the {terms.name} plan takes up to "
        told += f"{size_in_words(most)}."
        upgrade = {} if terms.keeps_results else {"upgrade": True}
        return Finding("too_large", Severity.ERROR, told, upgrade, "See Premium")
    return None


def of_assembly(
    guess: Guess, pack: PackAtHand, check: RefCheck, better: PackAtHand | None
) -> Finding | None:
    """Whether the pack is of the file's assembly, by its contigs and by REF."""
    repair = {"pack": better.name} if better else {}
    label = f"Use {better.name} ({better.assembly})" if better else ""
    no_other = "" if better else " No reference pack for it is here: lift the file over first."
    if guess.name and pack.assembly and guess.name != pack.assembly:
        told = f"The file was made for {guess.name}, but the reference {pack.name} is "
        told += f"{pack.assembly}. "
        return Finding(
            "other_assembly", Severity.ERROR, f"{told}{guess.why}{no_other}", repair, label
        )
    if check.contradicts:
        told = f"Only {check} with {pack.assembly or pack.name}: the file was probably made for "
        told += "another genome build, or REF and ALT are swapped."
        return Finding("reference_differs", Severity.ERROR, told, repair, label)
    if check.tested >= FEWEST_BASES and check.agreeing == check.tested:
        told = f"All {check.tested} REF alleles that could be compared agree with "
        return Finding("reference_agrees", Severity.OK, f"{told}{pack.assembly or pack.name}.")
    return None


def of_mismatches(check: RefCheck, mismatches: Sequence[Mapping[str, Any]]) -> Finding | None:
    """Single REF alleles that differ, in a file that is of the right assembly all the same."""
    if not mismatches or (
        check.tested >= FEWEST_BASES and check.agreeing < AGREEING * check.tested
    ):
        return None
    first = mismatches[0]
    where = f"line {first['line']}" if first["line"] else f"{first['chrom']}:{first['pos']}"
    told = f"{_records(len(mismatches))} REF that is not the reference's, first {where}: "
    told += f"{first['found']} instead of {first['expected']}. Such records are passed through "
    return Finding("reference_mismatch", Severity.WARNING, f"{told}without annotation.")


def of_names(
    contigs: Sequence[Contig], pack: PackAtHand, given: Mapping[str, str]
) -> Finding | None:
    """Contigs under names that the pack does not know, but that can be told.

    An error if it knows none of the file's: without the repair nothing would be annotated.
    """
    renamed = {c.name: c.suggested for c in contigs if c.suggested}
    if not renamed:
        return None
    name, own = next(iter(renamed.items()))
    told = f"The file calls {own} “{name}”, which {pack.name} does not know"
    told += f", and {len(renamed) - 1} more like it." if len(renamed) > 1 else "."
    repair = {"contig_names": {**given, **renamed}}
    severity = Severity.WARNING if any(c.known_as for c in contigs) else Severity.ERROR
    return Finding("contig_names", severity, told, repair, "Read them under these names")


def of_unknown(
    contigs: Sequence[Contig],
    sites: Sequence[AskedSite],
    pack: PackAtHand,
    richer: PackAtHand | None,
) -> Finding | None:
    """Contigs that the pack does not have. `richer`: a pack that fits and has more of them."""
    unknown = [contig for contig in contigs if contig.place is None]
    if not unknown:
        return None
    without = {contig.name for contig in unknown}
    seen = list(dict.fromkeys(site.chrom for site in sites if site.chrom in without))
    chromosomes = [contig.name for contig in unknown if contig.chromosome]
    repair = {"pack": richer.name} if richer else {}
    label = f"Use {richer.name}" if richer else ""
    has = f"The reference {pack.name} has {_listed([c.name for c in pack.contigs])} only"
    if len(unknown) == len(contigs):
        names = _listed(seen or [contig.name for contig in unknown])
        told = f"{has}, and the file has {names}: nothing of it can be annotated."
        return Finding("no_contig_known", Severity.ERROR, told, repair, label)
    if seen:
        told = f"{has}. Records on {_listed(seen)} are passed through without annotation."
        return Finding("unknown_contigs", Severity.WARNING, told, repair, label)
    if chromosomes:
        told = f"{has}. The header names {_listed(chromosomes)} too: records there, if the file "
        told += "has any, are passed through without annotation."
        return Finding("unknown_contigs", Severity.WARNING, told, repair, label)
    if len(unknown) == 1:
        told = f"The header names a contig that {pack.name} does not have, {unknown[0].name}."
    else:
        told = f"The header names {len(unknown)} contigs that {pack.name} does not have, such as "
        told += f"{unknown[0].name}."
    told += " Records there, if the file has any, are passed through without annotation."
    return Finding("unknown_contigs", Severity.INFO, told)


def of_records(answers: Sequence[tuple[AskedSite, SiteAnnotation]]) -> Sequence[Finding]:
    """Records that are wrong in themselves, and those without anything to annotate."""
    wrong = [
        (s, a.problem) for s, a in answers if a.problem and a.problem.code not in _NOT_OF_RECORDS
    ]
    found = []
    if wrong:
        told = "; ".join(
            f"{f'line {site.line}: ' if site.line else ''}{problem.message}"
            for site, problem in wrong[:_SHOWN]
        )
        more = f" (and {len(wrong) - _SHOWN} more)" if len(wrong) > _SHOWN else ""
        sentence = f"{_records(len(wrong))} something wrong{more}: {told}"
        found.append(Finding("bad_records", Severity.WARNING, sentence))
    rows = [row for _, answer in answers for row in answer.alleles]
    idle = sum(row["status"] == "skipped" for row in rows)
    if idle:
        told = f"{_records(idle)} nothing to annotate (no alternate allele, for example): passed "
        found.append(Finding("nothing_to_annotate", Severity.INFO, f"{told}through as they are."))
    return found


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else shown


def _records(count: int) -> str:
    return "1 of the records read has" if count == 1 else f"{count} of the records read have"
