"""File names: what a VCF is called without its suffixes, and what the results are called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

UNLIFTED: Final = ".unlifted.vcf"
_SUFFIXES: Final = (".vcf.gz", ".vcf.bgz", ".vcf.bgzf", ".vcf", ".bcf", ".gz", ".bgz", ".bgzf")


def stem(name: str) -> str:
    """``NA12878.vcf.gz`` -> ``NA12878``; suffixes in any case; a bare suffix stays as it is."""
    lower = name.lower()
    for suffix in _SUFFIXES:
        if lower.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


@dataclass(frozen=True, slots=True)
class Outputs:
    """Paths of what a run writes."""

    vcf: Path
    log: Path
    summary: Path
    receipt: Path
    unlifted: Path  # with --lift only

    @property
    def all(self) -> tuple[Path, Path, Path, Path]:
        """What every run writes, the VCF first."""
        return self.vcf, self.log, self.summary, self.receipt


def outputs_in(folder: Path, name: str) -> Outputs:
    """``NAME.annot.vcf.gz`` and its companions in a folder."""
    return _beside(folder / f"{name}.annot.vcf.gz", name)


def outputs_for(vcf: Path) -> Outputs:
    """The companions of a given output VCF: same folder, its name without ``.annot`` and suffix."""
    base = stem(vcf.name)
    return _beside(vcf, base[:-6] if base.lower().endswith(".annot") and len(base) > 6 else base)


def _beside(vcf: Path, name: str) -> Outputs:
    folder = vcf.parent
    return Outputs(
        vcf=vcf,
        log=folder / f"{name}.vcf.count.log",
        summary=folder / f"{name}.summary.json",
        receipt=folder / f"{name}.receipt.json",
        unlifted=folder / f"{name}{UNLIFTED}",
    )
