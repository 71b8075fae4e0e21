"""Reading gene models: GFF3, GTF and genePred become the same list of transcripts."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from anntools.pack import genepred, gff3, gtf
from anntools.pack.transcripts import GeneModelError, Transcript, merge, split_version

__all__ = ["GeneModelError", "Transcript", "merge", "read_genes", "split_version"]

read_gff3 = gff3.read_gff3
read_gtf = gtf.read_gtf
read_genepred = genepred.read_genepred

_READERS: Final[dict[str, Callable[[Path], list[Transcript]]]] = {
    ".gff3": read_gff3,
    ".gff": read_gff3,
    ".gtf": read_gtf,
    ".genepred": read_genepred,
    ".genepredext": read_genepred,
    ".refgene": read_genepred,
    ".refflat": read_genepred,
    ".gp": read_genepred,
    ".txt": read_genepred,
    ".tsv": read_genepred,
}


@contextmanager
def _no_collection() -> Iterator[None]:
    """Spare the collector of cycles millions of small objects that have none: half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read_genes(path: Path) -> list[Transcript]:
    """Read a gene model; its name tells the format.

    Raises GeneModelError for a file in none of the formats, with the line that is wrong.
    """
    name = path.name.lower().removesuffix(".gz").removesuffix(".bgz")
    for suffix, reader in _READERS.items():
        if name.endswith(suffix):
            with _no_collection():
                return reader(path)
    raise GeneModelError(
        f"{path.name}: not a gene model by its name "
        "(.gff3, .gff, .gtf, .genePred, .genePredExt or .txt of UCSC, or any with .gz)"
    )
