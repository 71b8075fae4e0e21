"""What gene models say beyond exons: slippage, recoding, incomplete ends, names, dialects."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from anntools.pack.command import build_from_files
from anntools.pack.contigs import assembly_of, identify, read_synonyms
from anntools.pack.genes import Transcript, read_genes
from anntools.pack.overlay_spec import OverlayProblem
from anntools.pack.rows import edits_of, rendered_names
from anntools.pack.sequence import FastaError, contigs_of


def rows(*lines: str) -> str:
    """GFF3 or GTF lines on contig c, source ``.``: type start end strand phase attributes."""
    out = []
    for line in lines:
        kind, start, end, strand, phase, attributes = line.split(" ", 5)
        out.append(f"c\t.\t{kind}\t{start}\t{end}\t.\t{strand}\t{phase}\t{attributes}\n")
    return "".join(out)


def read_one(tmp_path: Path, name: str, text: str) -> Transcript:
    path = tmp_path / name
    path.write_text(text)
    (transcript,) = read_genes(path)
    return transcript


REFSEQ = (
    "gene 101 400 {0} . ID=gene-OAZ1;Name=OAZ1;gene=OAZ1;gene_biotype=protein_coding",
    "mRNA 101 400 {0} . ID=rna-NM_1.2;Parent=gene-OAZ1;transcript_id=NM_1.2;gene=OAZ1",
    "exon 101 400 {0} . ID=exon-NM_1.2-1;Parent=rna-NM_1.2",
    "CDS {1} {2} {0} 0 ID=cds-NP_1.2;Parent=rna-NM_1.2;protein_id=NP_1.2",
    "CDS {3} {4} {0} 0 ID=cds-NP_1.2;Parent=rna-NM_1.2;protein_id=NP_1.2",
)


@pytest.mark.parametrize(
    ("strand", "parts", "slips"),
    [
        ("+", (121, 180, 182, 300), [(60, 1)]),  # one base is left out
        ("+", (121, 180, 180, 300), [(60, -1)]),  # one is read twice
        ("-", (121, 180, 182, 300), [(119, 1)]),
        ("-", (121, 180, 180, 300), [(121, -1)]),
        ("+", (121, 180, 181, 300), []),
    ],
)
def test_ribosomal_slippage(
    tmp_path: Path, strand: str, parts: tuple[int, ...], slips: list[tuple[int, int]]
) -> None:
    text = rows(*(line.format(strand, *parts) for line in REFSEQ))
    t = read_one(tmp_path, "m.gff3", text)
    assert (t.id, t.version, t.protein, t.symbol) == ("NM_1", "2", "NP_1.2", "OAZ1")
    assert (t.exons, t.cds) == ([(100, 400)], (120, 300))
    assert t.slips() == slips
    assert edits_of(t) == [(2, at, shift) for at, shift in slips]


@pytest.mark.parametrize(("strand", "place"), [("+", 30), ("-", 87)])
def test_selenocysteine_of_three_dialects(tmp_path: Path, strand: str, place: int) -> None:
    refseq = rows(
        f"mRNA 101 400 {strand} . ID=rna-1",
        f"exon 101 400 {strand} . Parent=rna-1",
        f"CDS 121 240 {strand} 0 ID=c;Parent=rna-1;transl_except=(pos:151..153%2Caa:Sec)",
    )
    gencode = rows(
        f"transcript 101 400 {strand} . ID=T1",
        f"exon 101 400 {strand} . Parent=T1",
        f"CDS 121 240 {strand} 0 ID=c;Parent=T1",
        f"stop_codon_redefined_as_selenocysteine 151 153 {strand} . Parent=T1",
    )
    gtf = rows(
        f'exon 101 400 {strand} . gene_id "G"; transcript_id "T1";',
        f'CDS 121 240 {strand} 0 gene_id "G"; transcript_id "T1"; protein_id "P"; '
        'protein_version "4";',
        f'Selenocysteine 151 153 {strand} . gene_id "G"; transcript_id "T1";',
    )
    for name, text in (("a.gff3", refseq), ("b.gff3", gencode), ("c.gtf", gtf)):
        t = read_one(tmp_path, name, text)
        assert edits_of(t) == [(1, place, ord("U"))], name
    assert t.protein == "P.4"


def test_a_gene_with_two_proteins_and_no_transcript(tmp_path: Path) -> None:
    path = tmp_path / "virus.gff3"
    path.write_text(
        rows(
            "gene 11 400 + . ID=gene-1ab;Name=ORF1ab;gene_biotype=protein_coding",
            "CDS 11 200 + 0 ID=cds-A;Parent=gene-1ab;protein_id=YP_1.1;transl_table=11",
            "CDS 200 400 + 0 ID=cds-A;Parent=gene-1ab;protein_id=YP_1.1",
            "CDS 11 220 + 0 ID=cds-B;Parent=gene-1ab;protein_id=YP_2.1",
        )
    )
    one, two = read_genes(path)
    assert (one.id, one.exons, one.slips(), one.code) == ("1ab", [(10, 400)], [(190, -1)], 11)
    assert (two.id, two.version, two.exons, two.slips()) == ("YP_2", "1", [(10, 220)], [])


def test_tags_and_names_of_gencode(tmp_path: Path) -> None:
    text = rows(
        "gene 1 90 + . ID=ENSG1.5;gene_id=ENSG1.5;gene_type=protein_coding;gene_name=ABC",
        "transcript 1 90 + . ID=ENST1.2;Parent=ENSG1.5;transcript_type=protein_coding;"
        "tag=basic,Ensembl_canonical,MANE_Select",
        "exon 1 90 + . ID=exon:1;Parent=ENST1.2",
        "CDS 1 90 + 0 ID=CDS:ENST1.2;Parent=ENST1.2;protein_id=ENSP1.3",
    )
    t = read_one(tmp_path, "g.gff3", text)
    assert rendered_names(t) == [
        b"ABC|ENSG1|Transcript|ENST1|protein_coding|",
        b"1||",
        b"|YES||",
        b"ENST1.2:c.",
        b"ENSP1.3:p.",
    ]


@pytest.mark.parametrize(("strand", "tag"), [("+", "cds_start_NF"), ("-", "cds_end_NF")])
def test_incomplete_ends(tmp_path: Path, strand: str, tag: str) -> None:
    refseq = rows(
        f"mRNA 1 90 {strand} . ID=rna-1",
        f"exon 1 90 {strand} . Parent=rna-1",
        f"CDS 1 90 {strand} 0 ID=c;Parent=rna-1;partial=true;start_range=.,1",
    )
    assert read_one(tmp_path, "m.gff3", refseq).tags == {tag}
    predicted = f"T\tc\t{strand}\t0\t90\t0\t90\t1\t0,\t90,\t0\tG\tincmpl\tcmpl\t0,\n"
    assert read_one(tmp_path, "m.genePred", predicted).tags == {tag}


@pytest.mark.parametrize(
    "text",
    [
        "T.2\tc\t-\t0\t90\t30\t60\t1\t0,\t90,\t0\tSYM\tcmpl\tcmpl\t0,\n",
        "585\tT.2\tc\t-\t0\t90\t30\t60\t1\t0,\t90,\t0\tSYM\tcmpl\tcmpl\t0,\n",
        "SYM\tT.2\tc\t-\t0\t90\t30\t60\t1\t0,\t90,\n",
    ],
)
def test_tables_of_ucsc(tmp_path: Path, text: str) -> None:
    t = read_one(tmp_path, "x.txt", text)
    assert (t.id, t.version, t.strand, t.cds, t.symbol) == ("T", "2", -1, (30, 60), "SYM")


@pytest.mark.parametrize(
    ("head", "length", "accession", "names"),
    [
        ("chr20", 63025520, "NC_000020.10", {"20", "chr20", "NC_000020.10", "CM000682.1"}),
        ("20 dna:chromosome", 64444167, "NC_000020.11", {"chr20", "CM000682.2"}),
        ("NC_000001.11 Homo sapiens chromosome 1, GRCh38.p14", 248956422, "NC_000001.11", {"1"}),
        ("NC_060948.1 T2T", 62460029, "NC_060948.1", {"Y", "chrY", "CP086569.2"}),
        ("chr20", 1000, "", {"20", "chr20"}),
        ("MT", 16569, "NC_012920.1", {"M", "chrM", "chrMT", "J01415.2"}),
        ("chrM", 16571, "NC_001807.4", {"MT"}),
        ("chr1_KI270706v1_random", 175055, "", {"KI270706.1"}),
        ("chrUn_gl000211", 166566, "", {"GL000211.1"}),
    ],
)
def test_contigs_are_known(head: str, length: int, accession: str, names: set[str]) -> None:
    contig = identify(head, length)
    assert contig.accession == accession
    assert names <= set(contig.names())
    assert contig.code == (2 if "M" in names or "MT" in names else 1)


def test_the_assembly_is_known() -> None:
    assert assembly_of([identify("1", 249250621), identify("x", 5)]) == "GRCh37"
    assert assembly_of([identify("x", 5)]) == ""


def test_synonyms_of_ucsc_and_ncbi(tmp_path: Path) -> None:
    path = tmp_path / "chromAlias.txt"
    path.write_text("# ucsc\trefseq\nchrZ\tNC_9.1\tZ\n")
    assert read_synonyms(path)["chrZ"] == ["NC_9.1", "Z"]
    assert identify("chrZ", 10, read_synonyms(path)).accession == "NC_9.1"


@pytest.mark.parametrize("compress", [False, True])
def test_fasta_in_pieces(tmp_path: Path, compress: bool) -> None:
    text = b">a first\nACGT\r\nacgtn\n\n>b\nRY\n>c\n"
    path = tmp_path / "x.fa"
    path.write_bytes(gzip.compress(text) if compress else text)
    found = {head: codes.tolist() for head, codes in contigs_of(path)}
    assert found == {"a first": [0, 1, 2, 3, 0, 1, 2, 3, 4], "b": [4, 4], "c": []}


@pytest.mark.parametrize("text", ["", "ACGT\n>a\nA\n", ">\nA\n"])
def test_what_is_no_fasta(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.fa"
    path.write_text(text)
    with pytest.raises(FastaError, match=r"x\.fa"):
        list(contigs_of(path))


GENES = rows(
    "gene 11 40 + . ID=gene:G;Name=S",
    "mRNA 11 40 + . ID=transcript:T;Parent=gene:G",
    "exon 11 40 + . Parent=transcript:T",
)


def build(tmp_path: Path, fasta: str, genes: str, *overlays: str) -> Path:
    """Build a pack from texts."""
    (tmp_path / "g.fa").write_text(fasta)
    (tmp_path / "g.gff3").write_text(genes)
    build_from_files(tmp_path / "g.fa", tmp_path / "g.gff3", tmp_path / "pack", overlays)
    return tmp_path / "pack"


def test_what_a_build_leaves_out_is_told(tmp_path: Path) -> None:
    other = (
        GENES.replace("c\t", "d\t").replace("G", "H").replace("ID=transcript:T", "ID=transcript:U")
    )
    beyond = GENES.replace("11\t40", "11\t4000").replace(":G", ":I").replace(":T", ":V")
    folder = build(
        tmp_path, ">c\n" + "ACGT" * 50 + "\n", GENES + other.replace(":T", ":U") + beyond
    )
    text = (folder / "manifest.json").read_text()
    assert "1 transcripts lie on contigs without sequence (d)" in text
    assert "1 transcripts reach beyond the end of their contig" in text


@pytest.mark.parametrize(
    ("fasta", "genes", "overlays", "message"),
    [
        (">z\nACGT\n", GENES, (), "no contig in common: c is not in the sequence"),
        (">c\nACGT\n>c\nA\n", GENES, (), "two sequences called c"),
        (">c\nACGT\n", GENES, ("a=x", "a=y"), "Two overlays have the same name"),
        (">c\n" + "A" * 99, GENES, ("a=missing.bed",), "no file missing.bed"),
    ],
)
def test_a_build_that_cannot_be_leaves_nothing(
    tmp_path: Path, fasta: str, genes: str, overlays: tuple[str, ...], message: str
) -> None:
    with pytest.raises((ValueError, OverlayProblem), match=message):
        build(tmp_path, fasta, genes, *overlays)
    assert {p.name for p in tmp_path.iterdir()} <= {"g.fa", "g.gff3"}


def test_a_folder_that_is_no_pack_stays(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "thesis.doc").write_text("x")
    with pytest.raises(ValueError, match="is not a pack"):
        build(tmp_path, ">c\n" + "A" * 99, GENES)
    assert (tmp_path / "pack" / "thesis.doc").exists()


def test_real_models(shared_data: Path) -> None:
    bacterium = read_genes(shared_data / "other_genomes" / "ecoli_MG1655_U00096.gff3.gz")
    slips = {t.symbol: t.slips() for t in bacterium if t.parts}
    assert slips["prfB"] == [(75, 1)]
    assert {t.symbol for t in bacterium if t.recoded} == {"fdnG", "fdoG", "fdhF"}
    virus = read_genes(shared_data / "other_genomes" / "SARS-CoV-2.ref.gff3.gz")
    assert [t.slips() for t in virus if t.parts] == [[(13203, -1)]]
    mitochondrion = read_genes(shared_data / "gene_models" / "NC_012920.1.gff3.gz")
    assert Counter(t.code for t in mitochondrion if t.cds) == {2: 13}
    ends = {t.symbol: edits_of(t) for t in mitochondrion if t.recoded}
    assert ends["ND1"] == [(1, 954, ord("*"))]
