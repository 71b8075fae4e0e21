"""What the pages need of the engine: asking about single places, in this process.

`web.engine` is the real one and the only module of the app that knows AnnTools; tests pass
`tests.unit.web.fakes.FakeEngine`. Positions are 1-based unless a name says otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

MOST_SITES = 1000
"""As many variants as one question may have."""

MOST_BASES = 1_000_000
"""As much of a contig as one question for sequence or genes may span."""


@dataclass(frozen=True)
class Site:
    """A variant as a line of a VCF writes it."""

    chrom: str
    pos: int
    ref: str
    alt: str
    """Several alternate alleles are separated by commas."""
    info: str = ""
    """Where a symbolic allele ends: `END=…` or `SVLEN=…`; nothing else is taken."""


@dataclass(frozen=True)
class SiteProblem:
    """Why a variant is not annotated, or not understood."""

    code: str
    """`reference_mismatch`, `unknown_contig`, …: AnnTools' codes (docs/engine/input.md)."""
    message: str
    remedy: str = ""
    found: str = ""
    expected: str = ""


@dataclass(frozen=True)
class SiteAnnotation:
    """What the engine says of one variant that was asked about."""

    site: Site | None
    """None: what was asked could not be read as a variant."""
    alleles: Sequence[Mapping[str, Any]]
    """A row per alternate allele, with the columns and values of the table of a run but `record`
    (docs/engine/table.md): those of the picked transcript, and all in the list `transcripts`.
    Empty if there is a problem. What a run passes through has one with `status` `skipped`."""
    problem: SiteProblem | None = None


@dataclass(frozen=True)
class PackContig:
    """A contig of a pack."""

    name: str
    length: int
    aliases: Sequence[str] = ()
    """Further names that a file may use: `chr20`, `NC_000020.10`."""


@dataclass(frozen=True)
class PackSource:
    """A file that went into a pack."""

    what: str
    package: str
    version: str
    licence: str


@dataclass(frozen=True)
class PackAtHand:
    """A reference pack of this machine."""

    name: str
    """What `JobOptions.pack` says: `demo`."""
    pack_id: str
    """Changes with the content: `demo-1f2e3d4c5b6a`."""
    assembly: str
    """`GRCh37`, …; empty if it is none that we know."""
    contigs: Sequence[PackContig]
    sources: Sequence[PackSource] = ()
    stores: Sequence[str] = ()
    """Known variants and regions it holds: `ClinVar`, `cytoBand`."""
    store_columns: Sequence[str] = ()
    """The columns of a row that come from these: `CLINVAR_SIG`."""


@dataclass(frozen=True)
class Chromosome:
    """A chromosome of a well-known assembly. No two of them have the same length."""

    assembly: str
    name: str
    """1 … 22, X, Y."""
    length: int
    accessions: Sequence[str]
    """Of RefSeq and GenBank."""


@dataclass(frozen=True)
class Exon:
    """An exon, or the part of it that is coding. 0-based, half-open."""

    start: int
    end: int
    coding_start: int | None = None
    coding_end: int | None = None


@dataclass(frozen=True)
class Transcript:
    """A transcript as a genome browser draws it. 0-based, half-open, in genomic order."""

    id: str
    symbol: str
    gene: str
    biotype: str
    strand: int
    start: int
    end: int
    exons: Sequence[Exon] = field(default_factory=tuple)
    canonical: bool = False
    mane_select: str = ""


class Engine(Protocol):
    """AnnTools, asked in this process. Thread-safe; never touches a user's file.

    `pack` is a name or an id of a pack at hand. All raise NotFound for a pack that is not there,
    and ServiceUnavailable while the engine is being made ready.
    """

    @property
    def version(self) -> str:
        """Of AnnTools, as receipts name it."""

    def packs(self) -> Sequence[PackAtHand]:
        """The packs on this machine."""

    def pack(self, name: str) -> PackAtHand:
        """One of them."""

    def chromosomes(self) -> Sequence[Chromosome]:
        """Those of the assemblies that are known by their lengths, whether a pack has them or
        not."""

    def annotate(
        self,
        pack: str,
        asked: Sequence[Site | str],
        contig_names: Mapping[str, str] | None = None,
    ) -> Sequence[SiteAnnotation]:
        """What a run says of these variants, in their order; `MOST_SITES` at the most.

        A text is a line of a VCF, `20:4680251:A:G`, SPDI, or HGVS on a contig or a transcript.
        `contig_names`: as in `gas.jobs.JobOptions`. What is wrong with one variant is told with
        that variant and stops no other.

        Raises:
            InvalidRequest: too many, or a name that `contig_names` leads to is not the pack's.
        """

    def sequence(self, pack: str, contig: str, start: int, end: int) -> str:
        """Reference bases `[start, end)`, 0-based; `N` where the pack has none.

        Raises:
            NotFound: the pack does not know the contig.
            InvalidRequest: the region is empty or longer than `MOST_BASES`.
        """

    def genes(self, pack: str, contig: str, start: int, end: int) -> Sequence[Transcript]:
        """The transcripts that overlap `[start, end)`, 0-based, by their place.

        Raises: as `sequence`.
        """
