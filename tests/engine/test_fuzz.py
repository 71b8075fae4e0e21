"""Mutated bytes never end in a traceback, and never lose a record in silence."""

from __future__ import annotations

import contextlib
import gzip
import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anntools import InputRefused, Options, Pack, annotate
from tests.engine import bgzf
from tests.engine.conftest import ROOT

SEED_TEXT = (ROOT / "samples" / "famous_variants.vcf").read_bytes()
SEEDS = (SEED_TEXT, gzip.compress(SEED_TEXT, mtime=0), bgzf.compress(SEED_TEXT) + bgzf.EOF)
TOKENS = (b"\t", b"\n", b"\r", b",", b"\0", b"<", b"[", b"-1", b"9" * 30, b"\xff", b"A" * 5000, b"")


def mutate(data: bytes, rng: random.Random) -> bytes:
    """A few insertions, deletions, swaps and repeats at random places."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(5):
            case 0:
                out[at:at] = rng.choice(TOKENS)
            case 1:
                del out[at : at + rng.choice((1, 3, 50, 2000))]
            case 2 if at < len(out):
                out[at] = rng.randrange(256)
            case 3:
                other = rng.randrange(len(out) + 1)
                out[at:at] = out[other : other + 200]
            case _:
                out = out[: max(1, at)]
    return bytes(out)


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(min_value=0, max_value=2**32), which=st.sampled_from(range(len(SEEDS))))
def test_mutated_files(seed: int, which: int, tmp_path: Path, demo: Pack) -> None:
    rng = random.Random(seed)
    path = tmp_path / "fuzz.vcf"
    path.write_bytes(mutate(SEEDS[which], rng))
    options = Options(chunk_size=rng.choice((1, 64, 1 << 20)), max_line=1 << 22)
    with contextlib.suppress(InputRefused):
        receipt = annotate(path, tmp_path / "fuzz.annot.vcf", demo, options)
        assert receipt.records_in == receipt.annotated + receipt.skipped_total
