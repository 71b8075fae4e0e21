"""The compiled descriptions are the written ones, on random transcripts and alleles."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anntools.pack.transcripts import Transcript as Model
from anntools.spec.consequence import consequence
from anntools.spec.hgvs_c import hgvs_c
from anntools.spec.hgvs_g import hgvs_g
from anntools.spec.hgvs_p import hgvs_p
from anntools.spec.shift import trimmed
from anntools.spec.transcript import Transcript, reverse_complement
from anntools.spec.vep import as_vep
from anntools.spec.vep import written as as_written
from anntools.spec.vep_hgvs_c import hgvs_c as vep_hgvs_c
from anntools.spec.vep_hgvs_g import hgvs_g as vep_hgvs_g
from anntools.spec.vep_hgvs_p import hgvs_p as vep_hgvs_p
from tests.engine.hgvs_kernels import describer

GENOME = 420


def random_genome(rng: random.Random) -> str:
    """Bases in short repeats, so that changes can move; now and then an unknown one."""
    out = ""
    while len(out) < GENOME:
        unit = "".join(rng.choices("ACGT", weights=(3, 2, 2, 3), k=rng.choice((1, 2, 3, 3, 6, 9))))
        out += unit * rng.choice((1, 1, 1, 2, 3))
    if rng.random() < 0.1:
        at = rng.randrange(GENOME)
        out = out[:at] + "N" + out[at + 1 :]
    return out[:GENOME]


def random_model(rng: random.Random) -> Model:
    """One to four exons, any frame, any code, recoded codons, a slipping ribosome."""
    at, exons = rng.randrange(3, 60), []
    for _ in range(rng.randint(1, 4)):
        size = rng.randint(1, 60)
        exons.append((at, at + size))
        at += size + rng.choice((1, 3, 12, 14, 20, 31))
    t = Model("T", "1", "c", rng.choice((1, -1)), exons, "G", "S", protein="P")
    bases = [p for a, b in exons for p in range(a, b)]
    if rng.random() < 0.9 and len(bases) >= 6:
        left, right = sorted(rng.sample(range(len(bases)), 2))
        if rng.random() < 0.7:
            right = left + (right - left + 1) // 3 * 3 - 1  # whole codons
        if right - left >= 5:
            t.cds = (bases[left], bases[right] + 1)
            t.phase = rng.choice((0, 0, 0, 1, 2))
            coding = bases[left : right + 1] if t.strand > 0 else bases[left : right + 1][::-1]
            t.recoded = _recoded(rng, t.phase, coding)
            t.parts = _slipping(rng, t, coding)
            t.code = rng.choice((0, 0, 2, 11))
    t.tags = frozenset(x for x in ("cds_start_NF", "cds_end_NF") if rng.random() < 0.1)
    return t


def _recoded(rng: random.Random, phase: int, coding: list[int]) -> tuple[tuple[int, str], ...]:
    if rng.random() < 0.8:
        return ()
    codon = rng.randrange((len(coding) - phase) // 3)
    return ((coding[phase + 3 * codon], "U"),)


def _slipping(rng: random.Random, t: Model, coding: list[int]) -> tuple[tuple[int, int], ...]:
    """Coding parts of which the later begins one base before or after the former's end."""
    if rng.random() < 0.8 or not t.cds:
        return ()
    at = rng.randrange(1, len(coding) - 3)
    end, begin = coding[at], coding[at + rng.choice((0, 2))]
    if t.strand > 0:
        return ((t.cds[0], end + 1), (begin, t.cds[1]))
    return ((t.cds[0], begin + 1), (end, t.cds[1]))


def random_alleles(rng: random.Random, genome: str) -> list[tuple[int, str, str]]:
    """(1-based position, REF, ALT): substitutions, deletions, copies, insertions, inversions."""
    out = []
    for _ in range(80):
        at = rng.randrange(2, 330)
        ref = genome[at : at + rng.choice((1, 1, 2, 3, 3, 4, 6, 9, 15, 40))]
        alt = rng.choice(
            (
                "".join(rng.choices("ACGT", k=len(ref))),
                "".join(rng.choices("ACGT", k=rng.choice((1, 2, 3, 4, 6, 9, 21)))),
                ref[0],
                ref + ref,
                ref[0] + "".join(rng.choices("ACGT", k=rng.choice((1, 3, 5, 6)))) + ref[1:],
                reverse_complement(ref),
            )
        )
        if alt != ref and "N" not in ref:
            out.append((at + 1, ref, alt))
    return out


def codes(genome: str) -> npt.NDArray[np.uint8]:
    """Bases as the pack takes them: A C G T other = 0 1 2 3 4."""
    return np.array(["ACGTN".index(b) for b in genome], dtype=np.uint8)


def written(t: Model, genome: str) -> Transcript:
    """The same transcript in the words of the specification."""
    spliced = "".join(genome[a:b] for a, b in t.exons)
    pad = (3 - t.phase) % 3 if t.cds else 0
    return Transcript(
        exons=tuple((a + 1, b) for a, b in t.exons),
        strand=t.strand,
        sequence=spliced if t.strand > 0 else reverse_complement(spliced),
        coding=(t.cds[0] + 1, t.cds[1]) if t.cds else None,
        pad=pad,
        start_incomplete=bool(t.phase) or "cds_start_NF" in t.tags,
        end_incomplete="cds_end_NF" in t.tags,
        code=t.code or 1,
        recoded=tuple(((t.coding_offset(at) + pad) // 3 + 1, aa) for at, aa in t.recoded),
        slip=next(iter(t.slips()), None) if t.cds else None,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_kernels_give_the_written_descriptions(seed: int) -> None:
    rng = random.Random(seed)
    genome, model = random_genome(rng), random_model(rng)
    t = written(model, genome)
    with tempfile.TemporaryDirectory() as folder:
        compiled = describer(Path(folder), {"c": codes(genome)}, [model])
        for position, ref, alt in random_alleles(rng, genome):
            change = trimmed(position, ref, alt)
            expected = (
                hgvs_g(change, genome),
                hgvs_c(t, change, genome) or "",
                hgvs_p(t, change, genome) or "",
            )
            found = compiled.names(0, position, ref, alt, 0)
            assert found == expected, (position, ref, alt, change, model, genome)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_kernels_give_the_written_descriptions_like_vep(seed: int) -> None:
    rng = random.Random(seed)
    genome, model = random_genome(rng), random_model(rng)
    t = as_vep(written(model, genome), genome)
    with tempfile.TemporaryDirectory() as folder:
        compiled = describer(Path(folder), {"c": codes(genome)}, [model])
        for alts, position, ref in random_records(rng, genome):
            for number in range(len(alts)):
                w = as_written(position, ref, alts, number)
                terms = consequence(t, w.first, w.ref, w.alt).terms
                expected = (
                    vep_hgvs_g(w, genome) or "",
                    vep_hgvs_c(t, w, genome) or "",
                    vep_hgvs_p(t, w, genome, terms) or "",
                )
                found = compiled.vep_names(w, terms, 0)
                assert found == expected, (position, ref, alts, number, model, genome)


def random_records(rng: random.Random, genome: str) -> list[tuple[list[str], int, str]]:
    """(ALTs, 1-based position, REF): one to three alleles of the same REF."""
    out = []
    for position, ref, alt in random_alleles(rng, genome):
        alts = [alt]
        while rng.random() < 0.3:
            more = ref[0] + "".join(rng.choices("ACGTN", (5, 5, 5, 5, 1), k=rng.choice((1, 2, 3))))
            alts.append(rng.choice((more + ref[1:], more, alt + alt, ref[0])))
        alts = [a for a in dict.fromkeys(alts) if a != ref]
        if alts:
            out.append((alts, position, ref))
    return out
