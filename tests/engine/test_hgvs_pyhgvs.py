"""HGVSc beside the names of variants in the tests of pyhgvs (counsyl/hgvs).

Its genome files hold the stretches of GRCh37 around the variants; all else is unknown here. Names
marked ``False`` there are other spellings that pyhgvs can read but would not write.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

from anntools.spec.hgvs_c import hgvs_c
from anntools.spec.shift import trimmed
from anntools.spec.transcript import Transcript

AROUND = 500
Pieces = dict[str, list[tuple[int, str]]]


def read(archive: Path) -> tuple[dict[str, Any], Pieces]:
    """The literals of the test, and known bases: chromosome -> (0-based begin, bases)."""
    pieces: Pieces = {}
    literals: dict[str, Any] = {}
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            handle = tar.extractfile(member)
            if handle and member.name.endswith("literals.json"):
                literals = json.load(handle)
            elif handle and member.name.endswith(".genome"):
                for line in handle.read().decode().splitlines():
                    contig, begin, _, bases = line.split("\t")
                    pieces.setdefault(contig, []).append((int(begin), bases.upper()))
    return literals, pieces


def transcript(row: str, pieces: Pieces) -> tuple[str, Transcript, str, int]:
    """Name, transcript in its own stretch of genome, the stretch, where it begins."""
    c = row.split("\t")[1:]
    starts, ends = ([int(x) for x in c[i].split(",") if x] for i in (8, 9))
    offset = starts[0] - AROUND
    genome = ["N"] * (ends[-1] - offset + AROUND)
    for begin, bases in pieces.get(c[1], []):
        if begin >= offset and begin - offset + len(bases) <= len(genome):
            genome[begin - offset : begin - offset + len(bases)] = bases
    exons = tuple((a - offset + 1, b - offset) for a, b in zip(starts, ends, strict=True))
    size = sum(b - a + 1 for a, b in exons)
    coding = int(c[5]) - offset + 1, int(c[6]) - offset
    strand = -1 if c[2] == "-" else 1
    return c[0], Transcript(exons, strand, "N" * size, coding), "".join(genome), offset


def test_pyhgvs(shared_data: Path) -> None:
    literals, pieces = read(shared_data / "truth" / "pyhgvs_tests.tar.xz")
    known: dict[str, tuple[Transcript, str, int]] = {}
    for row in literals["_refgene"].splitlines():
        if row.strip():
            name, *found = transcript(row.strip(), pieces)
            known.setdefault(name, (found[0], found[1], found[2]))
    counts: Counter[str] = Counter()
    unexplained = []
    for name, (_, position, ref, alt), canonical, _ in literals["_name_variants"]:
        reference, _, expected = name.partition(":")
        if reference not in known or not expected.startswith("c."):
            counts["no transcript"] += 1
            continue
        t, genome, offset = known[reference]
        mine = hgvs_c(t, trimmed(position - offset, ref, alt), genome)
        plain = re.sub(r"del[ACGT\d]+ins", "delins", expected)
        plain = re.sub(r"(del|dup)[ACGT\d]+$", r"\1", plain)
        if mine == plain:
            counts["equal"] += 1
        elif not canonical:
            counts["another spelling"] += 1
        else:
            unexplained.append((name, position, ref, alt, mine))
    sys.stdout.write(f"\npyhgvs: {dict(counts)}\n")
    assert not unexplained
    assert counts["equal"] >= 1
