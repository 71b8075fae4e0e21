"""``anntools reference build``: a pack from a FASTA, a gene model and overlay files."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from anntools.infokeys import check_stores
from anntools.pack.arrays import file_digest
from anntools.pack.build import PackBuilder
from anntools.pack.contigs import alias_table, assembly_of, identify, read_synonyms
from anntools.pack.genes import read_genes
from anntools.pack.manifest import MANIFEST, Manifest, SourceFile
from anntools.pack.overlay_spec import OverlayProblem, parse_overlay
from anntools.pack.overlays import Place, write_overlay
from anntools.pack.sequence import contigs_of
from anntools.pack.transcripts import Transcript

Say = Callable[[str], None]


def build_from_files(
    fasta: Path,
    genes: Path,
    output: Path,
    overlays: Sequence[str] = (),
    assembly: str = "",
    mitochondrion: str | None = None,
    *,
    name: str = "",
    synonyms: Path | None = None,
    say: Say = lambda _: None,
) -> Manifest:
    """Build a pack into the folder ``output``, whose name it gets unless ``name`` is given.

    ``synonyms``: a table of names of contigs (chromAlias.txt of UCSC, assembly_report.txt of NCBI).
    HGVSg has the contig's own name, and its accession if ``assembly`` or ``synonyms`` is given.
    ``say`` is told what is being done. The folder is complete or not there: it is built beside and
    moved. Raises ValueError for a file that cannot be read, OSError for a missing one.
    """
    specs = [parse_overlay(text) for text in overlays]
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        raise OverlayProblem("Two overlays have the same name")
    part = output.with_name(f".{output.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with PackBuilder(part) as builder:
            named = bool(assembly or synonyms)
            notes = _add_model(builder, fasta, genes, synonyms, mitochondrion, named, say)
            model = builder.end_of_contigs()
            place = Place(model, builder.lengths, alias_table(builder.contigs), builder.genes)
            for spec in specs:
                say(f"Building the overlay {spec.name}")
                about = write_overlay(spec, place, builder.store_folder(spec.name))
                builder.stores.append(about)
            check_stores(builder.stores)
            say("Taking checksums")
            files = [("reference sequence", fasta), ("gene model", genes)]
            files += [(f"overlay {s.name}", path) for s in specs for path in (s.path, *s.more)]
            manifest = builder.finish(
                name or output.name,
                assembly or assembly_of(builder.contigs) or fasta.name.split(".")[0],
                sources=[_source(what, path) for what, path in files],
                command="anntools reference build",
                notes=notes,
            )
        _put_in_place(part, output)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def _put_in_place(part: Path, output: Path) -> None:
    """Replace an older pack, or an empty folder; anything else stays."""
    if (output / MANIFEST).is_file() or (output.is_dir() and not any(output.iterdir())):
        shutil.rmtree(output)
    if output.exists():
        raise ValueError(f"{output} is there already and is not a pack; give another folder")
    output.parent.mkdir(parents=True, exist_ok=True)
    part.rename(output)


def _add_model(
    builder: PackBuilder,
    fasta: Path,
    genes: Path,
    synonyms: Path | None,
    mitochondrion: str | None,
    named: bool,
    say: Say,
) -> list[str]:
    """Sequence and transcripts, contig by contig; returns what was left out, in words."""
    say(f"Reading {genes.name}")
    waiting: dict[str, list[Transcript]] = defaultdict(list)
    for t in read_genes(genes):
        waiting[t.contig].append(t)
    first = next(iter(waiting))
    known: Mapping[str, Sequence[str]] = read_synonyms(synonyms) if synonyms else {}
    seen: set[str] = set()
    for head, codes in contigs_of(fasta):
        contig = identify(head, len(codes), known, mitochondrion)
        if not named:  # HGVSg tells the accession only of an assembly that someone vouches for
            contig = replace(contig, accession="")
        if contig.name in seen:
            raise ValueError(f"{fasta.name} has two sequences called {contig.name}")
        seen.add(contig.name)
        say(f"Packing {contig.name} ({len(codes):,} bases)")
        own = [t for alias in dict.fromkeys(contig.names()) for t in waiting.pop(alias, ())]
        builder.add_contig(contig, codes, own)
    if not builder.transcripts:
        raise ValueError(
            f"{genes.name} and {fasta.name} have no contig in common: "
            f"{first} is not in the sequence"
        )
    notes = []
    if waiting:
        left = sum(map(len, waiting.values()))
        some = ", ".join(sorted(waiting)[:5])
        notes.append(f"{left} transcripts lie on contigs without sequence ({some})")
    if builder.beyond:
        notes.append(f"{builder.beyond} transcripts reach beyond the end of their contig")
    return notes


def _source(what: str, path: Path) -> SourceFile:
    return SourceFile(what, "", "", path.name, file_digest(path), "as given by the user")
