"""HGVS beside the projection tables of biocommons hgvs (``gcp/*.tsv``: g., c. and p. of variants).

Its cached answers of a transcript database give exons and sequences; transcripts that align to the
chromosome without gaps are used. Of the genome only their exons, and what the cache holds, are
known.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from anntools.spec.hgvs_c import hgvs_c
from anntools.spec.hgvs_p import hgvs_p
from anntools.spec.shift import Change, trimmed
from anntools.spec.transcript import Transcript, reverse_complement

AROUND = 3000
Row = dict[str, str]
_PLACE = re.compile(r"g\.(\d+)(?:_(\d+))?(.*)")


@dataclass
class Database:
    """The cached answers, by question."""

    answers: list[dict[str, Any]]

    @cached_property
    def sequences(self) -> dict[str, list[tuple[int, str]]]:
        """Known stretches: accession -> (0-based begin, bases)."""
        out: dict[str, list[tuple[int, str]]] = {}
        for a in self.answers:
            if a["method"] == "get_seq" and isinstance(a["result"], str):
                begin = a["args"][1] if len(a["args"]) > 1 else 0
                out.setdefault(a["args"][0], []).append((begin or 0, a["result"]))
        return out

    def transcripts(self) -> dict[tuple[str, str], tuple[Transcript, str, int]]:
        """(transcript, chromosome) -> transcript, its stretch of genome, where that begins."""
        coding = {a["args"][0]: a["result"] for a in self.answers if "identity" in a["method"]}
        out = {}
        for a in self.answers:
            name, contig = (*a["args"], "", "")[:2]
            if a["args"][2:] not in ([], ["splign"]):
                continue
            if a["method"] == "get_tx_exons" and contig.startswith("NC_") and name in coding:
                found = self._transcript(name, contig, a["result"], coding[name])
                if found:
                    out[name, contig] = found
        return out

    def _transcript(
        self, name: str, contig: str, exons: list[dict[str, Any]], about: dict[str, Any]
    ) -> tuple[Transcript, str, int] | None:
        exons = sorted(exons, key=lambda e: e["alt_start_i"])
        size = max(e["tx_end_i"] for e in exons)
        whole = [s for begin, s in self.sequences.get(name, []) if begin == 0 and len(s) >= size]
        if not whole or any(set(e["cigar"]) & set("DI") for e in exons):
            return None
        strand, offset = exons[0]["alt_strand"], max(exons[0]["alt_start_i"] - AROUND, 0)
        genome = ["N"] * (exons[-1]["alt_end_i"] - offset + AROUND)
        for begin, bases in self.sequences.get(contig, []):
            if begin >= offset and begin - offset + len(bases) <= len(genome):
                genome[begin - offset : begin - offset + len(bases)] = bases
        for e in exons:
            part = whole[0][e["tx_start_i"] : e["tx_end_i"]]
            a, b = e["alt_start_i"] - offset, e["alt_end_i"] - offset
            genome[a:b] = part if strand > 0 else reverse_complement(part)
        places = tuple((e["alt_start_i"] - offset + 1, e["alt_end_i"] - offset) for e in exons)
        t = Transcript(places, strand, whole[0][:size])
        if about["cds_start_i"] is not None:
            order = [p for a, b in places for p in range(a, b + 1)][::strand]
            ends = order[about["cds_start_i"]], order[about["cds_end_i"] - 1]
            t = Transcript(places, strand, whole[0][:size], (min(ends), max(ends)))
        return t, "".join(genome), offset


def change_of(g: str, genome: str, offset: int) -> Change | None:
    """The change that a ``g.`` description makes in a stretch of genome."""
    found = _PLACE.fullmatch(g)
    if not found:
        return None
    first = int(found[1]) - offset
    last = int(found[2]) - offset if found[2] else first
    what, there = found[3], genome[first - 1 : last]
    if not there:
        return None
    if ">" in what:
        return trimmed(first, what[0], what[2])
    if what.startswith("ins"):
        return Change(last, first, "", what[3:])
    if what.startswith("dup"):
        return None if "N" in there else Change(last + 1, last, "", there)
    if what.startswith("del"):
        return trimmed(first, there, what.partition("ins")[2])
    return trimmed(first, there, reverse_complement(there)) if what == "inv" else None


def in_our_form(c: str, p: str) -> tuple[str, str]:
    """Descriptions as we write them; an unchanged protein is nothing."""
    c = re.sub(r"del[ACGTN\d]+ins", "delins", c.rpartition(":")[2])
    c = re.sub(r"(del|dup)[ACGTN\d]+$", r"\1", c)
    p = p.rpartition(":")[2].replace("(", "").replace(")", "").replace("*", "Ter")
    p = re.sub(r"(?<=Ter\d)(\w{3})Ter\?", r"\1Ter?", p)
    return c, "" if p.endswith("=") or p in ("p.?", "None") else p


def tables(archive: Path) -> Iterator[tuple[str, Row]]:
    """(name of the table, row)."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if "gcp/" in member.name and member.name.endswith(".tsv"):
                handle = tar.extractfile(member)
                assert handle
                text = io.TextIOWrapper(handle)
                kept = (line for line in text if not line.startswith("#"))
                for row in csv.DictReader(kept, delimiter="\t"):
                    yield member.name.rpartition("/")[2], {k: v or "" for k, v in row.items() if k}


def database(archive: Path) -> Database:
    """The cache."""
    with tarfile.open(archive) as tar:
        member = next(m for m in tar.getmembers() if m.name.endswith("decoded.json"))
        handle = tar.extractfile(member)
        assert handle
        return Database(json.load(handle))


def reason(expected: tuple[str, str], mine: tuple[str, str]) -> str:
    """The rule by which two descriptions differ; nothing if no rule is known."""
    (c, p), (our_c, our_p) = expected, mine
    here, there = re.match(r"c\.(\d+)[+-]", c), re.match(r"c\.(\d+)[+-]", our_c)
    if here and there and p == our_p and here[1] != there[1]:
        return "the table was made with another alignment: the exon ends elsewhere"
    if p == our_p and our_c.endswith(("dup", "del")) and re.search("ins|del", c):
        return "most 3' place: a copy is a duplication"
    if c == our_c and ">" in c and p[:-3] == our_p[:-3]:
        return "dbSNP gives the protein of another allele of the rs"
    return ""


def test_biocommons(shared_data: Path) -> None:
    archive = shared_data / "truth" / "hgvs_biocommons_tests.tar.xz"
    known = database(archive).transcripts()
    counts: Counter[str] = Counter()
    unexplained = []
    for table, row in tables(archive):
        contig, _, g = row["HGVSg"].partition(":")
        key = row["HGVSc"].partition(":")[0], contig
        change = change_of(g, *known[key][1:]) if key in known else None
        if change is None:
            counts["transcript with gaps, or not in the cache"] += 1
            continue
        t, genome, _ = known[key]
        expected = in_our_form(row["HGVSc"], row["HGVSp"])
        mine = in_our_form(hgvs_c(t, change, genome) or "", hgvs_p(t, change, genome) or "")
        why = "equal" if expected == mine else reason(expected, mine)
        counts[why] += 1
        if not why:
            unexplained.append((table, row["id"], g, expected, mine))
    lines = "\n".join(f"{n:6} {why}" for why, n in counts.most_common())
    sys.stdout.write(f"\nbiocommons hgvs, gcp tables\n{lines}\n")
    assert not unexplained
    assert counts["equal"] >= 10_500
