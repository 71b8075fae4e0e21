"""``--haplotypes`` against ``bcftools csq`` on phased genotypes: INFO/BCSQ and FORMAT/BCSQ.

The cohort is 1000 Genomes chr20; it is sparse, so random variants on exons with random phased
genotypes are compared too, where neighbours share codons.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from anntools.haplotype import Haplotypes
from tests.bench.peers import bcftools
from tests.conformance import engine
from tests.conformance.peers import csq
from tests.conformance.tables import Section

FASTA = engine.DATA / "genome" / "GRCh37.chr20.fa.gz"
GENES = engine.TRUTH / "vep115" / "real" / "chr20.mane.gff.gz"
BITS = 30


def cohort(folder: Path) -> list[Section]:
    """The real cohort, then the dense one."""
    pack = folder / "chr20"
    if not pack.exists():
        engine.build_pack(FASTA, GENES, pack)
    real = folder / "real.vcf"
    real.write_text(
        "".join(_with_chr(engine.DATA / "vcf_real" / "1000G_chr20_203samples.GRCh37.vcf.gz"))
    )
    dense = _dense(folder)
    return [
        _compare(real, pack, folder, "haplotypes, 1000 Genomes chr20 × 203 samples"),
        _compare(dense, pack, folder, "haplotypes, random phased substitutions on chr20 exons"),
    ]


def _with_chr(path: Path) -> str:
    """A file with ``chr`` before its contig."""
    out = []
    for line in engine.lines(path):
        if line.startswith("#"):
            out.append(line.replace("##contig=<ID=20", "##contig=<ID=chr20"))
        else:
            out.append(f"chr{line}")
    return "\n".join(out) + "\n"


def _dense(folder: Path) -> Path:
    """Random variants, left-aligned by bcftools, with three samples; substitutions only."""
    source = engine.TRUTH / "bcftools_csq_generated" / "synthetic.chr20.vcf.gz"
    normal, out = folder / "normal.vcf", folder / "dense.vcf"
    command = [*bcftools(), "norm", "-f", str(FASTA), str(source), "-o", str(normal)]
    subprocess.run(command, check=True, capture_output=True)
    rng = random.Random(1)
    with out.open("w") as handle:
        for line in engine.lines(normal):
            c = line.split("\t")
            if line.startswith("##"):
                handle.write(line + "\n")
            elif line.startswith("#"):
                handle.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="GT">\n')
                handle.write("\t".join([*c[:8], "FORMAT", "a", "b", "c"]) + "\n")
            elif len(c[3]) == len(c[4]) == 1:
                calls = [f"{rng.randint(0, 1)}|{rng.randint(0, 1)}" for _ in "abc"]
                handle.write("\t".join([*c[:8], "GT", *calls]) + "\n")
    return out


def _compare(source: Path, pack: Path, folder: Path, title: str) -> Section:
    """Entries and marks of every record."""
    section = Section(title)
    theirs = csq(source, FASTA, GENES, folder / "theirs.vcf", "-p", "s")
    mine = folder / "ours.vcf"
    joined = Haplotypes(pack, "s")
    body = [f"{line}\n".encode() for line in engine.lines(source) if not line.startswith("#")]
    with mine.open("wb") as out:
        for i in range(0, len(body), 1000):
            out.write(joined.feed(b"".join(body[i : i + 1000])))
        out.write(joined.finish())
    for a, b in zip(engine.records(mine), engine.records(theirs), strict=True):
        ours, answer = a.info.get("BCSQ", ""), b.info.get("BCSQ", "")
        if not ours and not answer:
            continue
        # bcftools merges entries of start and stop codons across haplotypes
        rule = "bcsq 9" if "start_" in ours + answer or "stop_" in ours + answer else None
        text = f"{a.contig}:{a.position} {a.ref}>{','.join(a.alts)}: ours {ours}, theirs {answer}"
        for name, equal in (
            ("entries", set(ours.split(",")) == set(answer.split(","))),
            ("marks", _marks(a, ours) == _marks(b, answer)),
        ):
            if equal:
                section.line(name).equal += 1
            else:
                section.line(name).differs(rule or ("bcsq 9" if "@" in answer else None), text)
    return section


def _marks(record: engine.Record, value: str) -> list[set[tuple[str, int]]]:
    """The entries that each sample's haplotypes have."""
    if "BCSQ" not in record.format:
        return [set() for _ in record.samples]
    entries, at = value.split(","), record.format.index("BCSQ")
    out = []
    for cell in record.samples:
        words = (cell.split(":") + ["0"] * (at + 1))[at].replace(".", "0").split(",")
        bits = [BITS * i + b for i, w in enumerate(words) for b in range(BITS) if int(w) >> b & 1]
        out.append({(entries[b // 2], b % 2) for b in bits})
    return out
