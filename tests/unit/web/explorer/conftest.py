"""A real table of the engine, in several row groups, and a job that has it as its result."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient

import anntools
from gas.jobs import Job, Results, StoredFile
from tests.unit.web.conftest import ADA, World, make_job
from web.explorer import working_copy
from web.explorer.recent import Recent
from web.explorer.table import OpenTable

SAMPLES = ("NA1", "NA2", "NA 3")
GROUP = 40
"""Rows of a row group: small, so that there are several."""
_GENOTYPES = ("0/1\t1/1\t./.", "0/0\t0|1\t1/1", "1/1\t0/0\t0/1", "0/0\t0/0\t0/0", "./.\t1\t0/1")
_FILTERS = ("PASS", ".", "q10", "q10;s50")


@dataclass(frozen=True)
class Made:
    """What the engine made of the sample file."""

    annotated: Path
    table: Path
    summary: Path
    records: int

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """The table as plain data."""
        found: Sequence[Mapping[str, Any]] = pq.read_table(self.table).to_pylist()
        return found


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("explored")
    source = folder / "trio.vcf"
    records = _write_vcf(source)
    annotated, written = folder / "trio.annot.vcf.gz", folder / "written.parquet"
    anntools.annotate(source, annotated, "demo", anntools.Options(table=str(written)))
    table = folder / "trio.parquet"
    pq.write_table(pq.read_table(written), table, row_group_size=GROUP)
    return Made(annotated, table, folder / "trio.summary.json", records)


def _write_vcf(path: Path) -> int:
    """The famous variants, each with a neighbour of several alleles, genotypes, QUAL and FILTER."""
    famous = Path("samples/famous_variants.vcf").read_text().splitlines()
    head = [line for line in famous if line.startswith("##")]
    lines = [line.split("\t") for line in famous if not line.startswith("#")]
    body = []
    for n, (chrom, pos, name, ref, alt, *_rest) in enumerate(lines):
        genotypes = _GENOTYPES[n % len(_GENOTYPES)]
        qual = "." if n % 7 == 0 else str(10 * n / 3)
        fixed = (chrom, pos, name, ref, alt, qual, _FILTERS[n % 4], ".", "GT", genotypes)
        body.append("\t".join(fixed))
        if len(ref) == 1:
            base = ref.upper()
            several = f"{base}AC,*" if n % 2 else f"{base}T"
            extra = (chrom, pos, ".", base, several, "50", "PASS", ".", "GT", genotypes)
            body.append("\t".join(extra))
    body.append("20\tnowhere\t.\tA\tG\t1\tPASS\t.\tGT\t0/1\t0/0\t0/0")
    body.append("99\t100\t.\tA\tG\t1\tPASS\t.\tGT\t0/1\t0/0\t0/0")
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(SAMPLES)
    path.write_text("\n".join([*head, columns, *body]) + "\n")
    return len(body)


@pytest.fixture(scope="session")
def opened(made: Made, tmp_path_factory: pytest.TempPathFactory) -> OpenTable:
    """The table, open."""
    folder = tmp_path_factory.mktemp("copy")
    working_copy.write(made.table, folder)
    return OpenTable(made.table, folder, Recent(1_000_000))


@pytest.fixture
def make_world(make_world: Callable[..., World], tmp_path: Path) -> Callable[..., World]:
    return lambda **changes: make_world(**{"explorer_dir": tmp_path / "tables", **changes})


@pytest.fixture
def explored(world: World, made: Made) -> Job:
    """Ada's completed job with that table."""
    return complete_with(world, made)


def complete_with(world: World, made: Made, *, user_id: str = ADA) -> Job:
    job = make_job(world, user_id)
    assert world.jobs.claim(job.job_id, owner="worker", now=world.clock.now(), lease_seconds=60)
    base = f"lab/{user_id}/{job.job_id}~trio"

    def stored(path: Path, suffix: str) -> StoredFile:
        content = path.read_bytes()
        world.results.put(base + suffix, content)
        digest = hashlib.sha256(content).hexdigest()
        return StoredFile(key=base + suffix, name="trio" + suffix, size=len(content), sha256=digest)

    done = world.jobs.complete(
        job.job_id,
        owner="worker",
        at=world.clock.now(),
        archive_at=world.clock.now() + 300,
        results=Results(
            bucket="results",
            annotated=stored(made.annotated, ".annot.vcf.gz"),
            log=stored(made.summary, ".vcf.count.log"),
            summary=stored(made.summary, ".summary.json"),
            receipt=stored(made.summary, ".receipt.json"),
            table=stored(made.table, ".parquet"),
            records_in=made.records,
            records_annotated=made.records - 2,
        ),
    )
    assert done is not None
    return done


@pytest.fixture
def explorer(ada: FlaskClient, explored: Job) -> str:
    """The address of the explorer of that job, for a browser of Ada's; its table is ready."""
    address = f"/annotations/{explored.job_id}/explore"
    while ada.get(f"{address}/rows").status_code == 202:
        pass
    return address
