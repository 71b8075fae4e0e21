"""Records of one stretch of the genome get what each of them gets alone."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anntools import Options, annotate
from anntools.pack import Pack, open_pack
from anntools.pack.build import Contig, PackInput, build_pack
from anntools.pack.transcripts import Transcript

LENGTH = 6000
GENOME = "".join(random.Random(4).choices("ACGT", k=LENGTH))
HEADER = f"##fileformat=VCFv4.2\n##contig=<ID=1,length={LENGTH}>\n##contig=<ID=2,length=500>\n"
# Two genes that overlap, the second one on the other strand and with transcripts of its own.
TRANSCRIPTS = [
    Transcript(
        "T1", "", "1", 1, [(1000, 1090), (1400, 1490), (2400, 2490)], "G1", "ONE",
        "protein_coding", (1030, 2450),
    ),
    Transcript("T2", "", "1", 1, [(1020, 1090), (2410, 2600)], "G1", "ONE", "lncRNA"),
    Transcript(
        "T3", "", "1", -1, [(2000, 2100), (3200, 3400)], "G2", "TWO", "protein_coding", (2010, 3300)
    ),
]  # fmt: skip
COUNTS = (
    "consequence_per_transcript",
    "consequence_most_severe",
    "impact",
    "position_class",
    "position_class_per_transcript",
)
ENDS_A_STRETCH = "1\t{pos}\t.\t{ref}\t<DEL>\t.\t.\tEND={pos}"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("stretch") / "pack"
    genome = {"1": GENOME, "2": GENOME[:500]}
    build_pack(
        PackInput(
            name="stretch",
            assembly="test",
            contigs=[Contig(name, len(bases)) for name, bases in genome.items()],
            sequences={
                name: np.array(["ACGT".index(b) for b in bases], dtype=np.uint8)
                for name, bases in genome.items()
            },
            transcripts=TRANSCRIPTS,
        ),
        folder,
    )
    return open_pack(folder)


def records() -> list[tuple[int, str]]:
    """A change every few bases: of one base mostly, some longer, some of several ALTs."""
    rng = random.Random(7)
    found = []
    pos = 900
    while pos < 3600:
        size = rng.choice([1, 1, 1, 1, 1, 2, 3, 30])
        ref = GENOME[pos - 1 : pos - 1 + size]
        alts = {"".join(rng.choices("ACGTN", k=rng.choice([1, 1, 1, 2, 5])))}
        alts |= {rng.choice("ACGT") for _ in range(rng.choice([0, 0, 0, 1, 2]))}
        shown = ",".join(sorted(alts - {ref})) or "*"
        text = f"1\t{pos}\t.\t{ref}\t{shown}\t{rng.choice(['.', '9.5', '50'])}\tPASS\tAF=0.2"
        found.append((pos, text))
        pos += rng.randint(1, 12)
    return found


def annotated(
    pack: Pack, folder: Path, lines: list[str], **options: Any
) -> tuple[list[str], dict[str, Any]]:
    """The records of the result, and the summary."""
    source = folder / "in.vcf"
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    source.write_text(HEADER + columns + "".join(f"{line}\n" for line in lines))
    annotate(source, folder / "out.vcf", pack, Options(format="bcsq", sign=False, **options))
    text = (folder / "out.vcf").read_text().splitlines()
    summary = json.loads((folder / "out.summary.json").read_text())
    return [line for line in text if not line.startswith("#")], summary


@pytest.mark.parametrize("chunk_size", [300, 1 << 20])
def test_neighbours_change_nothing(pack: Pack, tmp_path: Path, chunk_size: int) -> None:
    plain = [text for _, text in records()]
    between = [ENDS_A_STRETCH.format(pos=pos, ref=GENOME[pos - 1]) for pos, _ in records()]
    mixed = [line for pair in zip(plain, between, strict=True) for line in pair]
    together, told = annotated(pack, tmp_path, plain, chunk_size=chunk_size)
    alone, both = annotated(pack, tmp_path, mixed)
    assert together == alone[::2]
    assert any("BCSQ=intron" in line for line in together)
    assert any("BCSQ" not in line for line in together)
    _, others = annotated(pack, tmp_path, between)
    for key in COUNTS:
        assert {k: n for k, n in told[key].items() if n} == {
            k: n for k, n in minus(both[key], others[key]).items() if n
        }, key
    assert told["transcript_rows"] == both["transcript_rows"] - others["transcript_rows"]


def minus(whole: dict[str, int], part: dict[str, int]) -> dict[str, int]:
    """Counts of the whole without those of a part."""
    return {name: n - part.get(name, 0) for name, n in whole.items()}


def test_a_contig_without_transcripts(pack: Pack, tmp_path: Path) -> None:
    lines = [f"2\t{pos}\t.\t{GENOME[pos - 1]}\t<DEL>,{other(pos)}\t.\t.\t." for pos in (5, 9)]
    lines += [f"2\t{pos}\t.\t{GENOME[pos - 1]}\t{other(pos)}\t.\t.\t." for pos in range(20, 40)]
    result, told = annotated(pack, tmp_path, lines)
    assert not any("BCSQ" in line for line in result)
    assert told["records"] == told["annotated"] == len(lines)


def other(pos: int) -> str:
    """Another base than that of the genome."""
    return "ACGT"[("ACGT".index(GENOME[pos - 1]) + 1) % 4]
