"""``make prove``: what happens to people and jobs when instances die or are started anew.

    make prove [ARGS="web annotators rolling down"] [ARGS="--data DIR --port-offset N"]

Starts an embedded default of its own with three web apps and two annotators behind HAProxy, does
what each proof says to it, and prints what was seen. Everything is on the loopback interface.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import smoke

from local.addresses import Addresses, free_addresses
from tests.proofs.proofs import PROOFS
from tests.proofs.world import SCALE, ProofFailed, World


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    parser.add_argument("proof", nargs="*", metavar="PROOF", help=f"of {', '.join(PROOFS)}")
    parser.add_argument("--data", type=Path, help="keep the installation's data here")
    parser.add_argument("--port-offset", type=int, help="as of `local up`; default: free ports")
    options = parser.parse_args()
    unknown = set(options.proof) - set(PROOFS)
    if unknown:
        parser.error(f"no such proof: {', '.join(sorted(unknown))}")
    folder = options.data or Path(tempfile.mkdtemp(prefix="gas-proofs-")) / "data"
    offset = options.port_offset
    addresses = free_addresses() if offset is None else Addresses().shifted(offset)
    world = World.at(folder, addresses)
    try:
        world.installation.start(seconds=600)
        world.say(f"{SCALE.web} web apps and {SCALE.annotators} annotators run")
        code = _prove(world, options.proof or list(PROOFS))
    finally:
        world.installation.stop()
    if code == 0 and options.data is None:
        shutil.rmtree(folder.parent)
    else:
        sys.stdout.write(f"logs: {folder / 'logs'}\n")
    return code


def _prove(world: World, names: list[str]) -> int:
    code = 0
    for name in names:
        sys.stdout.write(f"\n{name}: {PROOFS[name].__doc__}\n")
        try:
            PROOFS[name](world)
            world.say(f"{name}: PROVEN")
        except (AssertionError, smoke.SmokeFailed) as fault:
            kind = "NOT SO" if isinstance(fault, ProofFailed) else "NOT PROVEN"
            world.say(f"{name}: {kind}: {fault}")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
