"""HGVS beside the expectations of Jannovar's annotation builder tests.

Jannovar writes deleted bases (``delAinsC``), ``*`` for the stop, parentheses around a predicted
protein, ``0?`` for a lost start and ``=`` for what changes no amino acid: that is put into our
form first. What differs then has a class of its own.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections import Counter
from pathlib import Path

from anntools.spec.hgvs_c import hgvs_c
from anntools.spec.hgvs_p import hgvs_p
from anntools.spec.shift import trimmed
from anntools.spec.transcript import Transcript, reverse_complement

AROUND = 2000
Row = dict[str, str]


def show(text: str) -> None:
    """For a person who runs the tests with ``-s``."""
    sys.stdout.write(text + "\n")


def sequences(path: Path) -> dict[str, str]:
    """Spliced sequence per transcript."""
    text = gzip.decompress(path.read_bytes()).decode()
    records = (r.partition("\n") for r in text[1:].split("\n>"))
    return {head.split()[0]: body.replace("\n", "").upper() for head, _, body in records}


def transcripts(folder: Path) -> dict[str, tuple[Transcript, str, int]]:
    """Transcript with positions in its own stretch of genome, that stretch, and where it begins.

    Only the exons of the stretch are known.
    """
    spliced = sequences(folder / "jannovar_transcripts.fa.gz")
    out = {}
    for line in (folder / "jannovar_transcripts.knownGene.tsv").read_text().splitlines():
        c = line.split("\t")
        name, strand = c[0], -1 if c[2] == "-" else 1
        offset = int(c[3]) - AROUND
        starts = [int(x) - offset for x in c[8].split(",") if x]
        ends = [int(x) - offset for x in c[9].split(",") if x]
        size = sum(ends) - sum(starts)
        sequence = spliced.get(name, "")[:size]  # the tail of A is not in the genome
        if len(sequence) < size:
            continue
        plus = sequence if strand > 0 else reverse_complement(sequence)
        genome = ["N"] * (ends[-1] + AROUND)
        at = 0
        for a, b in zip(starts, ends, strict=True):
            genome[a:b] = plus[at : at + b - a]
            at += b - a
        coding = (int(c[5]) - offset + 1, int(c[6]) - offset) if c[5] != c[6] else None
        exons = tuple((a + 1, b) for a, b in zip(starts, ends, strict=True))
        out[name] = Transcript(exons, strand, sequence, coding), "".join(genome), offset
    return out


def in_our_form(c: str, p: str) -> tuple[str, str]:
    """Jannovar's expectation as we would write it."""
    c = re.sub(r"del[ACGT]+ins", "delins", c)
    c = re.sub(r"(del|dup|inv)[ACGT\d]+$", r"\1", c)
    p = p.strip("()").replace("*", "Ter")
    p = re.sub(r"del[A-Z][a-z]{2}\w*?ins", "delins", p)
    return c, {"0?": "Met1?", "=": "", "?": ""}.get(p, p)


def ours(row: Row, found: tuple[Transcript, str, int]) -> tuple[str, str]:
    """HGVSc and HGVSp without ``c.`` and ``p.``; an unchanged amino acid is nothing."""
    t, genome, offset = found
    ref, alt = row["ref"], row["alt"]
    position = int(row["pos0"]) - offset + (1 if row["pos_type"] == "ZERO_BASED" else 0)
    if row["strand"] == "REV":
        last = len(genome)
        position = last - position - len(ref) + 1
        ref, alt = reverse_complement(ref), reverse_complement(alt)
    change = trimmed(position, ref, alt)
    if not 0 < change.first < len(genome):
        return "", ""
    c = hgvs_c(t, change, genome) or ""
    p = hgvs_p(t, change, genome) or ""
    return c[2:], "" if p.endswith("=") else p[2:]


def reason(row: Row, expected: tuple[str, str], found: tuple[str, str]) -> str:
    """The rule by which the two differ; nothing if no rule is known."""
    (c, p), (our_c, our_p) = expected, found
    if "inv" in our_c:
        return "an inversion goes before a deletion-insertion"
    if "ext" in p + our_p:
        return "the tail of A is not part of the transcript; the first new amino acid is number 0"
    if our_c != c:
        return "most 3' place, as far as sequence is known"
    if our_p == "" and re.search(r"[-+*]", c):
        return "a part of the change is not coding: no prediction"
    if p == "" or our_p == "?":
        return "an exon's edge or the end of what is known: VEP predicts, Jannovar does not"
    if our_p.endswith("Ter") and p.endswith(("delinsSer", "Ter")):
        return "an insertion that brings a stop is an insertion up to it"
    if (c, p, our_p) == ("1_2insGA", "Met1?", ""):
        return "the start codon stands as it was behind the insertion"
    return ""


def is_reference(row: Row, known: tuple[Transcript, str, int]) -> bool:
    """Whether REF is what the transcript has there, as far as it is known."""
    _, genome, offset = known
    at = int(row["pos0"]) - offset - (row["pos_type"] != "ZERO_BASED")
    ref = row["ref"] if row["strand"] == "FWD" else reverse_complement(row["ref"])
    there = genome[at : at + len(ref)] if at >= 0 else ""
    return all(a in ("N", b) for a, b in zip(there, ref, strict=False))


def test_jannovar(shared_data: Path) -> None:
    folder = shared_data / "truth" / "jannovar"
    known = transcripts(folder)
    counts: Counter[str] = Counter()
    unexplained = []
    with (folder / "jannovar_hgvs_cases.tsv").open() as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            if row["transcript"] not in known:
                counts["sequence shorter than the exons"] += 1
                continue
            found = known[row["transcript"]]
            expected = in_our_form(row["expected_c"], row["expected_p"])
            mine = ours(row, found)
            if expected == mine:
                counts["equal"] += 1
            elif not is_reference(row, found):
                counts["REF is not the reference"] += 1
            else:
                why = reason(row, expected, mine)
                counts[why] += 1
                if not why:
                    unexplained.append((row["test"], row["transcript"], expected, mine))
    show("\nJannovar's cases\n" + "\n".join(f"{n:5} {why}" for why, n in counts.most_common()))
    assert not unexplained
    assert counts["equal"] >= 311
