"""The human assemblies: lengths and accessions of their chromosomes.

Sources: NCBI Assembly, GCF_000001405.25 (GRCh37.p13), GCF_000001405.40 (GRCh38.p14) and
GCF_009914755.1 (T2T-CHM13v2.0), sequence reports.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_NAMES: Final = (*(str(i) for i in range(1, 23)), "X", "Y")
_LENGTHS: Final = {
    "GRCh37": (
        "249250621 243199373 198022430 191154276 180915260 171115067 159138663 146364022 "
        "141213431 135534747 135006516 133851895 115169878 107349540 102531392 90354753 "
        "81195210 78077248 59128983 63025520 48129895 51304566 155270560 59373566"
    ),
    "GRCh38": (
        "248956422 242193529 198295559 190214555 181538259 170805979 159345973 145138636 "
        "138394717 133797422 135086622 133275309 114364328 107043718 101991189 90338345 "
        "83257441 80373285 58617616 64444167 46709983 50818468 156040895 57227415"
    ),
    "T2T-CHM13v2.0": (
        "248387328 242696752 201105948 193574945 182045439 172126628 160567428 146259331 "
        "150617247 134758134 135127769 133324548 113566686 101161492 99753195 96330374 "
        "84276897 80542538 61707364 66210255 45090682 51324926 154259566 62460029"
    ),
}
# Versions of the RefSeq accessions NC_000001 .. NC_000024.
_VERSIONS: Final = {
    "GRCh37": "10 11 11 11 9 11 13 10 11 10 9 11 10 8 9 9 10 9 9 10 8 10 10 9",
    "GRCh38": "11 12 12 12 10 12 14 11 12 11 10 12 11 9 10 10 11 10 10 11 9 11 11 10",
}
_GENBANK_VERSION: Final = {"GRCh37": 1, "GRCh38": 2}
# Mitochondria by length: the revised Cambridge sequence, and the other one of UCSC's hg19.
MITOCHONDRIA: Final = {16569: ("NC_012920.1", "J01415.2"), 16571: ("NC_001807.4", "AF347015.1")}


class Chromosome(NamedTuple):
    """One chromosome of a human assembly."""

    assembly: str
    name: str  # 1 .. 22, X, Y
    length: int
    refseq: str
    genbank: str


def _chromosomes() -> dict[int, Chromosome]:
    out = {}
    for assembly, text in _LENGTHS.items():
        for i, length in enumerate(map(int, text.split())):
            if assembly in _VERSIONS:
                refseq = f"NC_{i + 1:06d}.{_VERSIONS[assembly].split()[i]}"
                genbank = f"CM{663 + i:06d}.{_GENBANK_VERSION[assembly]}"
            else:
                refseq = f"NC_{60925 + i:06d}.1"
                genbank = "CP086569.2" if _NAMES[i] == "Y" else f"CP{68277 - i:06d}.2"
            out[length] = Chromosome(assembly, _NAMES[i], length, refseq, genbank)
    return out


# No two chromosomes of these assemblies have the same length.
BY_LENGTH: Final = _chromosomes()
