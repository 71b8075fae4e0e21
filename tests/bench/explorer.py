"""``make bench-explorer``: how quickly a million variants are explored, through the web app.

    make bench-explorer ARGS="[--variants 1000000] [--vcf FILE] [--times 30] [--url URL]"

Makes a VCF of that many variants with two samples (where the demo pack has bases, REF is right),
has a Premium user annotate it in an embedded default of its own (or the one at ``--url``), opens
the explorer, and asks each kind of question so many times, never the same one twice. The times are
those of a client on this machine, uWSGI, session and job record included; one question at a time.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx
import numpy as np

import anntools
from tests.bench import peers
from tests.bench.measure import machine
from tests.e2e.person import Person
from tests.support.installation import Installation

DATA = peers.ROOT / "build" / "bench-data" / "explorer"
LIMIT = 300.0
"""Milliseconds that were promised."""

_CONTIGS = (("20", 60_000, 62_900_000), ("X", 2_700_000, 69_900_000))
_OTHER = {"A": "GCT", "C": "TAG", "G": "ACT", "T": "CAG"}
_GENOTYPES = ("0/1", "1/1", "0/0", "./.")
_GENES = ("PRNP", "JAG1", "DMD", "GNAS", "CDKL5", "ADA", "OTC", "PHEX", "RS1", "SAMHD1")
_TERMS = (
    "missense_variant",
    "intron_variant",
    "stop_gained",
    "synonymous_variant",
    "5_prime_UTR_variant",
)
_SORTS = (
    "qual",
    "-qual",
    "hgvsc",
    "-hgvsg",
    "symbol",
    "-consequence",
    "pos",
    "hgvsp",
    "-cds_start",
    "alt",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=30, help="questions of each kind")
    parser.add_argument("--url", default="", help="a running installation")
    parser.add_argument("--vcf", type=Path, help="explore this file instead of a made one")
    options = parser.parse_args()
    source = options.vcf or made(options.variants)
    with _installation(options.url) as web, Person(web) as person:
        person.upgrade()
        job_id = person.annotate(source.name, source.read_bytes())
        job = person.finished(job_id, seconds=900)
        _say(f"{source.name}: {job['receipt']['records_in']:,} records. {machine()}")
        measure(person, f"{web}/annotations/{job_id}", options.times)


@contextmanager
def _installation(url: str) -> Iterator[str]:
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder) / "data")
        try:
            installation.start(seconds=180)
            yield installation.web
        finally:
            installation.stop()


def made(variants: int) -> Path:
    """A VCF with so many variants on the contigs 20 and X, with QUAL, FILTER and two samples."""
    path = DATA / f"million-{variants}.vcf.gz"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20)
    pack = anntools.open_pack("demo")
    head = "##fileformat=VCFv4.2\n##contig=<ID=20>\n##contig=<ID=X>\n"
    columns = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "NA1", "NA2")
    with gzip.open(path, "wt", compresslevel=1) as out:
        out.write(head + "#" + "\t".join(columns) + "\n")
        for number, (contig, first, last) in enumerate(_CONTIGS):
            bases = _bases(pack, number, last + 1)
            known = np.flatnonzero(np.frombuffer(bases.encode(), np.uint8) != ord("N"))
            near_genes = rng.choice(known[known >= first], variants // 4, replace=False)
            anywhere = rng.choice(last - first, variants // 4, replace=False) + first
            places = np.sort(np.concatenate([near_genes, anywhere]))
            _write(out.write, rng, contig, places.tolist(), bases)
    return path


def _bases(pack: anntools.Pack, contig: int, end: int) -> str:
    step = 1_000_000
    return "".join(
        anntools.bases_at(pack, contig, at, min(end, at + step)) for at in range(0, end, step)
    )


def _write(
    write: Callable[[str], object],
    rng: np.random.Generator,
    contig: str,
    places: list[int],
    bases: str,
) -> None:
    draws = rng.random((len(places), 5))
    for place, (kind, a, b, qual, flag) in zip(places, draws.tolist(), strict=True):
        ref = bases[place] if bases[place] in _OTHER else "ACGT"[int(b * 4)]
        alt = _OTHER[ref][int(a * 3)] if kind < 0.92 else ref + "ACGT"[int(a * 4)] * 2
        whole = bases[place : place + 3]
        if kind > 0.96 and "N" not in whole:
            ref, alt = whole, whole[0]
        fixed = f"{contig}\t{place + 1}\t.\t{ref}\t{alt}\t{qual * 1000:.2f}"
        passes = "PASS" if flag < 0.9 else "q10"
        samples = f"{_GENOTYPES[int(a * 4)]}\t{_GENOTYPES[int(b * 4)]}"
        write(f"{fixed}\t{passes}\t.\tGT\t{samples}\n")


def measure(person: Person, job: str, times: int) -> None:
    """A line for each kind of question."""
    began = time.perf_counter()
    while person.client.get(f"{job}/explore/rows").status_code == 202:
        time.sleep(0.05)
    _say(f"First opening: {time.perf_counter() - began:.1f} s\n")
    _say("| question | p50 | p95 | most | |\n|---|---|---|---|---|")
    for name, make in questions(job).items():
        spent = sorted(_ask(person.client, make(n)) for n in range(times))
        p95 = spent[min(len(spent) - 1, int(len(spent) * 0.95))]
        times_told = " | ".join(f"{ms:.0f} ms" for ms in (spent[len(spent) // 2], p95, spent[-1]))
        _say(f"| {name} | {times_told} | {'✓' if p95 < LIMIT else 'over'} |")
    _say("\n| export of | first byte | all | size |\n|---|---|---|---|")
    for what in ("impact=HIGH", ""):
        for form in ("vcf", "tsv", "json", "parquet", "xlsx"):
            first, whole, size = _download(
                person.client, f"{job}/explore/export?format={form}&{what}"
            )
            told = f"{first:.1f} s | {whole:.1f} s | {size / 1e6:.1f} MB"
            _say(f"| {what or 'everything'}, {form} | {told} |")
    _say(f"\nLoad of the machine: {os.getloadavg()}")


def questions(job: str) -> Mapping[str, Callable[[int], str]]:
    """Each kind of question, by the number of the time it is asked."""
    rows, facets, page = f"{job}/explore/rows", f"{job}/explore/facets", f"{job}/explore"
    texts = count(4_680_251, 13)
    fine = "{:.6f}"

    def quality(n: int) -> str:
        return fine.format(100 + n / 7 + next(texts) / 1e6)

    return {
        "rows: all, page n": lambda n: f"{rows}?page={1 + n * 199}",
        "rows: gene": lambda n: f"{rows}?gene={_GENES[n % 10]}&qual_min={quality(n)}",
        "rows: region": lambda n: (
            f"{rows}?region=20:{1 + n * 1_000_000}-{2_000_000 + n * 1_000_000}"
        ),
        "rows: consequence": lambda n: f"{rows}?consequence={_TERMS[n % 5]}&qual_min={quality(n)}",
        "rows: consequence of any transcript": lambda n: (
            f"{rows}?consequence={_TERMS[n % 5]}&transcripts=any&qual_min={quality(n)}"
        ),
        "rows: frequency and kind": lambda n: (
            f"{rows}?kind=snv&af_max={fine.format(0.5 + n / 100)}"
        ),
        "rows: sample, genotype": lambda n: (
            f"{rows}?sample=NA1&genotype={('het', 'hom', 'none')[n % 3]}&qual_min={quality(n)}"
        ),
        "rows: text never asked before": lambda n: f"{rows}?q={next(texts)}",
        "rows: sorted by a column, filtered": lambda n: (
            f"{rows}?sort={_SORTS[n % 10]}&impact=MODERATE&qual_min={quality(n)}"
        ),
        "rows: all, sorted by a column": lambda n: f"{rows}?sort={_SORTS[n % 10]}&page={n + 1}",
        "facets": lambda n: f"{facets}?qual_min={quality(n)}",
        "facets under a gene": lambda n: f"{facets}?gene={_GENES[n % 10]}&qual_min={quality(n)}",
        "facets of any transcript": lambda n: f"{facets}?transcripts=any&qual_min={quality(n)}",
        "the table and the filters of the page": lambda n: (
            f"{page}?part=view&qual_min={quality(n)}"
        ),
        "the whole page": lambda n: f"{page}?qual_min={quality(n)}",
        "a variant's page": lambda n: f"{job}/variants/{1 + n * 30_011}-1",
    }


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _ask(client: httpx.Client, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    spent = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.text[:300]}"
    return spent


def _download(client: httpx.Client, address: str) -> tuple[float, float, int]:
    began, first, size = time.perf_counter(), 0.0, 0
    with client.stream("GET", address, timeout=600) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_raw():
            first = first or time.perf_counter() - began
            size += len(chunk)
    return first, time.perf_counter() - began, size


if __name__ == "__main__":
    main()
