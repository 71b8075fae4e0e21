"""An index of the annotated VCF, made by htslib (pysam)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from anntools.pack import Pack
from anntools.receipt import Receipt
from anntools.staging import Staging

_TBI_LONGEST: Final = 1 << 29  # bases of a contig that a .tbi can tell apart
SUFFIXES: Final = (".tbi", ".csi")


def write_index(vcf: Path, staging: Staging, pack: Pack) -> tuple[list[Path], list[str]]:
    """Index the finished part of a BGZF file; returns the index to be, and what to warn of.

    A file that is not in order cannot be indexed: that is a warning, not a failure.
    """
    import pysam

    long = any(int(c["length"]) > _TBI_LONGEST for c in pack.manifest.contigs)
    target = vcf.with_name(vcf.name + SUFFIXES[long])
    part = staging.part(target)
    said = pysam.set_verbosity(0)
    try:
        pysam.tabix_index(
            str(staging.part(vcf)), force=True, preset="vcf", csi=long, index=str(part)
        )
    except OSError:
        part.unlink(missing_ok=True)
        return [], [
            "The output was not indexed: its records are not in order of contig and position. "
            "Sort it: bcftools sort"
        ]
    finally:
        pysam.set_verbosity(said)
    return [target], []


def drop_stale(vcf: Path, receipt: Receipt) -> None:
    """Remove indexes of the file that was replaced: they would give wrong answers in silence."""
    written = [file.name for file in receipt.files]
    for suffix in SUFFIXES:
        if vcf.name + suffix not in written:
            vcf.with_name(vcf.name + suffix).unlink(missing_ok=True)
