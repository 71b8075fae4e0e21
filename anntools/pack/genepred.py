"""Gene models in the tables of UCSC: genePred, genePredExt, refGene, refFlat, knownGene."""

from __future__ import annotations

from pathlib import Path

from anntools.pack.textfile import lines
from anntools.pack.transcripts import GeneModelError, Transcript, merge, split_version


def read_genepred(path: Path) -> list[Transcript]:
    """Rows with or without the leading bin column, or with refFlat's leading gene symbol."""
    out = []
    for number, line in lines(path):
        columns = line.split("\t")
        try:
            out.append(_make(columns))
        except (ValueError, IndexError):
            raise GeneModelError(f"{path.name}, line {number}: not a genePred row") from None
    if not out:
        raise GeneModelError(f"{path.name}: no genePred row in it")
    return out


def _make(c: list[str]) -> Transcript:
    symbol = ""
    if len(c) > 3 and c[2] not in ("+", "-") and c[3] in ("+", "-"):
        first, c = c[0], c[1:]
        symbol = "" if first.isdigit() and len(c) > 10 else first
    if c[2] not in ("+", "-"):
        raise ValueError("no strand")
    starts = [int(x) for x in c[8].split(",") if x]
    ends = [int(x) for x in c[9].split(",") if x]
    stable, version = split_version(c[0])
    symbol = symbol or (c[11] if len(c) > 11 else "")
    coding = int(c[5]) < int(c[6])
    transcript = Transcript(
        id=stable,
        version=version,
        contig=c[1],
        strand=-1 if c[2] == "-" else 1,
        exons=merge(list(zip(starts, ends, strict=True))),
        gene_id=symbol,
        symbol=symbol,
        biotype="protein_coding" if coding else "",
    )
    if coding:
        transcript.cds = (int(c[5]), int(c[6]))
        _set_frame(transcript, c)
    return transcript


def _set_frame(transcript: Transcript, c: list[str]) -> None:
    """genePredExt: is the CDS complete at its ends (genomic order), and the frame of each exon."""
    plus = transcript.strand > 0
    if len(c) > 13:
        begin, end = (c[12], c[13]) if plus else (c[13], c[12])
        found = (("cds_start_NF", begin), ("cds_end_NF", end))
        transcript.tags |= frozenset(tag for tag, state in found if state == "incmpl")
    frames = [int(x) for x in c[14].split(",") if x] if len(c) > 14 else []
    in_cds = [f for f in frames if f >= 0]
    if in_cds:
        transcript.phase = (3 - (in_cds[0] if plus else in_cds[-1])) % 3
