"""From what was typed or sent to the engine's answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gas.errors import InvalidRequest
from gas.jobs import JobOptions
from web.ports import MOST_SITES, Engine, PackAtHand, Site, SiteAnnotation


class SiteRequest(BaseModel):
    """A variant by its parts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    chrom: str
    pos: int = Field(ge=0, le=2**40)
    ref: str
    alt: str
    info: str = ""
    """`END=…` or `SVLEN=…` of a symbolic allele."""


class VariantsRequest(BaseModel):
    """The body of `POST /api/v1/variants`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pack: str = Field(default=JobOptions().pack, max_length=100)
    contig_names: dict[str, str] = Field(default_factory=dict, max_length=1000)
    variants: list[SiteRequest | str] = Field(min_length=1, max_length=MOST_SITES)


@dataclass(frozen=True)
class Answered:
    """A variant that was asked about, as it was written, and what is said of it."""

    asked: str
    answer: SiteAnnotation

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """A row per alternate allele."""
        return self.answer.alleles


def ask(engine: Engine, wanted: VariantsRequest) -> tuple[PackAtHand, Sequence[SiteAnnotation]]:
    """The pack, and the answers in the order of the questions.

    Raises:
        NotFound: there is no such pack.
        InvalidRequest: a name in `contig_names` leads to a contig that the pack does not have.
        ServiceUnavailable: the engine is not ready yet.
    """
    pack = engine.pack(wanted.pack)
    asked = [_question(each) for each in wanted.variants]
    return pack, engine.annotate(pack.pack_id, asked, wanted.contig_names)


def ask_text(engine: Engine, pack: str, text: str) -> tuple[PackAtHand, Sequence[Answered]]:
    """Variants typed one per line; blank lines and a VCF's header lines are left out.

    Raises: as `ask`; InvalidRequest also for too many lines.
    """
    lines = [line.rstrip("\r") for line in text.split("\n")]
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    if len(lines) > MOST_SITES:
        raise InvalidRequest(
            f"These are {len(lines):,} variants; {MOST_SITES:,} are answered at once.",
            remedy="Upload them as a VCF file instead.",
        )
    found = engine.pack(pack)
    answers = engine.annotate(found.pack_id, lines) if lines else ()
    return found, [Answered(*pair) for pair in zip(lines, answers, strict=True)]


def document(pack: PackAtHand, answers: Sequence[SiteAnnotation]) -> dict[str, Any]:
    """The answer as JSON."""
    return {
        "pack": pack.name,
        "pack_id": pack.pack_id,
        "assembly": pack.assembly,
        "variants": [
            {
                "site": asdict(answer.site) if answer.site else None,
                "alleles": list(answer.alleles),
                "problem": asdict(answer.problem) if answer.problem else None,
            }
            for answer in answers
        ],
    }


def _question(asked: SiteRequest | str) -> Site | str:
    if isinstance(asked, str):
        return asked
    return Site(asked.chrom, min(asked.pos, 2**31), asked.ref, asked.alt, asked.info)
