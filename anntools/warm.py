"""Compiling the kernels ahead of the first run."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from anntools.api import annotate

_TINY = (
    "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    "MT\t3243\t.\tA\tG\t.\t.\t.\n"
)


def warm(pack: str | Path = "demo") -> float:
    """Annotate one variant, which compiles and stores the kernels; returns the seconds it took."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "tiny.vcf"
        source.write_text(_TINY, encoding="utf-8")
        annotate(source, Path(folder) / "tiny.annot.vcf", pack)
    return time.monotonic() - began
