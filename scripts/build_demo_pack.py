"""Build the demo reference pack: GRCh37 chr20, X:1-70 Mb, Y and MT.

    python scripts/build_demo_pack.py --sources DIR [-o anntools/packs/demo]

DIR holds the files that fetch_demo_sources.py writes (anywhere below it); the content of each is
checked against the checksum in demo_pack_sources.toml before it is used. The same sources give the
same pack, byte for byte.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo_pack_sources import Source, digest_of, read_sequence, read_table

from anntools import genetic_code
from anntools.pack.build import Contig, PackInput, build_pack
from anntools.pack.genes import Transcript, read_genepred, split_version
from anntools.pack.lift import Chain, lift_all, read_chains
from anntools.pack.manifest import SourceFile
from anntools.pack.sequence import Codes
from anntools.pack.stores import ExactStore, Field, IntervalStore

HERE = Path(__file__).resolve().parent
CONTIGS = [
    Contig("20", 63025520, accession="NC_000020.10"),
    Contig("X", 155270560, accession="NC_000023.10", limit=69_990_000),
    Contig("Y", 59373566, accession="NC_000024.9"),
    Contig(
        "MT",
        16569,
        accession="NC_012920.1",
        code=genetic_code.VERTEBRATE_MITOCHONDRIAL,
    ),
]
FLANK = 200  # sequence kept on both sides of an exon
CLINVAR_FIELDS = [
    Field("CLINVAR_ID", "String", "ClinVar variation ID of this exact allele"),
    Field("CLINVAR_SIG", "String", "ClinVar clinical significance (15 December 2024)"),
    Field("CLINVAR_REVIEW", "String", "ClinVar review status"),
    Field("CLINVAR_DISEASE", "String", "ClinVar disease names, joined by |"),
    Field("CLINVAR_RS", "String", "dbSNP ID given by ClinVar"),
]


class Sources:
    """The pinned source files, found below a folder and checked."""

    def __init__(self, folder: Path) -> None:
        self.table = read_table()
        self.paths = {key: self._find(folder, source) for key, source in self.table.items()}

    def _find(self, folder: Path, source: Source) -> Path:
        place = folder if source.package else HERE
        path = next(iter(sorted(place.rglob(source.file))), None)
        if path is None:
            raise SystemExit(f"{source.file} is not below {place}; see fetch_demo_sources.py")
        found = digest_of(source, path)
        if found != source.content_sha256:
            raise SystemExit(f"{path}: content {found} is not the pinned {source.content_sha256}")
        return path

    def records(self) -> list[SourceFile]:
        """What the manifest says of the sources."""
        return [source.record() for _, source in sorted(self.table.items())]


def text_lines(path: Path) -> list[str]:
    """Lines of a gzipped text file."""
    return gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)


def sequences(sources: Sources) -> dict[str, Codes]:
    """Base codes of the four contigs."""
    wanted = {"20": "chr20", "X": "chrX", "Y": "chrY", "MT": "rcrs"}
    return {
        name: read_sequence(sources.paths[key], sources.table[key].masked)
        for name, key in wanted.items()
    }


def mane(sources: Sources, chains: dict[str, list[Chain]]) -> Iterator[Transcript]:
    """MANE transcripts lifted to GRCh37: every exon whole, through one chain."""
    names = {c.name: c for c in CONTIGS}
    xref = {}
    for line in text_lines(sources.paths["mane_xref"]):
        columns = line.rstrip("\n").split("\t")
        xref[columns[0]] = columns
    for t in read_genepred(sources.paths["mane"]):
        if t.contig not in chains:
            continue
        lifted = lift_all(chains[t.contig], t.exons)
        cds = lift_all(chains[t.contig], split_cds(t)) if t.cds else None
        if lifted is None or (t.cds and (cds is None or cds[0] != lifted[0])):
            continue
        target, same_strand, exons = lifted
        name = target.removeprefix("chr")
        if name not in names or exons[-1][1] + 5000 > (names[name].limit or names[name].length):
            continue
        x = xref[f"{t.id}.{t.version}"]
        t.contig, t.exons = name, exons
        t.strand = t.strand if same_strand else -t.strand
        t.cds = (cds[2][0][0], cds[2][-1][1]) if cds else None
        t.gene_id, t.protein, t.symbol, t.biotype = split_version(x[1])[0], x[2], x[6], x[8]
        t.tags = frozenset({x[7].replace(" ", "_")})
        t.mane = x[3] if "MANE_Select" in t.tags else ""
        yield t


def split_cds(t: Transcript) -> list[tuple[int, int]]:
    """Coding part of every exon."""
    if t.cds is None:
        return []
    parts = [(max(a, t.cds[0]), min(b, t.cds[1])) for a, b in t.exons]
    return [(a, b) for a, b in parts if a < b]


def mitochondrial(path: Path) -> Iterator[Transcript]:
    """The 37 genes of the rCRS, each of one exon that is coding from end to end or not at all."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        symbol, start, end, strand, biotype, protein = line.split("\t")
        span = (int(start) - 1, int(end))
        coding = biotype == "protein_coding"
        yield Transcript(
            id=symbol,
            version="",
            contig="MT",
            strand=1 if strand == "+" else -1,
            exons=[span],
            gene_id=symbol,
            symbol=symbol,
            biotype=biotype,
            cds=span if coding else None,
            protein=protein if coding else "",
            tags=frozenset({"Ensembl_canonical"}),
            hgvs=f"NC_012920.1({symbol})",
        )


def clinvar(
    sources: Sources, chains: dict[str, list[Chain]], genome: dict[str, Codes]
) -> ExactStore:
    """ClinVar alleles lifted to GRCh37; only where the lifted REF agrees with the sequence."""
    records: list[tuple[str, int, str, str, tuple[str, ...]]] = []
    for line in text_lines(sources.paths["clinvar"]):
        if line.startswith("#"):
            continue
        chrom, pos, identifier, ref, alt, _, _, info = line.rstrip("\n").split("\t")
        lifted = lift_variant(chains, chrom, int(pos) - 1, ref, alt)
        if lifted is None or lifted[0] not in genome:
            continue
        name, at, ref, alt = lifted
        if not agrees(genome[name], at, ref):
            continue
        values = dict(part.partition("=")[::2] for part in info.split(";"))
        diseases = [d.partition("|")[2] or d for d in values.get("CLNDN", "").split(",")]
        rs = values.get("RS", "")
        records.append(
            (
                name,
                at,
                ref,
                alt,
                (
                    identifier,
                    values.get("CLNSIG", "").replace(",", "|"),
                    values.get("CLNREVSTAT", "").replace(",_", "__").replace(",", "|"),
                    "|".join(diseases),
                    f"rs{rs}" if rs else "",
                ),
            )
        )
    return ExactStore("ClinVar", CLINVAR_FIELDS, records, class_field=1)


def lift_variant(
    chains: dict[str, list[Chain]], chrom: str, pos: int, ref: str, alt: str
) -> tuple[str, int, str, str] | None:
    """A variant on GRCh37, or None; the mitochondrion is the same in both builds."""
    if chrom in ("MT", "M"):
        return "MT", pos, ref, alt
    lifted = lift_all(chains.get(f"chr{chrom}", []), [(pos, pos + len(ref))])
    if lifted is None or not set(ref + alt) <= set("ACGT"):
        return None
    target, same_strand, [(start, _)] = lifted
    if not same_strand:
        table = str.maketrans("ACGT", "TGCA")
        ref, alt = ref.translate(table)[::-1], alt.translate(table)[::-1]
        if len(ref) != len(alt):
            return None  # the anchor base would stand on the wrong side
    return target.removeprefix("chr"), start, ref, alt


def agrees(sequence: Codes, pos: int, ref: str) -> bool:
    """Whether REF is what the sequence says."""
    found = "".join("ACGTN"[c] for c in sequence[pos : pos + len(ref)])
    return found == ref


def cytobands(sources: Sources) -> IntervalStore:
    """Bands named with their chromosome: 20p13."""
    rows = []
    for line in text_lines(sources.paths["cytoband"]):
        chrom, start, end, band, _ = line.rstrip("\n").split("\t")
        name = chrom.removeprefix("chr")
        if start != "start":
            rows.append((name, int(start), int(end), name + band))
    return IntervalStore("cytoBand", "cytoBand", "Cytogenetic band (UCSC, hg19)", rows)


def cpg_islands(sources: Sources) -> IntervalStore:
    """CpG islands named by their place."""
    rows = []
    for line in text_lines(sources.paths["cpg"]):
        chrom, start, end = line.split()[:3]
        name = chrom.removeprefix("chr")
        rows.append((name, int(start), int(end), f"CpG_{name}_{int(start) + 1}_{end}"))
    return IntervalStore("cpgIsland", "cpgIsland", "CpG island (UCSC, hg19)", rows)


def build(folder: Path, out: Path) -> None:
    """Read, lift, check and write."""
    sources = Sources(folder)
    genome = sequences(sources)
    chains = read_chains(sources.paths["chain"], {"chr20", "chrX", "chrY"})
    transcripts = [*mane(sources, chains), *mitochondrial(sources.paths["mt_genes"])]
    variants = clinvar(sources, chains, genome)
    variants.records = [r for r in variants.records if r[1] < (limit_of(r[0]))]
    covered: dict[str, list[tuple[int, int]]] = {c.name: [] for c in CONTIGS}
    for t in transcripts:
        covered[t.contig] += [(a - FLANK, b + FLANK) for a, b in t.exons]
    for contig, pos, ref, _, _ in variants.records:
        covered[contig].append((pos - FLANK, pos + len(ref) + FLANK))
    covered["MT"] = [(0, 16569)]
    manifest = build_pack(
        PackInput(
            name="demo",
            assembly="GRCh37",
            contigs=CONTIGS,
            sequences=genome,
            transcripts=transcripts,
            covered=covered,
            exact=[variants],
            intervals=[cytobands(sources), cpg_islands(sources)],
            sources=sources.records(),
            command="python scripts/fetch_demo_sources.py DIR && "
            "python scripts/build_demo_pack.py --sources DIR",
            notes=[
                "Demo pack: chromosome 20, X from 1 to 69,990,000, Y and the mitochondrion only.",
                "Genes: MANE transcripts lifted from GRCh38, and the 37 mitochondrial genes.",
                f"Sequence: exons and ClinVar positions with {FLANK} bases on both sides.",
                "ClinVar: pathogenic and likely pathogenic with at least two stars.",
            ],
        ),
        out,
    )
    size = sum(p.stat().st_size for p in out.iterdir())
    print(f"{manifest.pack_id}: {len(manifest.genes)} genes, {manifest.transcripts} transcripts, "
          f"{len(variants.records)} ClinVar alleles, {size / 1e6:.2f} MB in {out}")  # fmt: skip


def limit_of(name: str) -> int:
    """Where the known part of a contig ends."""
    contig = next(c for c in CONTIGS if c.name == name)
    return contig.limit or contig.length


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sources", type=Path, required=True, help="folder with the source files")
    parser.add_argument("-o", "--output", type=Path, default=HERE.parent / "anntools/packs/demo")
    arguments = parser.parse_args()
    build(arguments.sources, arguments.output)


if __name__ == "__main__":
    main()
