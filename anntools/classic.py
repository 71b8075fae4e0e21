"""``--format classic``: the keys of the original AnnTools instead of CSQ.

Each key holds one list: alternate alleles in order, and for each its transcripts in order; ``.``
where a transcript has no such value. All lists of a record have the same length. Written in plain
Python from the CSQ entries that the kernel renders, so it is slower than the default format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from anntools.labels import CSQ_FIELDS

KEYS: Final = {
    "annotAllele": "Alternate allele that the values at the same place of the other lists are for",
    "name": "Transcript",
    "name2": "Gene symbol",
    "transcriptStrand": "Strand of the transcript",
    "positionType": "CDS, intron, utr5, utr3, non_coding_exon, non_coding_intron, promoter or "
    "interGenic",
    "exon": "Exon as exN/M, counted along the strand",
    "mrnaCoord": "Position in the spliced transcript",
    "codonCoord": "Number of the codon",
    "referenceCodon": "Codon of the reference",
    "variantCodon": "Codon with the variant",
    "referenceAA": "Amino acid of the reference",
    "variantAA": "Amino acid with the variant",
    "changesAA": "true if the protein changes",
    "functionalClass": "Sequence Ontology terms joined by &",
    "codingCoordStr": "Change of the coding sequence (HGVS c. or n.)",
    "proteinCoordStr": "Change of the protein (HGVS p.)",
    "putativePromoterRegion": "CpG island within a promoter, else the word promoter",
    "HGNC_GeneAnnotation": "Symbol and name of the gene, by HGNC",
}
_DBSNP: Final = "dbSNP_ID"
_PROMOTER: Final = 500
_INTRONIC: Final = ("intron_variant", "splice_donor_variant", "splice_acceptor_variant")


def header_lines() -> list[str]:
    """INFO declarations of the classic keys."""
    return [
        f'##INFO=<ID={key},Number=.,Type=String,Description="{text}",Source="anntools">'
        for key, text in KEYS.items()
    ]


def to_classic(text: bytes | memoryview, genes: Mapping[str, str] | None = None) -> bytes:
    """Annotated lines with CSQ and positionType turned into the classic keys.

    ``genes``: what HGNC says of a symbol. A record with ``dbSNP_ID`` and no ID gets its names as
    ID.
    """
    out = []
    for before in bytes(text).split(b"\n"):
        line = before
        columns = line.split(b"\t", 8)
        if len(columns) >= 8 and b"CSQ=" in columns[7] and b"positionType=" in columns[7]:
            info = columns[7].decode("utf-8", "surrogateescape")
            columns[7] = _classic_info(info, genes or {}).encode("utf-8", "surrogateescape")
            if columns[2] == b"." and f"{_DBSNP}=" in info:
                columns[2] = _names(info).encode("utf-8", "surrogateescape") or b"."
            line = b"\t".join(columns)
        out.append(line)
    return b"\n".join(out)


def _names(info: str) -> str:
    """The rsIDs of all alleles, joined as in the ID column."""
    value = next(p for p in info.split(";") if p.startswith(f"{_DBSNP}=")).partition("=")[2]
    names = value.replace("|", ",").split(",")
    return ";".join(dict.fromkeys(n for n in names if n.startswith("rs")))


def _classic_info(info: str, genes: Mapping[str, str]) -> str:
    kept: list[str] = []
    entries: list[str] = []
    island = ""
    for part in info.split(";"):
        key, _, value = part.partition("=")
        if key == "CSQ":
            entries = value.split(",")
        elif key != "positionType":
            kept.append(part)
            island = value if key.startswith("cpgIsland") else island
    rows = [dict(zip(CSQ_FIELDS, e.split("|"), strict=True)) for e in entries]
    values = [v for v in (_values(row, island) for row in rows) if v]
    for v in values:
        v["HGNC_GeneAnnotation"] = genes.get(v["name2"], "")
    seen = {v["annotAllele"] for v in values}
    for row in rows:
        if row["Allele"] not in seen:
            seen.add(row["Allele"])
            values.append({"annotAllele": row["Allele"], "positionType": "interGenic"})
    for key in KEYS:
        column = [v.get(key, "") or "." for v in values]
        if any(c != "." for c in column):
            kept.append(f"{key}={','.join(column)}")
    return ";".join(kept)


def _values(row: dict[str, str], island: str) -> dict[str, str]:
    """Classic values of one CSQ entry; empty for a transcript that is not touched."""
    place = position_type(row)
    if place == "interGenic":
        return {}
    old_codon, _, new_codon = row["Codons"].partition("/")
    old_aa, _, new_aa = row["Amino_acids"].partition("/")
    return {
        "annotAllele": row["Allele"],
        "name": row["Feature"],
        "name2": row["SYMBOL"],
        "transcriptStrand": "+" if row["STRAND"] == "1" else "-",
        "positionType": place,
        "exon": f"ex{row['EXON']}" if row["EXON"] else "",
        "mrnaCoord": row["cDNA_position"],
        "codonCoord": row["Protein_position"],
        "referenceCodon": old_codon.upper(),
        "variantCodon": new_codon.upper(),
        "referenceAA": old_aa,
        "variantAA": new_aa or old_aa,
        "changesAA": ("true" if new_aa else "false") if old_aa else "",
        "functionalClass": row["Consequence"],
        "codingCoordStr": row["HGVSc"].rpartition(":")[2],
        "proteinCoordStr": row["HGVSp"].rpartition(":")[2],
        "putativePromoterRegion": (island or "promoter") if place == "promoter" else "",
    }


def position_type(row: dict[str, str]) -> str:
    """The classic position class of one CSQ entry."""
    terms = row["Consequence"].split("&")
    if row["DISTANCE"] or "intergenic_variant" in terms:
        near = "upstream_gene_variant" in terms and int(row["DISTANCE"]) <= _PROMOTER
        return "promoter" if near else "interGenic"
    if row["CDS_position"] or "coding_sequence_variant" in terms:
        return "CDS"
    if "5_prime_UTR_variant" in terms:
        return "utr5"
    if "3_prime_UTR_variant" in terms:
        return "utr3"
    if "non_coding_transcript_exon_variant" in terms:
        return "non_coding_exon"
    if "non_coding_transcript_variant" in terms:
        return "non_coding_intron"
    return "intron" if any(t in terms for t in _INTRONIC) or row["INTRON"] else "CDS"
