"""Where else a variant is described: addresses at other services, followed only by a click."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from web.explorer.dictionary import Dictionary
from web.explorer.story import Row

_UCSC = {"GRCh37": "hg19", "GRCh38": "hg38", "T2T-CHM13": "hs1"}
_ENSEMBL = {"GRCh37": "https://grch37.ensembl.org", "GRCh38": "https://www.ensembl.org"}
_GNOMAD = {"GRCh37": "gnomad_r2_1", "GRCh38": "gnomad_r4"}
_MOST_BASES = 200
"""Alleles in an address."""


@dataclass(frozen=True)
class Outward:
    """A place elsewhere."""

    title: str
    help: str
    href: str


def outward(row: Row, dictionary: Dictionary, assembly: str) -> Sequence[Outward]:
    """Links to what others know of the variant or its place; those that make sense for it."""
    found = []
    rs = _rs(row, dictionary)
    if rs:
        href = f"https://www.ncbi.nlm.nih.gov/snp/{quote(rs)}"
        found.append(Outward("dbSNP", rs, href))
    if row.get("CLINVAR_ID"):
        number = str(row["CLINVAR_ID"])
        href = f"https://www.ncbi.nlm.nih.gov/clinvar/variation/{quote(number)}/"
        found.append(Outward("ClinVar", f"variation {number}", href))
    contig, pos = (row.get("chrom") or "").removeprefix("chr"), row.get("pos")
    ref, alt = row.get("ref") or "", row.get("alt") or ""
    if contig and pos and set(ref + alt) <= set("ACGT") and 0 < len(ref + alt) <= _MOST_BASES:
        slug = quote(f"{contig}-{pos}-{ref}-{alt}")
        if assembly in _GNOMAD:
            href = f"https://gnomad.broadinstitute.org/variant/{slug}?dataset={_GNOMAD[assembly]}"
            found.append(Outward("gnomAD", "frequencies in populations", href))
        if assembly in _UCSC:
            href = f"https://varsome.com/variant/{_UCSC[assembly]}/{slug}"
            found.append(Outward("VarSome", "classification and literature", href))
    if contig and pos:
        found += _places(contig, pos, assembly)
    if row.get("gene") and assembly in _ENSEMBL:
        href = f"{_ENSEMBL[assembly]}/Homo_sapiens/Gene/Summary?g={quote(row['gene'])}"
        found.append(Outward("Ensembl gene", row.get("symbol") or row["gene"], href))
    return found


def _places(contig: str, pos: int, assembly: str) -> Sequence[Outward]:
    around = f"{max(1, pos - 50)}-{pos + 50}"
    found = []
    if assembly in _UCSC:
        where = quote(f"chr{'M' if contig == 'MT' else contig}:{around}")
        href = f"https://genome.ucsc.edu/cgi-bin/hgTracks?db={_UCSC[assembly]}&position={where}"
        found.append(Outward("UCSC", "genome browser", href))
    if assembly in _ENSEMBL:
        href = f"{_ENSEMBL[assembly]}/Homo_sapiens/Location/View?r={quote(f'{contig}:{around}')}"
        found.append(Outward("Ensembl", "genome browser", href))
    return found


def _rs(row: Row, dictionary: Dictionary) -> str:
    """The first rs number among the ids."""
    for name in ("id", *dictionary.known_ids):
        for each in str(row.get(name) or "").replace(",", ";").split(";"):
            if each.startswith("rs") and each[2:].isdigit():
                return each
    return ""
