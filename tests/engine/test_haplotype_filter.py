"""The filter behind ``--haplotypes``: order, fields, what stands alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from anntools.haplotype import Haplotypes
from anntools.pack.command import build_from_files
from tests.engine.test_bcsq_spec import GENOME

GENES = """##gff-version 3
1\t.\tgene\t11\t52\t.\t+\t.\tID=gene:g;Name=G;biotype=protein_coding
1\t.\tmRNA\t11\t52\t.\t+\t.\tID=transcript:T;Parent=gene:g;biotype=protein_coding
1\t.\texon\t11\t21\t.\t+\t.\tParent=transcript:T
1\t.\texon\t41\t52\t.\t+\t.\tParent=transcript:T
1\t.\tCDS\t13\t21\t.\t+\t0\tParent=transcript:T
1\t.\tCDS\t41\t49\t.\t+\t0\tParent=transcript:T
"""
JOINT = "missense|G|T|protein_coding|+|2K>2R|16A>C+17A>G"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack with the transcript of the cases of the specification."""
    folder = tmp_path_factory.mktemp("haplotype")
    (folder / "g.fa").write_text(f">1\n{GENOME}\n")
    (folder / "g.gff3").write_text(GENES)
    build_from_files(folder / "g.fa", folder / "g.gff3", folder / "pack", [])
    return folder / "pack"


def line(position: int, ref: str, alt: str, info: str, *samples: str) -> str:
    """A record; FORMAT is GT and DP."""
    return "\t".join(["1", str(position), ".", ref, alt, ".", ".", info, "GT:DP", *samples]) + "\n"


def filtered(pack: Path, *lines: str) -> list[list[str]]:
    """Columns of what comes out, line by line fed."""
    joined = Haplotypes(pack)
    out = b"".join(joined.feed(text.encode()) for text in lines) + joined.finish()
    return [text.split("\t") for text in out.decode().splitlines()]


def test_neighbours_of_one_codon_are_joined(pack: Path) -> None:
    first, second = filtered(
        pack, line(16, "A", "C", "AC=1", "1|0:3"), line(17, "A", "G", "AC=1", "1|0:4")
    )
    assert first[7] == f"AC=1;BCSQ={JOINT}"
    assert second[7] == "AC=1;BCSQ=@16"
    assert (first[8], first[9]) == ("GT:DP:BCSQ", "1|0:3:1")
    assert second[9] == "1|0:4:1"


def test_unphased_variants_stand_alone(pack: Path) -> None:
    first, second = filtered(
        pack, line(16, "A", "C", ".", "0/1:3"), line(17, "A", "G", ".", "0/1:4")
    )
    assert first[7] == "BCSQ=missense|G|T|protein_coding|+|2K>2Q|16A>C"
    assert second[7] == "BCSQ=missense|G|T|protein_coding|+|2K>2R|17A>G"
    assert first[9] == "0/1:3:2"


def test_an_alt_that_nobody_has_is_told(pack: Path) -> None:
    (only,) = filtered(pack, line(16, "A", "C", ".", "0|0:3"))
    assert only[7] == "BCSQ=missense|G|T|protein_coding|+|2K>2Q|16A>C"
    assert only[8] == "GT:DP"


def test_doing_it_twice_changes_nothing(pack: Path) -> None:
    lines = [line(16, "A", "C", ".", "1|0:3", "."), line(17, "A", "G", ".", "1|0:4", "0|1")]
    once = ["\t".join(columns) + "\n" for columns in filtered(pack, *lines)]
    assert ["\t".join(columns) + "\n" for columns in filtered(pack, *once)] == once


@pytest.mark.parametrize(
    "text",
    [
        "2\t16\t.\tA\tC\t.\t.\t.\n",  # another contig
        "1\t16\t.\tG\tC\t.\t.\t.\n",  # REF is not the genome's
        "1\tx\t.\tA\tC\t.\t.\t.\n",
        "1\t16\t.\tA\t.\t.\t.\t.\n",
        "1\t5\t.\tC\tT\t.\t.\tDP=1\n",  # outside all transcripts
        "nonsense\n",
    ],
)
def test_other_lines_pass_as_they_are_and_in_order(pack: Path, text: str) -> None:
    before, after = line(16, "A", "C", ".", "1|0:3"), line(17, "A", "G", ".", "1|0:3")
    joined = Haplotypes(pack)
    out = joined.feed((before + text + after).encode()) + joined.finish()
    assert out.decode().splitlines()[1] == text.rstrip("\n")
