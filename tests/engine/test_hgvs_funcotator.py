"""HGVS beside Oncotator's names in the test data of GATK Funcotator, and Funcotator's own.

PIK3CA has its GENCODE 19 model and transcripts there; the rows of chromosome 1 that lie in its
first megabase are named on GENCODE as lifted to GRCh37. Funcotator's protein changes
(``p.R147W``) are no HGVS for indels, so only its substitutions are compared.
"""

from __future__ import annotations

import gzip
import re
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from anntools.genetic_code import THREE_LETTER
from anntools.pack import genes
from anntools.spec.hgvs_c import hgvs_c
from anntools.spec.hgvs_p import hgvs_p
from anntools.spec.shift import trimmed
from anntools.spec.transcript import Transcript, reverse_complement
from tests.engine.hgvs_truth import read_fasta, spec_transcript

AROUND = 1000
MEGABASE = 1_000_000
Variant = tuple[int, str, str, dict[str, str]]


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Funcotator's test data, unpacked."""
    out = tmp_path_factory.mktemp("funcotator")
    with tarfile.open(shared_data / "truth" / "gatk_funcotator.tar.xz") as tar:
        tar.extractall(out, filter="data")
    return out


def variants(path: Path) -> Iterator[Variant]:
    """Position, REF, ALT and INFO."""
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            c = line.split("\t")
            alt = c[4].split(",")[-1]  # which is the one that is named
            yield int(c[1]), c[3], alt, dict(p.partition("=")[::2] for p in c[7].split(";"))


def transcript_alone(model: genes.Transcript, spliced: str) -> tuple[Transcript, str, int]:
    """Transcript in its own stretch of genome, of which only the exons are known."""
    offset = model.start - AROUND
    plus = spliced if model.strand > 0 else reverse_complement(spliced)
    known = ["N"] * (model.end - offset + AROUND)
    at = 0
    for a, b in model.exons:
        known[a - offset : b - offset] = plus[at : at + b - a]
        at += b - a
    moved = genes.Transcript(
        *(model.id, model.version, model.contig, model.strand),
        [(a - offset, b - offset) for a, b in model.exons],
        model.gene_id,
        cds=(model.cds[0] - offset, model.cds[1] - offset) if model.cds else None,
    )
    return spec_transcript(moved, "".join(known)), "".join(known), offset


def plain(name: str) -> str:
    """A description without reference and without deleted bases."""
    name = re.sub(r"del[ACGT]+ins", "delins", name.rpartition(":")[2])
    return re.sub(r"(del|dup)[ACGT]+$", r"\1", name).replace("*", "Ter")


def reason(theirs: tuple[str, str], mine: tuple[str, str]) -> str:
    """The rule by which two pairs differ; nothing if no rule is known."""
    (c, p), (our_c, our_p) = theirs, mine
    if our_p.endswith("=") and not p:
        return "Oncotator gives nothing for an unchanged protein"
    if re.search(r"[+-]\d+[A-Z-]*>", c):
        return "splice site: Oncotator's name is no HGVS"
    if our_c != c:
        return "most 3' place"
    if p.endswith("fs"):
        return "frame shift: Oncotator names the first touched amino acid and no length"
    return ""


def test_oncotator_on_pik3ca(folder: Path) -> None:
    model_file = next(folder.rglob("gencode.v19.PIK3CA.gtf"))
    sequences = read_fasta(next(folder.rglob("gencode.v19.PIK3CA_transcript.fasta")))
    spliced = {name.split("|")[0].partition(".")[0]: s for name, s in sequences.items()}
    models = {t.id: t for t in genes.read_genes(model_file)}
    counts: Counter[str] = Counter()
    unexplained = []
    for kind in ("SNPS", "INDELS"):
        path = next(folder.rglob(f"PIK3CA_{kind}.oncotatorAnnotated.vcf"))
        for position, ref, alt, info in variants(path):
            name = info["annotation_transcript"].partition(".")[0]
            coding = plain(info.get("HGVS_coding_DNA_change", ""))
            if not coding or name not in spliced:
                counts["no name"] += 1
                continue
            t, genome, offset = transcript_alone(models[name], spliced[name])
            change = trimmed(position - offset, ref, alt)
            theirs = coding, plain(info.get("HGVS_protein_change", ""))
            mine = hgvs_c(t, change, genome) or "", hgvs_p(t, change, genome) or ""
            why = "equal" if theirs == mine else reason(theirs, mine)
            counts[why] += 1
            if not why:
                unexplained.append((position, ref, alt, theirs, mine))
    sys.stdout.write(f"\nOncotator, PIK3CA: {dict(counts)}\n")
    assert not unexplained
    assert counts["equal"] >= 15


def test_funcotator_on_chromosome_1(folder: Path, shared_data: Path) -> None:
    genome = next(iter(read_fasta(shared_data / "genome/GRCh37.chr1_1-1000000.fa.gz").values()))
    models = chromosome_1(shared_data / "gene_models")
    counts: Counter[str] = Counter()
    unexplained = []
    for path in sorted(folder.rglob("regressionTest*_expected.vcf")):
        for line in path.read_text().splitlines():
            c = line.split("\t")
            if line.startswith("#") or c[0] != "1" or int(c[1]) > MEGABASE:
                continue
            f = c[7].partition("FUNCOTATION=[")[2].split("|")
            if f[1] != "hg19" or not re.fullmatch(r"c\.\d+[ACGT]>[ACGT]", f[16]):
                continue
            model = models.get(f[12].partition(".")[0])
            if model is None:
                counts["no such transcript"] += 1
                continue
            t = spec_transcript(model, genome)
            change = trimmed(int(c[1]), c[3], c[4])
            mine = hgvs_c(t, change, genome) or "", hgvs_p(t, change, genome) or ""
            p = re.fullmatch(r"p\.(\w|\*)(\d+)(\w|\*)", f[18])
            said = ""
            if p:
                said = f"p.{THREE_LETTER[p[1]]}{p[2]}{'=' if p[1] == p[3] else THREE_LETTER[p[3]]}"
            if (f[16], said) == mine:
                counts["equal"] += 1
            else:
                unexplained.append((f[12], model.version, c[1], f[16], said, mine))
    sys.stdout.write(f"\nFuncotator, chromosome 1: {dict(counts)}\n")
    assert not unexplained
    assert counts["equal"] >= 126


def chromosome_1(folder: Path) -> dict[str, genes.Transcript]:
    """Transcripts of GENCODE in the first megabase."""
    out = {}
    path = folder / "GENCODE_lift37_all_transcripts.GRCh37.genePredExt.gz"
    with gzip.open(path, "rt") as handle:
        for line in handle:
            c = line.split("\t")
            if c[1] == "chr1" and int(c[4]) < MEGABASE and int(c[5]) < int(c[6]):
                ends = zip(c[8].split(","), c[9].split(","), strict=True)
                exons = [(int(a), int(b)) for a, b in ends if a]
                name, _, version = c[0].partition(".")
                strand = -1 if c[2] == "-" else 1
                cds = int(c[5]), int(c[6])
                out[name] = genes.Transcript(name, version, "1", strand, exons, "", cds=cds)
    return out
