"""Fuzz the reader or the whole engine for a while; ends at an input that breaks a promise.

That input is left in ``fuzz-failures/current.vcf``.

The engine runs in the bounds-checking build: a kernel that reads or writes outside its memory
fails. With the package atheris (not among our dependencies) inputs come from libFuzzer, guided by
coverage of the Python code; without it from ``mutation``, guided by what the target tells.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.mutation import mutate, packed, splice

_ROOT = Path(__file__).resolve().parents[2]
_SEED_FILES = (_ROOT / "samples", _ROOT.parent / "shared" / "data" / "anntools_samples")
_MOST_SEEDS = 2000
_MEMORY_MIB = 300  # how much may be added after the seeds were run


def main() -> int:
    """Run until the time is over; 1 if memory grew too much."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--target", choices=("reader", "engine"), default="engine")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("fuzz-failures"))
    parser.add_argument("--atheris", action="store_true", help="Use libFuzzer.")
    options = parser.parse_args()
    os.environ["ANNTOOLS_BOUNDS_CHECK"] = "1"
    from tests.fuzz.targets import Annotation, Target, read_and_judge

    target: Target = read_and_judge if options.target == "reader" else Annotation()
    if options.atheris:
        return _libfuzzer(target)
    return Campaign(target, options.seed, options.folder).run(options.seconds)


class Campaign:
    """One run of our own mutations."""

    def __init__(self, target: Callable[[bytes], set[str]], seed: int, folder: Path) -> None:
        self._target = target
        self._rng = random.Random(seed)
        folder.mkdir(exist_ok=True)
        self._current = folder / "current.vcf"
        self._seeds = [p.read_bytes()[:20_000] for d in _SEED_FILES for p in d.glob("*.vcf")]
        self._seen: set[str] = set()
        self._count = 0

    def run(self, seconds: float) -> int:
        """Mutate, run, keep what is new."""
        for seed in self._seeds:
            self._try(seed)
        began, before = time.monotonic(), _peak_mib()
        while time.monotonic() - began < seconds:
            rng = self._rng
            data = mutate(rng.choice(self._seeds), rng)
            if rng.random() < 0.1:
                data = splice(data, rng.choice(self._seeds), rng)
            self._try(packed(data, rng))
        grown = _peak_mib() - before
        self._current.unlink()
        sys.stdout.write(
            f"{self._count} inputs in {time.monotonic() - began:.0f} s, {len(self._seen)} kinds of "
            f"outcome, memory grew by {grown} MiB\n"
        )
        return int(grown > _MEMORY_MIB)

    def _try(self, data: bytes) -> None:
        """Run one input. It lies on disk before, so that even a crash leaves it behind."""
        self._count += 1
        self._current.write_bytes(data)
        words = self._target(data)
        if words - self._seen and len(self._seeds) < _MOST_SEEDS and len(data) < 100_000:
            self._seeds.append(data)
        self._seen |= words


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def _libfuzzer(target: Callable[[bytes], set[str]]) -> int:
    if not find_spec("atheris"):
        sys.stderr.write("The package atheris is not installed.\n")
        return 2
    atheris = import_module("atheris")
    atheris.Setup([sys.argv[0]], atheris.instrument_func(target))
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
