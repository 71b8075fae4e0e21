"""Formats of the demo pack's packages: bigBed of MANE, ideogram's cache of ClinVar."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pyBigWig

CLINVAR_COLUMNS = 13  # empty ones at the end of a row are left out
XREF_HEADER = (
    "ensembl_tx\tensembl_gene\tensembl_prot\trefseq_tx\trefseq_prot\tncbi_gene\tsymbol\t"
    "mane_status\tgene_type\tchrom_hg38\n"
)


def _mane_rows(path: Path) -> Iterator[tuple[str, int, int, list[str]]]:
    """Contig, start, end and the further columns of each MANE bigGenePred row.

    Columns (counted after the third): 0 transcript, 2 strand, 3-4 coding span, 6 exons, 7 their
    sizes, 8 their starts from the row's start, 10-11 completeness, 12 frames, 14 gene, 15 symbol,
    16 gene type, 17 protein, 18 RefSeq transcript, 19 NCBI gene, 20 RefSeq protein, 21 MANE status.
    """
    bed = pyBigWig.open(str(path))
    try:
        for contig, length in sorted(bed.chroms().items()):
            for start, end, rest in bed.entries(contig, 0, length) or []:
                yield contig, start, end, rest.split("\t")
    finally:
        bed.close()


def mane_genepred(path: Path) -> bytes:
    """The MANE bigBed as genePredExt lines, the symbol in column 12; patches after chromosomes."""
    lines = []
    for contig, start, end, c in sorted(_mane_rows(path), key=lambda row: _contig_order(row[0])):
        starts = [start + int(x) for x in c[8].split(",") if x]
        ends = [a + int(x) for a, x in zip(starts, c[7].rstrip(",").split(","), strict=True)]
        row = [c[0], contig, c[2], start, end, c[3], c[4], c[6], _joined(starts), _joined(ends)]
        row += ["0", c[15], c[10], c[11], c[12]]
        lines.append("\t".join(map(str, row)) + "\n")
    return "".join(lines).encode()


def _contig_order(contig: str) -> tuple[bool, int, str]:
    """1 to 22, X, Y, then the patches and alternative loci by name."""
    name = contig.removeprefix("chr")
    return "_" in name, int(name) if name.isdigit() else 99, name


def _joined(numbers: list[int]) -> str:
    return "".join(f"{n}," for n in numbers)


def mane_xref(path: Path) -> bytes:
    """Names of the MANE transcripts: Ensembl, RefSeq, NCBI gene, symbol, status, biotype."""
    lines = [XREF_HEADER]
    for contig, _, _, c in _mane_rows(path):
        row = [c[0], c[14], c[17], c[18], c[20], c[19], c[15], c[21], c[16], contig]
        lines.append("\t".join(row) + "\n")
    return "".join(lines).encode()


def clinvar_vcf(variants: Path, index: Path) -> bytes:
    """ideogram's compact ClinVar table as VCF with the INFO keys the demo pack uses.

    The table holds numbers that point into lists written in the header of its line index. Commas
    in names of diseases become underscores, because INFO uses the comma between values.
    """
    keys = _clinvar_keys(gzip.decompress(index.read_bytes()).decode())
    lines = ["##fileformat=VCFv4.2\n", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"]
    for line in gzip.decompress(variants.read_bytes()).decode().splitlines():
        if line and not line.startswith("#"):
            columns = line.split("\t")
            columns += [""] * (CLINVAR_COLUMNS - len(columns))
            info = ";".join(f"{k}={v}" for k, v in _clinvar_info(columns, keys) if v)
            lines.append("\t".join([*columns[:5], ".", ".", info]) + "\n")
    return "".join(lines).encode()


def _clinvar_keys(text: str) -> dict[str, list[str]]:
    """The lists in the header of the line index: ``# name = ["...", ...]``."""
    pairs = (line[2:].partition(" = ") for line in text.splitlines() if " = [" in line)
    return {name: json.loads(values) for name, _, values in pairs}


def _clinvar_info(columns: list[str], keys: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Columns: 5 diseases, 7 review status, 8 significance, 12 dbSNP number."""
    diseases = [keys["disease_mondo_ids_and_names"][int(n)] for n in columns[5].split(",") if n]
    yield "CLNSIG", keys["clinical_significances"][int(columns[8])]
    yield "CLNREVSTAT", keys["clinical_review_statuses"][int(columns[7])]
    yield "CLNDN", ",".join(name.replace(",", "_") for name in diseases)
    yield "RS", columns[12]
