"""The data of the benchmark, made here from nothing but a seed.

``prepare(folder, scale)`` makes what is missing and returns the paths. The same version of this
package gives the same bytes; a changed one makes all anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pysam

from tests.bench.generate import gff, overlays, sequence, variants
from tests.bench.generate.genes import Gene, make_gene

SEED = 20261121


@dataclass(frozen=True)
class Scale:
    """How much data. ``human`` gives the genome the contigs and the gene count of the human one."""

    name: str
    contigs: tuple[tuple[str, int], ...]
    genes: int
    wgs: int
    exome: int = 0
    cohort: int = 0
    database: int = 0


MB = 1_000_000
FULL = Scale(
    "full",
    (("1", 60 * MB), ("2", 50 * MB), ("3", 40 * MB)),
    genes=3_000,
    wgs=1_000_000,
    exome=200_000,
    cohort=100_000,
    database=5_000_000,
)
QUICK = Scale(
    "quick",
    (("1", 3 * MB), ("2", 2 * MB)),
    genes=60,
    wgs=4_000,
    exome=2_000,
    cohort=300,
    database=10_000,
)
# Lengths of the chromosomes of GRCh38 in millions of bases, 1 to 22, X, Y.
_HUMAN = (249, 242, 198, 190, 182, 171, 159, 145, 138, 134, 135, 133, 114, 107, 102, 90, 83, 80, 59)
_HUMAN += (64, 47, 51, 156, 57)
HUMAN = Scale(
    "human",
    tuple(zip([str(i) for i in range(1, 23)] + ["X", "Y"], [x * MB for x in _HUMAN], strict=True)),
    genes=36_000,
    wgs=1_000_000,
)


@dataclass(frozen=True)
class Data:
    """Paths in one folder; sites are there as .vcf and .vcf.gz (BGZF, tabix)."""

    folder: Path

    def path(self, name: str) -> Path:
        """A file of the folder."""
        return self.folder / name

    @property
    def fasta(self) -> Path:
        """The genome."""
        return self.folder / "genome.fa"

    @property
    def genes(self) -> Path:
        """The gene model."""
        return self.folder / "genes.gff3.gz"

    @property
    def facts(self) -> dict[str, int]:
        """Counts of what was made."""
        return dict(json.loads((self.folder / "facts.json").read_text()))


def prepare(root: Path, scale: Scale) -> Data:
    """Make the data of a scale unless it is there."""
    folder = root / scale.name
    stamp = _stamp(scale)
    made = folder / "stamp"
    if made.exists() and made.read_text() == stamp:
        return Data(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _say(f"Making the {scale.name} data in {folder} (once) …")
    began = time.monotonic()
    facts = _make(Data(folder), scale)
    (folder / "facts.json").write_text(json.dumps(facts, indent=1))
    made.write_text(stamp)
    _say(f"… {time.monotonic() - began:.0f} s: {facts}")
    return Data(folder)


def _stamp(scale: Scale) -> str:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(json.dumps(asdict(scale)).encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _rng(*key: int) -> np.random.Generator:
    return np.random.default_rng([SEED, *key])


def _make(data: Data, scale: Scale) -> dict[str, int]:
    """All files of one scale; positions of variants are drawn while a contig is in memory."""
    total = sum(length for _, length in scale.contigs)
    transcripts = number = 0
    sets: dict[str, list[variants.Variant]] = {"wgs": [], "exome": [], "cohort": [], "database": []}
    gff_path = data.path("genes.gff3")
    with gff_path.open("w") as out:
        out.write("##gff-version 3\n")
        for c, (name, length) in enumerate(scale.contigs):
            rng = _rng(c)
            bases = sequence.random_contig(rng, length)
            n = round(scale.genes * length / total)
            here = [make_gene(rng, number + i, c, length, i % 2 == 0) for i in range(n)]
            here.sort(key=lambda g: (g.start, g.number))
            number += n
            sequence.open_frames(bases, here)
            sequence.append_fasta(data.fasta, name, bases)
            for gene in here:
                out.writelines(gff.gene_lines(gene, name, transcripts))
                transcripts += len(gene.transcripts)
            _draw_contig(rng, scale, c, bases, here, sets)
    pysam.tabix_compress(str(gff_path), str(data.genes), force=True)
    _write_sets(data, scale, sets)
    return {"genome": total, "genes": number, "transcripts": transcripts} | {
        name: len(found) for name, found in sets.items()
    }


def _draw_contig(
    rng: np.random.Generator,
    scale: Scale,
    contig: int,
    bases: sequence.Bases,
    here: list[Gene],
    sets: dict[str, list[variants.Variant]],
) -> None:
    """The contig's share of every set."""
    share = len(bases) / sum(length for _, length in scale.contigs)
    exons = [(s - 50, e + 50) for g in here for t in g.transcripts for s, e in t.exons]
    for name, multi in (("wgs", 0.02), ("exome", 0.02), ("cohort", 0.0)):
        n = round(getattr(scale, name) * share)
        if name == "exome" and n:
            positions = variants.within(rng, exons, n)
        else:
            positions = variants.somewhere(rng, len(bases), n)
        sets[name] += variants.draw(rng, contig, bases, positions, multi)
    if scale.database:
        known = [v for s in ("wgs", "exome", "cohort") for v in sets[s] if v.contig == contig]
        kept = [v for v, p in zip(known, rng.random(len(known)).tolist(), strict=True) if p < 0.9]
        n = max(0, round(scale.database * share) - len(kept))
        positions = variants.somewhere(rng, len(bases), n)
        kept += variants.draw(rng, contig, bases, positions, 0.0)
        kept.sort(key=lambda v: (v.position, v.ref, v.alts))
        sets["database"] += kept


def _write_sets(data: Data, scale: Scale, sets: dict[str, list[variants.Variant]]) -> None:
    contigs = scale.contigs
    variants.write_sites(data.path("wgs.vcf"), contigs, sets["wgs"], SEED)
    step = max(1, len(sets["wgs"]) // 1000)
    variants.write_sites(data.path("small.vcf"), contigs, sets["wgs"][::step][:1000], SEED + 1)
    names = ["wgs.vcf", "small.vcf"]
    if sets["exome"]:
        variants.write_sites(data.path("exome.vcf"), contigs, sets["exome"], SEED + 2)
        names.append("exome.vcf")
    if sets["cohort"]:
        variants.write_cohort(data.path("cohort.vcf"), contigs, sets["cohort"], SEED + 3)
        names.append("cohort.vcf")
    if sets["database"]:
        names += overlays.write_all(data.folder, contigs, sets["database"], _rng(99), SEED + 4)
    for name in names:
        compressed = f"{data.path(name)}.gz"
        pysam.tabix_compress(str(data.path(name)), compressed, force=True)
        pysam.tabix_index(compressed, preset="vcf", force=True)
