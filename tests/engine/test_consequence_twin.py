"""The compiled rule and the written rule are the same rule."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anntools.spec.consequence import consequence
from anntools.spec.consequence import given as as_given
from anntools.spec.structural import Kind, structural
from anntools.spec.transcript import Transcript, reverse_complement
from anntools.spec.vep import as_vep
from tests.engine.compiled_rule import CompiledRule

GENOME = 700
SEEDS = st.integers(min_value=0, max_value=2**32)
CHECKS = list(HealthCheck)


def random_genome(rng: random.Random) -> str:
    """Bases with more A and T than usual, so that starts and stops are common; some unknown."""
    bases = rng.choices("ACGT", weights=(3, 2, 2, 3), k=GENOME)
    for _ in range(rng.choice((0, 0, 0, 2))):
        bases[rng.randrange(GENOME)] = "N"
    return "".join(bases)


def random_transcript(rng: random.Random, genome: str) -> Transcript:
    """One to five exons; introns from 1 base (a repair) to 60; coding or not; any frame, start and
    end; now and then with a recoded codon or a slip of the ribosome."""
    exons = random_exons(rng)
    strand = rng.choice((1, -1))
    bases = [p for a, b in exons for p in range(a, b + 1)]
    sequence = "".join(genome[p - 1] for p in bases)
    coding, pad = None, 0
    if rng.random() < 0.8:
        left, right = sorted(rng.choices(range(len(bases)), k=2))
        if rng.random() < 0.2:
            left = 0
        if rng.random() < 0.2:
            right = len(bases) - 1
        coding, pad = (bases[left], bases[right]), rng.choice((0, 0, 0, 0, 1, 2))
    whole = len(bases) - 1 if coding is None else right - left
    recoded = ((rng.randint(1, whole // 3 + 1), "U"),) if coding and rng.random() < 0.2 else ()
    slip = None
    if coding and whole > 9 and rng.random() < 0.15:
        slip = (rng.randint(3, whole - 4), rng.choice((-1, 1)))
    return Transcript(
        exons=tuple(exons),
        strand=strand,
        sequence=sequence if strand > 0 else reverse_complement(sequence),
        coding=coding,
        pad=pad,
        nmd=rng.random() < 0.2,
        start_incomplete=pad > 0 or rng.random() < 0.1,
        end_incomplete=rng.random() < 0.1,
        code=rng.choice((1, 1, 1, 2, 11)),
        recoded=recoded,
        slip=slip,
    )


def random_exons(rng: random.Random) -> list[tuple[int, int]]:
    """Exons, 1-based and closed."""
    at = rng.randrange(30, 60)
    exons = []
    for _ in range(rng.randint(1, 5)):
        size = rng.choice((1, 2, 3, rng.randint(4, 20), rng.randint(21, 60)))
        exons.append((at, at + size - 1))
        at += size + rng.choice((1, 3, 12, 13, 14, 15, 20, 40, 60, 75))
    return exons


def with_start(rng: random.Random, genome: str) -> str:
    """A genome in which ATG and its complement stand in some places."""
    for _ in range(12):
        at = rng.randrange(GENOME - 3)
        genome = genome[:at] + rng.choice(("ATG", "CAT", "TAA", "TTA")) + genome[at + 3 :]
    return genome


def random_alleles(rng: random.Random, genome: str) -> list[tuple[int, str, list[str]]]:
    """(1-based position, REF, ALTs): alleles of every kind, one or two at a time."""
    out = []
    for _ in range(80):
        at = rng.randrange(5, 480)
        size = rng.choice((1, 1, 1, 2, 2, 3, 4, 5, 7, 10, 31, 81, 300))
        ref = genome[at : at + size]
        alts = [random_alt(rng, ref) for _ in range(rng.choice((1, 1, 1, 2)))]
        alts = [a for a in dict.fromkeys(alts) if a != ref]
        if alts:
            out.append((at + 1, ref, alts))
    return out


def random_alt(rng: random.Random, ref: str) -> str:
    """Another base, an insertion, a deletion, a block, an inversion, or something unrelated."""
    new = "".join(rng.choices("ACGT", k=rng.choice((1, 1, 2, 3, 4, 6, 9, 20))))
    kind = rng.randrange(8)
    if kind == 0:
        return ref[0] + new + ref[1:]
    if kind == 1:
        return ref[0]
    if kind == 2:
        return "".join(rng.choices("ACGT", k=len(ref)))
    if kind == 3:
        return reverse_complement(ref)
    if kind == 4:
        at = rng.randrange(len(ref))
        return ref[:at] + rng.choice("ACGTN") + ref[at + 1 :]
    if kind == 5:
        return ref + ref[-3:]
    return new


@settings(max_examples=150, deadline=None, suppress_health_check=CHECKS)
@given(seed=SEEDS)
def test_kernel_is_the_written_rule(seed: int) -> None:
    rng = random.Random(seed)
    genome = with_start(rng, random_genome(rng))
    transcript = random_transcript(rng, genome)
    rule = CompiledRule([transcript])
    for position, ref, alts in random_alleles(rng, genome):
        first, shorter, new = as_given(position, ref, alts)
        for alt in new:
            expected = consequence(transcript, first, shorter, alt)
            found = rule.effect(0, first, shorter, alt)
            assert found == expected, (first, shorter, alt, transcript)


@settings(max_examples=80, deadline=None, suppress_health_check=CHECKS)
@given(seed=SEEDS)
def test_kernel_is_the_written_rule_like_vep(seed: int) -> None:
    rng = random.Random(seed)
    genome = with_start(rng, random_genome(rng))
    transcript = random_transcript(rng, genome)
    rule = CompiledRule([transcript], genome)
    theirs = as_vep(transcript, genome)
    for position, ref, alts in random_alleles(rng, genome):
        first, shorter, new = as_given(position, ref, alts)
        for alt in new:
            expected = consequence(theirs, first, shorter, alt)
            found = rule.effect(0, first, shorter, alt)
            assert found == expected, (first, shorter, alt, transcript)


@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS)
@given(seed=SEEDS)
def test_structural_kernel_is_the_written_rule(seed: int) -> None:
    rng = random.Random(seed)
    transcript = random_transcript(rng, random_genome(rng))
    rule = CompiledRule([transcript])
    for _ in range(150):
        kind = rng.choice(list(Kind))
        first = rng.randrange(5, 480)
        last = first + rng.choice((0, 1, 2, 5, 8, 30, 100, 400))
        if kind is Kind.INSERTION:
            last = first - 1
        elif kind is Kind.BREAKEND:
            last = first
        expected = structural(transcript, first, last, kind)
        found = rule.structural(0, first, last, kind)
        assert found == expected, (first, last, kind, transcript)
