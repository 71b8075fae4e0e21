"""Genes as GFF3 in the dress of Ensembl, which bcftools csq, SnpEff and we read."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.generate.genes import Gene, Transcript

_FEATURE = {
    "protein_coding": "mRNA",
    "nonsense_mediated_decay": "NMD_transcript_variant",
    "lincRNA": "lnc_RNA",
    "antisense": "lnc_RNA",
}


def gene_lines(gene: Gene, contig: str, first_transcript: int) -> Iterator[str]:
    """Lines of one gene; its transcripts are numbered from ``first_transcript``."""
    coding = gene.biotype == "protein_coding"
    gene_id = f"ENSG{100000 + gene.number:011d}"
    name = f"GENE{gene.number}" if coding else f"LINC{gene.number:05d}"
    yield _line(
        contig,
        "gene" if coding else "ncRNA_gene",
        (gene.start, gene.end),
        gene.strand,
        f"ID=gene:{gene_id};Name={name};biotype={gene.biotype};gene_id={gene_id};version=3",
    )
    for i, transcript in enumerate(gene.transcripts):
        number = first_transcript + i
        tags = "basic,Ensembl_canonical,MANE_Select" if transcript.canonical else "basic"
        feature = _FEATURE.get(transcript.biotype, "transcript")
        yield _line(
            contig,
            feature,
            (transcript.exons[0][0], transcript.exons[-1][1]),
            gene.strand,
            f"ID=transcript:ENST{200000 + number:011d};Parent=gene:{gene_id};"
            f"Name={name}-{201 + i};biotype={transcript.biotype};tag={tags};"
            f"transcript_id=ENST{200000 + number:011d};version=2",
        )
        yield from _parts(transcript, contig, gene.strand, number)
    yield "###\n"


def _parts(transcript: Transcript, contig: str, strand: str, number: int) -> Iterator[str]:
    """Exons, untranslated regions and coding parts of one transcript."""
    parent = f"Parent=transcript:ENST{200000 + number:011d}"
    order = transcript.exons if strand == "+" else transcript.exons[::-1]
    for rank, exon in enumerate(order, 1):
        name = f"{parent};exon_id=ENSE{number:08d}{rank:03d};rank={rank};version=1"
        yield _line(contig, "exon", exon, strand, name)
    if transcript.coding is None:
        return
    a, b = transcript.coding
    before, after = ("five", "three") if strand == "+" else ("three", "five")
    protein = f"ENSP{200000 + number:011d}"
    done = 0
    for s, e in order:
        if s < a:
            yield _line(contig, f"{before}_prime_UTR", (s, min(e, a)), strand, parent)
        if e > b:
            yield _line(contig, f"{after}_prime_UTR", (max(s, b), e), strand, parent)
        if s < b and e > a:
            part = (max(s, a), min(e, b))
            attributes = f"ID=CDS:{protein};{parent};protein_id={protein}"
            yield _line(contig, "CDS", part, strand, attributes, str(-done % 3))
            done += part[1] - part[0]


def _line(
    contig: str,
    feature: str,
    interval: tuple[int, int],
    strand: str,
    attributes: str,
    phase: str = ".",
) -> str:
    begin, end = interval[0] + 1, interval[1]
    return f"{contig}\thavana\t{feature}\t{begin}\t{end}\t.\t{strand}\t{phase}\t{attributes}\n"
