"""The engine of a world without AnnTools: one pack, bases by a rule, one answer for every site."""

from collections.abc import Mapping, Sequence
from typing import Any

from gas.errors import InvalidRequest, NotFound
from web.ports import (
    MOST_BASES,
    MOST_SITES,
    Chromosome,
    Exon,
    PackAtHand,
    PackContig,
    PackSource,
    Site,
    SiteAnnotation,
    SiteProblem,
    Transcript,
)

PACK = PackAtHand(
    name="demo",
    pack_id="demo-000000000000",
    assembly="GRCh37",
    contigs=(
        PackContig("20", 63_025_520, ("chr20", "NC_000020.10")),
        PackContig("MT", 16_569, ("chrM", "NC_012920.1")),
    ),
    sources=(PackSource("genes", "MANE", "1.4", "open"),),
    stores=("ClinVar",),
)
GENE = Transcript(
    id="ENST00000379440.9",
    symbol="PRNP",
    gene="ENSG00000171867",
    biotype="protein_coding",
    strand=1,
    start=4_666_796,
    end=4_682_234,
    exons=(Exon(4_666_796, 4_667_158), Exon(4_679_866, 4_682_234, 4_679_867, 4_680_629)),
    canonical=True,
    mane_select="NM_000311.5",
)


class FakeEngine:
    """`web.ports.Engine`. The base at 0-based position n is `ACGT`[n % 4]."""

    version = "1.0"

    def __init__(self) -> None:
        self.asked: list[Sequence[Site | str]] = []

    def packs(self) -> Sequence[PackAtHand]:
        return (PACK,)

    def pack(self, name: str) -> PackAtHand:
        if name not in (PACK.name, PACK.pack_id):
            raise NotFound("There is no such pack.", remedy="There is: demo.")
        return PACK

    def chromosomes(self) -> Sequence[Chromosome]:
        return (
            Chromosome("GRCh37", "20", 63_025_520, ("NC_000020.10", "CM000682.1")),
            Chromosome("GRCh38", "20", 64_444_167, ("NC_000020.11", "CM000682.2")),
        )

    def annotate(
        self,
        pack: str,
        asked: Sequence[Site | str],
        contig_names: Mapping[str, str] | None = None,
    ) -> Sequence[SiteAnnotation]:
        self.pack(pack)
        if len(asked) > MOST_SITES:
            raise InvalidRequest("Too many variants.")
        self.asked.append(asked)
        return [self._one(each, contig_names or {}) for each in asked]

    def sequence(self, pack: str, contig: str, start: int, end: int) -> str:
        self._check(pack, contig, start, end)
        return "".join("ACGT"[n % 4] for n in range(start, end))

    def genes(self, pack: str, contig: str, start: int, end: int) -> Sequence[Transcript]:
        name = self._check(pack, contig, start, end)
        return [GENE] if name == "20" and start < GENE.end and end > GENE.start else []

    def _check(self, pack: str, contig: str, start: int, end: int) -> str:
        found = _contig(self.pack(pack), contig)
        if found is None:
            raise NotFound("The pack does not know this contig.")
        if not 0 <= start < end or end - start > MOST_BASES:
            raise InvalidRequest("The region is empty or too long.")
        return found.name

    def _one(self, asked: Site | str, names: Mapping[str, str]) -> SiteAnnotation:
        if isinstance(asked, str):
            parts = asked.split(":")
            if len(parts) != 4 or not parts[1].isdigit():
                problem = SiteProblem("not_understood", "This is not a variant.")
                return SiteAnnotation(None, (), problem)
            asked = Site(parts[0], int(parts[1]), parts[2], parts[3])
        contig = _contig(PACK, names.get(asked.chrom, asked.chrom))
        if contig is None:
            problem = SiteProblem("unknown_contig", "The pack does not know the contig.")
            return SiteAnnotation(asked, (), problem)
        known = "".join("ACGT"[(asked.pos - 1 + i) % 4] for i in range(len(asked.ref)))
        if known != asked.ref:
            problem = SiteProblem(
                "reference_mismatch", "REF differs.", found=asked.ref, expected=known
            )
            return SiteAnnotation(asked, (), problem)
        return SiteAnnotation(asked, [_row(asked)])


def _contig(pack: PackAtHand, name: str) -> PackContig | None:
    return next((c for c in pack.contigs if name == c.name or name in c.aliases), None)


_PICKED = [
    "consequence",
    "impact",
    "symbol",
    "gene",
    "feature_type",
    "feature",
    "biotype",
    "exon_first",
    "exon_last",
    "exon_count",
    "intron_first",
    "intron_last",
    "intron_count",
    "hgvsc",
    "hgvsp",
    "cdna_start",
    "cdna_end",
    "cds_start",
    "cds_end",
    "protein_start",
    "protein_end",
    "amino_acids",
    "codons",
    "strand",
    "flags",
    "canonical",
    "mane_select",
    "distance",
]
_ALLELE = ["id", "qual", "filter", "reason", "raw", "allele", "position_class", "hgvsg"]


def _row(site: Site) -> dict[str, Any]:
    """A row with the columns of the table, most of them empty."""
    picked = dict.fromkeys(_PICKED) | {
        "consequence": "missense_variant",
        "impact": "MODERATE",
        "symbol": "PRNP",
        "feature": "ENST00000379440",
        "hgvsc": "ENST00000379440.9:c.385A>G",
        "hgvsp": "ENSP00000368752.4:p.Met129Val",
    }
    return {
        **dict.fromkeys(_ALLELE),
        "chrom": site.chrom,
        "pos": site.pos,
        "ref": site.ref,
        "alt": site.alt,
        "alt_index": 1,
        "status": "annotated",
        "hgvsg": f"NC_000020.10:g.{site.pos}{site.ref}>{site.alt}",
        **picked,
        "transcripts": [{**picked, "pick": True}],
    }
