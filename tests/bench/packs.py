"""Packs for the benchmark, built with our own command and kept beside the data."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from tests.bench import peers
from tests.bench.generate import Data
from tests.bench.generate.overlays import INTERVALS
from tests.bench.measure import Run, run


class Packs:
    """Packs of one set of data, each built when first asked for, anew when the engine changed."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.built: dict[str, Run] = {}

    def path(self, name: str) -> Path:
        """The folder of a pack: genes, database, everything."""
        folder = self.data.folder / "packs" / name
        stamp = _engine_stamp()
        made = folder.parent / f"{name}.stamp"
        if not (made.exists() and made.read_text() == stamp and folder.exists()):
            shutil.rmtree(folder, ignore_errors=True)
            folder.parent.mkdir(exist_ok=True)
            self.built[name] = self.build(name, folder)
            made.write_text(stamp)
        return folder

    def build(self, name: str, folder: Path) -> Run:
        """Build a pack and measure it."""
        sys.stderr.write(f"Building the pack {self.data.folder.name}/{name} …\n")
        genes = self.data.genes if name != "database" else self._one_gene()
        command = peers.anntools(
            *("reference", "build", "--fasta", self.data.fasta, "--genes", genes, "-o", folder)
        )
        for overlay in self._overlays(name):
            command += ("--overlay", overlay)
        return run(command, watch=True)

    def _overlays(self, name: str) -> list[str]:
        path = self.data.path
        database = f"db={path('database.vcf.gz')}:AC"
        if name == "database":
            return [f"rs={path('database.vcf.gz')}", database]
        if name == "everything":
            return [
                database,
                f"pop={path('frequencies.vcf.gz')}:AF,AN",
                f"clinvar={path('clinical.vcf.gz')}:CLNSIG,CLNDN",
                *(f"{name}={path(name)}.bed" for name in INTERVALS),
            ]
        return []

    def _one_gene(self) -> Path:
        """A gene model of one gene: a pack needs one."""
        path = self.data.path("one_gene.gff3")
        whole = self.data.path("genes.gff3").read_text()
        path.write_text(whole[: whole.index("###\n") + 4])
        return path


def _engine_stamp() -> str:
    """Digest of the sources that build packs."""
    digest = hashlib.sha256()
    for source in sorted((peers.ENGINE / "anntools" / "pack").glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()
