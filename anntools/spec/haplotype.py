"""Haplotype mode of BCSQ: what the variants on one chromosome of a sample do together.

Records of one contig, in order; genotypes as in VCF. Alleles that lie wholly inside a coding part
are put into the coding sequence of their haplotype; neighbours in one codon, or within a broken
frame, become one entry. Everything else is as in local mode. docs/engine/bcsq.md has the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from anntools.spec.bcsq import beside, coding_parts, plain, stage, symbolic
from anntools.spec.csq_coding import Edit, edit, outcome
from anntools.spec.csq_entry import Entries, Entry
from anntools.spec.csq_model import Model
from anntools.spec.csq_place import allele, place

BITS: Final = 30  # of an integer in FORMAT/BCSQ
MOST: Final = 15  # entries of a record that samples are marked for
Carrier = tuple[int, int]  # sample, haplotype (0 or 1); -1 for nobody
Key = tuple[int, int, int]  # a carrier, and the only record of a haplotype that has but one
_SEPARATOR: Final = re.compile(r"[/|]")


class Unphased(ValueError):
    """A heterozygous genotype without phase, where phase is required."""


@dataclass
class Record:
    """One record. ``genotypes``: GT of each sample; empty where there are no samples."""

    position: int
    ref: str
    alts: tuple[str, ...]
    genotypes: tuple[str, ...] = ()


@dataclass
class Result:
    """Entries of a record; ``marks`` are (sample, bit) of FORMAT/BCSQ."""

    entries: Entries = field(default_factory=Entries)
    marks: set[tuple[int, int]] = field(default_factory=set)

    def mark(self, index: int, carriers: Sequence[Carrier]) -> None:
        """Say that carriers have an entry."""
        if index < MOST:
            self.marks |= {(sample, 2 * index + half) for sample, half in carriers}

    def format(self, samples: int) -> list[str]:
        """FORMAT/BCSQ of each sample: integers of 30 bits, as many as the record needs.

        Empty if no sample has a mark: then the record gets no such field.
        """
        if not self.marks:
            return []
        size = 1 + max((bit for _, bit in self.marks), default=0) // BITS
        words = [[0] * size for _ in range(samples)]
        for sample, bit in self.marks:
            words[sample][bit // BITS] |= 1 << bit % BITS
        return [",".join(map(str, w)) for w in words]


def carriers(record: Record, phase: str) -> dict[int, list[Carrier]] | None:
    """ALT number -> who carries it; None where more than two alleles are called in a sample.

    phase, for unphased heterozygous genotypes: ``r`` raises Unphased, ``a`` takes them as they
    stand, ``s`` skips them, ``m`` and ``R`` put the ALT in place of the reference; ``l`` leaves
    them to ``lone``.
    """
    if not record.genotypes:
        return {} if phase == "l" else {1: [(-1, 0)]}
    out: dict[int, list[Carrier]] = {}
    called = [_SEPARATOR.split(g) for g in record.genotypes]
    if max(map(len, called)) > 2:
        return None
    for sample, (calls, text) in enumerate(zip(called, record.genotypes, strict=True)):
        if calls[0] == ".":
            continue
        different = len(calls) == 2 and calls[1] != "." and calls[0] != calls[1]
        if different and phase == "m" and calls[0] == "0":
            calls[0] = calls[1]
        if different and "|" not in text:
            if phase == "r":
                raise Unphased(f"position {record.position}, sample {sample + 1}: {text}")
            if phase in ("s", "l"):
                continue
        if different and phase == "R" and "|" not in text and "0" in calls:
            calls[:] = [c for c in calls if c != "0"] * 2
        for half, call in enumerate(calls):
            if call not in (".", "0"):
                out.setdefault(int(call), []).append((sample, half))
    return out


def lone(
    record: Record, phase: str, taken: dict[int, list[Carrier]] | None
) -> dict[int, list[Carrier]]:
    """In the mode ``l``, ALTs that stand for themselves: of unphased genotypes, or of nobody."""
    if phase != "l":
        return {}
    called = carriers(record, "a") or {}
    out = {}
    for n in range(1, len(record.alts) + 1):
        phased = (taken or {}).get(n, [])
        rest = [c for c in called.get(n, []) if c not in phased]
        if rest or not phased:
            out[n] = rest or [(-1, 0)]
    return out


def haplotypes(
    models: Sequence[Model], records: Sequence[Record], phase: str = "r"
) -> list[Result]:
    """BCSQ of the records of one contig; ``models``: its transcripts in order."""
    chains: dict[int, dict[Key, list[Edit]]] = {i: {} for i in range(len(models))}
    numbers = {id(m): i for i, m in enumerate(models)}
    results = []
    for at, record in enumerate(records):
        result = Result()
        results.append(result)
        if record.alts[0][:1] == "<":
            if record.alts[0][:4].upper() in ("<INS", "<DEL"):
                symbolic(models, record.position, record.alts[0], result.entries)
            continue
        near = [m for m in models if _near(m, record)]
        _one_record(near, numbers, chains, at, record, result, phase)
    for i in sorted(chains, key=lambda i: (models[i].last, i)):
        alike: dict[tuple[Edit, ...], list[Carrier]] = {}
        for (sample, half, _), chain in chains[i].items():
            alike.setdefault(tuple(chain), []).append((sample, half))
        for chain_of, who in alike.items():
            _tell(models[i], chain_of, who, records, results)
    return results


def _near(model: Model, record: Record) -> bool:
    begin, end = record.position, record.position + len(record.ref)
    return model.first - 10 <= end and model.last + 10 >= begin


def _one_record(
    models: Sequence[Model],
    numbers: dict[int, int],
    chains: dict[int, dict[Key, list[Edit]]],
    at: int,
    record: Record,
    result: Result,
    phase: str,
) -> None:
    """Put the alleles of a record into the haplotypes; entries of all that is not coding."""
    who = carriers(record, phase)
    apart = lone(record, phase, who)
    as_called = carriers(record, "a") or {}
    hit = False
    alleles = [
        (n, allele(record.position, record.ref, a))
        for n, a in enumerate(record.alts, 1)
        if plain(a)
    ]
    for model, number, stretch in coding_parts(models, record.position, record.ref):
        hit = True
        for n, a in alleles:
            mine = [(*c, -1) for c in (who or {}).get(n, [])]
            mine += [(*c, at) for c in apart.get(n, [])]
            if not mine:
                continue
            found = place(a, stretch)
            stage(result.entries, model, found, n)
            if found.inside:
                change = edit(a, n, number, stretch, found, at)
                for key in mine:
                    chain = chains[numbers[id(model)]].setdefault(key, [])
                    if not chain or chain[-1].end <= change.begin:
                        chain.append(change)
    beside(models, record.position, record.ref, alleles, result.entries, hit)
    for index, entry in enumerate(result.entries.found):
        for n in entry.alts if record.genotypes else ():
            result.mark(index, as_called.get(n, []))


def _tell(
    model: Model,
    chain: Sequence[Edit],
    who: Sequence[Carrier],
    records: Sequence[Record],
    results: list[Result],
) -> None:
    """Entries of one haplotype of one transcript."""
    total = sum(e.growth for e in chain)
    stopped = False
    for first, last in groups(model, chain):
        members = chain[first : last + 1]
        before = sum(e.growth for e in chain[:first])
        o = outcome(model, members, before, total, local=False)
        told = members[0] if model.strand > 0 else members[-1]
        entry = Entry(model, o.terms, told.alt, o.change, stopped, o.incomplete)
        _push(results[told.record], entry, who)
        stopped = stopped or o.ends
        for member in members:
            if member is not told:
                see = records[told.record].position
                silent = Entry(model, set(member.terms), member.alt, see=see)
                _push(results[member.record], silent, who)


def _push(result: Result, entry: Entry, who: Sequence[Carrier]) -> None:
    index = result.entries.push(entry)
    result.mark(index, [c for c in who if c[0] >= 0])


def groups(model: Model, chain: Sequence[Edit]) -> Iterator[tuple[int, int]]:
    """Index of the first and last member of each group, in the direction of the transcript."""
    starts, grown = [], 0
    for e in chain:
        starts.append(e.begin + grown)
        grown += e.growth
    size = len(model.plus) + grown
    order = range(len(chain)) if model.strand > 0 else range(len(chain) - 1, -1, -1)
    opened: int | None = None
    shift = 0
    for i in order:
        opened = i if opened is None else opened
        shift += chain[i].growth
        following = i + model.strand
        if 0 <= following < len(chain) and (
            shift % 3 or _same_codon(model, chain, starts, size, i, following)
        ):
            continue
        yield min(opened, i), max(opened, i)
        opened, shift = None, 0


def _same_codon(
    model: Model, chain: Sequence[Edit], starts: Sequence[int], size: int, i: int, after: int
) -> bool:
    """Whether an edit ends in the codon in which the next one begins, on the changed sequence."""
    this, that = chain[i], chain[after]
    if model.strand > 0:
        end = starts[i] + (len(this.new) - 1 if this.growth >= 0 else 1)
        return end // 3 == starts[after] // 3
    end = size - 1 - starts[i]
    end += this.growth - 1 if this.growth > 0 else -this.growth
    begin = size - 1 - starts[after] - (len(that.new) - 1 if that.growth >= 0 else 0)
    return end // 3 == begin // 3
