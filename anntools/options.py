"""How a run behaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

FORMATS: Final = ("csq", "ann", "bcsq", "classic")
PICKED: Final = "picked"
TRANSCRIPTS: Final = ("all", PICKED)
LIKES: Final = ("", "vep")  # whose answers; "": our own, see docs/engine/divergences.md


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. ``bytes_*`` count the input file as it lies on disk."""

    records_done: int
    bytes_done: int
    bytes_total: int

    @property
    def percent(self) -> float:
        """0 to 100."""
        return 100.0 if not self.bytes_total else round(100 * self.bytes_done / self.bytes_total, 1)


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one run.

    transcripts: ``picked`` writes one transcript for each allele into the VCF (see
    docs/engine/README.md for which); the table has all of them in any case. strict: refuse the
    input at the first bad record. threads: worker threads. max_line: longest
    line accepted, in bytes. max_output: most bytes of text written before the run is refused
    (0: no limit), a guard against decompression bombs. listed: how many bad records are listed.
    table: Parquet file to write besides ("": none). overlays: ``NAME=FILE[:FIELD,...]`` each.
    lift: chain file from the input's assembly to the pack's ("": none). haplotypes: join variants
    of one haplotype within a codon. like: ``vep`` for the very answers of VEP 115 on the same gene
    model, its errors included ("": ours, see docs/engine/divergences.md). index: index the
    compressed output. sign: sign the receipt with this installation's key. contig_names: contigs
    that the file calls otherwise than the pack: the file's name → the pack's; the output keeps the
    file's.
    """

    threads: int = 1
    format: str = "csq"
    transcripts: str = "all"
    strict: bool = False
    distance: int = 5000
    level: int = 1
    chunk_size: int = 1 << 20
    max_line: int = 256 << 20
    max_output: int = 0
    listed: int = 100
    progress: Callable[[Progress], None] | None = None
    table: str = ""
    overlays: tuple[str, ...] = ()
    lift: str = ""
    haplotypes: bool = False
    like: str = ""
    index: bool = False
    sign: bool = True
    contig_names: Mapping[str, str] = field(default_factory=dict)
    name: str = ""  # file name shown in messages instead of the input's own
