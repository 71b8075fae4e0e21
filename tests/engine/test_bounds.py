"""The debug build sees an access outside a kernel's memory, and keeps it harmless."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.engine.conftest import ROOT

PROGRAM = """
import ctypes
import numba
from anntools import regions
from anntools.kernels.memory import byte, set_byte

@numba.njit
def copy_all(source: int, to: int, n: int) -> int:
    for i in range(n):
        set_byte(to + i, byte(source + i))
    return n

buffer = (ctypes.c_char * 64)(*b"abcdefgh")
address = ctypes.addressof(buffer)
regions.allow(address, 16)
copy_all(address, address + 8, 8)
regions.check()
assert buffer[8:16] == b"abcdefgh"
for source, to in ((address + 9, address), (address, address + 12), (1, address)):
    copy_all(source, to, 8)
    try:
        regions.check()
    except regions.OutOfBounds as fault:
        print(fault)
assert buffer[16:] == bytes(48)
regions.check()
"""


def test_accesses_outside_are_caught() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"ANNTOOLS_BOUNDS_CHECK": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    faults = done.stdout.splitlines()
    assert [f.split(" accesses", 1)[0] for f in faults] == ["1", "4", "8"]
