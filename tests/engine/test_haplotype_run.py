"""``--haplotypes`` by the command: joined entries, marks of samples, and a second run."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

RECORDS = """\
##fileformat=VCFv4.2
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB
20\t4680251\t.\tA\tG\t.\t.\t.\tGT\t0|1\t0|0
20\t4680252\t.\tT\tC\t.\t.\t.\tGT\t0|1\t1|0
"""


def annotate(*arguments: object) -> None:
    """Run the command; it must end well."""
    command = [sys.executable, "-m", "anntools", "annotate", *map(str, arguments), "--quiet"]
    subprocess.run(command, check=True)


@pytest.mark.parametrize(("form", "threads"), [("bcsq", 1), ("csq", 1), ("csq", 2)])
def test_variants_of_one_codon_are_told_together(tmp_path: Path, form: str, threads: int) -> None:
    source, first, second = (tmp_path / name for name in ("in.vcf", "a.vcf", "b.vcf.gz"))
    source.write_text(RECORDS)
    annotate(source, "-o", first, "--haplotypes", "--format", form)
    annotate(first, "-o", second, "--haplotypes", "--format", "csq", "--threads", threads)
    lines = gzip.decompress(second.read_bytes()).decode().splitlines()
    assert sum(line.startswith("##INFO=<ID=BCSQ,") for line in lines) == 1
    assert sum(line.startswith("##FORMAT=<ID=BCSQ,") for line in lines) == 1
    one, two = (line.split("\t") for line in lines[-2:])
    # ATG > GCG on the first haplotype that has both; ATG > ACG on the one that has the second only
    assert "|129M>129A|4680251A>G+4680252T>C" in one[7]
    assert "BCSQ=@4680251,missense|PRNP|" in two[7]
    assert (one[9], one[10], two[9], two[10]) == ("0|1:2", "0|0:0", "0|1:2", "1|0:4")
